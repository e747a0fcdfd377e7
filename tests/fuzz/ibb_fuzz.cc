// SPDX-License-Identifier: MIT
// An in-band bytestream against a peer that sends anything, and a model of both directions of its
// own (XEP-0047; IBB-04 to -19, C-13).
//
//   input: a line of two words, ROLE (o: opener, a: answerer) and BLOCK-SIZE, then lines.
//   What the peer does:
//     open SID SIZE     data SEQ BASE64     good COUNT     close     <any payload/>
//     reply K           to our oldest request: result, timeout, or a stanza error's condition
//     pump COUNT        takes COUNT blocks of ours, one at a time
//   What the owner does:
//     write COUNT       read COUNT          finish         cut       wait MILLISECONDS
//     away, resumed, lost                   of our server session
#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "jingle/base/ns.h"
#include "jingle/base/xml_parser.h"
#include "tests/fuzz/support/fuzz.h"
#include "tests/support/fake_env.h"
#include "transports/ibb/ibb_element.h"
#include "transports/ibb/ibb_session.h"

namespace balcony {
namespace {

constexpr std::string_view kSid = "i1";

// RFC 4648 section 4 to the letter, but for XML white space (IBB-09).
std::optional<Bytes> decode(std::string_view text) {
  constexpr std::string_view letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string plain;
  for (char c : text)
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') plain += c;
  if (plain.size() % 4 != 0) return std::nullopt;
  std::size_t padding = plain.ends_with("==") ? 2 : plain.ends_with("=") ? 1 : 0;
  Bytes octets;
  std::size_t bits = 0, count = 0;
  for (char c : plain.substr(0, plain.size() - padding)) {
    std::size_t value = letters.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | value;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    octets += static_cast<char>(bits >> count & 0xFF);
    bits &= (std::size_t{1} << count) - 1;
  }
  if (bits != 0) return std::nullopt;
  return octets;
}

std::optional<std::size_t> number(std::string_view text) {  // xs:unsignedShort
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  std::size_t value = number_in(text, 100'000, 100'000);
  return value <= 65535 ? std::optional(value) : std::nullopt;
}

class Run {
 public:
  Run(bool is_opener, std::size_t block_size, std::size_t longest)
      : block_size_(block_size), longest_(longest) {
    config_.opener = is_opener;
    config_.sid = kSid;
    config_.block_size = block_size;
    config_.max_input = 256;
    config_.max_output = 256;
    config_.window_max = 4;
    session_.emplace(config_, env_);
    session_->start();
    drain();
  }

  void act(std::string_view line) {
    if (is_cut_) return;
    if (line.starts_with('<')) return on_payload(line);
    std::string_view word = take_word(line);
    if (word == "open") {
      Element open = ibb_open({std::string(take_word(line)), 1});
      bool was_open = is_open_;
      ask(open.set_attr("block-size", take_word(line)));
      if (!was_open && is_open_) block_size_ = *number(open.attr("block-size"));  // IBB-05
    } else if (word == "data") {
      std::string_view seq = take_word(line);
      on_data(seq, line);
    } else if (word == "good") {
      good(number_in(line, longest_));
    } else if (word == "pump") {
      pump(number_in(line, longest_));
    } else if (word == "close") {
      ask(ibb_close(kSid));
    } else if (word == "reply") {
      reply(line);
    } else {
      of_owner(word, line);
    }
    drain();
  }

  // Whatever was asked is answered, once it is over.
  void finish() {
    if (is_cut_) return;
    session_->cut();
    drain();
    require(unanswered_.empty(), "each request gets one reply");
  }

 private:
  // ---- the peer ----

  void on_payload(std::string_view xml) {
    Result<Element> payload = parse_stanza(xml);
    if (payload && payload->ns() == ns::kIbb && payload->name() != "data") ask(*payload);
    drain();
  }

  // The condition with which it was refused, or nothing.
  std::string ask(Element payload) {
    std::string id = "p" + std::to_string(++last_id_);
    Element iq = make_iq("set", "ben@example.net/lab", id, std::move(payload));
    iq.set_attr("from", "ada@example.org/desk");
    unanswered_[id] = true;
    refused_.clear();
    session_->on_request(iq);
    drain();
    return refused_;
  }

  void on_data(std::string_view seq, std::string_view text) {
    Element data = ibb_data(kSid, 0, {});
    data.set_attr("seq", seq).add_text(text);
    bool was_open = (is_open_ || config_.opener) && !is_closed_;  // an opener reads at once
    std::size_t before = received_.size();
    std::string refused = ask(std::move(data));
    if (!was_open) return;
    std::string what = std::string(seq) + " " + std::string(text) + ": " + refused;
    auto value = number(seq);
    auto octets = decode(text);
    bool is_next = value && *value == next_in_;
    bool is_block = octets && octets->size() <= block_size_;
    if (refused.empty()) {
      require(is_next && is_block, "only the next block is taken, and only a whole one", what);
      require(received_.substr(before) == *octets, "what a block holds is received", what);
      next_in_ = (next_in_ + 1) % 65536;
    } else if (refused == "unexpected-request") {
      require(!is_next, "the next block is not refused", what);
    } else if (refused == "bad-request") {
      require(!value || !is_block, "a good block is not refused", what);
    }
  }

  void good(std::size_t count) {
    for (std::size_t i = 0; i < count && is_open_ && !is_closed_; ++i) {
      on_data(std::to_string(next_in_), "AA==");
      read(1);
    }
  }

  void pump(std::size_t count) {
    for (std::size_t i = 0; i < count && is_open_ && !is_closed_; ++i) {
      if (in_flight_.empty()) write(block_size_);
      if (in_flight_.empty()) break;
      reply("result");
    }
  }

  void reply(std::string_view kind) {
    if (asked_.empty()) return;
    std::uint32_t tag = asked_.front();
    asked_.pop_front();
    in_flight_.erase(tag);
    Blame blame = kind == "timeout" ? Blame::kEnvironment : Blame::kPeer;
    if (kind == "result" || kind.empty())
      session_->on_reply(tag, Element("iq", ns::kClient));
    else
      session_->on_reply(tag, fail(blame, std::string(kind), {}));
    drain();
  }

  // ---- the owner ----

  void of_owner(std::string_view word, std::string_view line) {
    if (word == "write") write(number_in(line, 1000, 1));
    if (word == "read") read(number_in(line, 1000, 1));
    if (word == "finish") session_->close();
    if (word == "away") session_->on_server_away();
    if (word == "resumed") session_->on_server_resumed();
    if (word == "lost") session_->on_server_lost();
    if (word == "wait") wait(Duration(number_in(line, 100'000, 1)));
    if (word == "cut") {
      finish();
      is_cut_ = true;
    }
  }

  void write(std::size_t count) {
    Bytes octets;
    for (std::size_t i = 0; i < count; ++i)
      octets += static_cast<char>('a' + (written_.size() + i) % 23);
    written_ += octets.substr(0, session_->write(octets));
    drain();
  }

  void read(std::size_t count) {
    count = std::min(count, received_.size() - read_);
    read_ += count;
    session_->consumed(count);
    drain();
  }

  void wait(Duration by) {
    TimePoint end = env_.now() + by;
    for (Deadline next; (next = session_->next_deadline()) && *next <= end;) {
      env_.set_now(std::max(env_.now(), *next));
      session_->on_deadline();
      drain();
      require(session_->next_deadline() != next, "a deadline does something");
    }
    env_.set_now(end);
  }

  // ---- what comes out ----

  void drain() {
    while (auto output = session_->poll()) std::visit([this](auto& o) { note(o); }, *output);
    require(received_.size() - read_ <= config_.max_input + config_.window_max * block_size_,
            "no more is held than the limits");
    if (is_closed_) require(unanswered_.empty(), "each request gets one reply");
  }

  void note(IbbSession::SendRequest& o) {
    require(!is_closed_, "nothing but replies comes after the end", to_xml(o.payload));
    asked_.push_back(o.tag);
    if (o.payload.name() != "data") return;
    in_flight_[o.tag] = true;
    require(is_open_, "no block before the stream is open");
    require(in_flight_.size() <= config_.window_max, "no more blocks in flight than the window");
    auto octets = decode(o.payload.text());
    auto seq = number(o.payload.attr("seq"));
    std::string what = to_xml(o.payload);
    require(octets && seq && !octets->empty() && octets->size() <= block_size_,
            "each block is a whole one", what);
    if (last_out_ && *seq == last_out_->first)  // repeated
      return require(*octets == last_out_->second, "a block is repeated as it was", what);
    require(*seq == next_out_, "blocks are numbered without a gap", what);
    require(*octets == written_.substr(sent_, octets->size()), "blocks hold what was written",
            what);
    sent_ += octets->size();
    next_out_ = (next_out_ + 1) % 65536;
    last_out_ = {*seq, *octets};
  }
  void note(IbbSession::SendReply& o) {
    std::string id(o.iq.attr("id"));
    require(unanswered_.erase(id) == 1, "each request gets one reply", to_xml(o.iq));
    if (o.iq.attr("type") == "error" && id == "p" + std::to_string(last_id_))
      refused_ = stanza_error(o.iq).condition;
  }
  void note(IbbSession::Opened&) {
    require(!is_open_, "it opens once");
    is_open_ = true;
  }
  void note(IbbSession::Received& o) {
    require(is_open_ || config_.opener, "nothing comes before it is open");
    received_ += o.octets;
  }
  void note(IbbSession::Writable&) {
    require(is_open_ && !is_closed_, "only an open one is writable");
  }
  void note(IbbSession::Closed&) {
    require(!is_closed_, "it closes once");
    is_closed_ = true;
  }

  FakeEnv env_;
  IbbSession::Config config_;
  std::size_t block_size_, longest_;
  std::optional<IbbSession> session_;
  std::map<std::string, bool> unanswered_;  // ids of the peer's requests
  std::deque<std::uint32_t> asked_;         // tags of ours
  std::map<std::uint32_t, bool> in_flight_;
  Bytes written_, received_;
  std::size_t sent_ = 0, read_ = 0, next_in_ = 0, next_out_ = 0;
  std::optional<std::pair<std::size_t, Bytes>> last_out_;
  std::string refused_;  // of the last request
  int last_id_ = 0;
  bool is_open_ = false, is_closed_ = false, is_cut_ = false;
};

}  // namespace

void fuzz(std::string_view input) {
  bool is_short = input.size() < 30;
  std::string_view line = take_line(input);
  bool is_opener = take_word(line) == "o";
  std::size_t block_size = std::max<std::size_t>(number_in(take_word(line), 64, 4), 1);
  // Numbers wrap after 65,536 blocks, which take some seconds: in short inputs only.
  Run run(is_opener, block_size, is_short ? 66'000 : 200);
  while (!input.empty()) run.act(take_line(input));
  run.finish();
}

}  // namespace balcony
