// SPDX-License-Identifier: MIT
// XmlStream in both roles against a peer that says anything (PROTOCOL.md section 3, SECURITY.md).
//
//   input: a line of two words, ROLE (c: client, s: server) and CUTS (see cut_by()), then lines.
//   A line is what the peer says in one go, or, behind a !, what the owner does:
//     !tls       TLS is up, if it was asked for          !accept [external]   the key is accepted
//     !refuse    the key is refused                      !prove               the signalling is
//     !eof       the octets end                          !wait SECONDS        time goes by
//     !close, !ping, !send, !fail                        !up                  a good peer's set-up
//
// It runs twice, with the peer's octets whole and cut: the same must come out, but where the stream
// restarts behind an element inside a line. There the octets behind it are an attack (TLS-05),
// which only the uncut run can see, and must.
#include <optional>
#include <utility>

#include "jingle/base/ns.h"
#include "jingle/base/stanza.h"
#include "jingle/stream/xml_stream.h"
#include "tests/fuzz/support/fuzz.h"
#include "tests/support/fake_env.h"

namespace balcony {
namespace {

const Jid kAda = *Jid::parse("ada@example.org/desk");
const Jid kBen = *Jid::parse("ben@example.net/lab");

XmlStream::Config config_of(bool is_client) {
  XmlStream::Config config;
  config.role = is_client ? Role::kInitiator : Role::kResponder;
  config.local = is_client ? kAda : kBen;
  config.peer = is_client ? kBen : kAda;
  config.max_unauthenticated = 1500;  // within a fuzzer's reach
  config.limits.element = 8192;
  return config;
}

class Run {
 public:
  Run(bool is_client, std::string_view cuts, bool is_cut)
      : is_client_(is_client),
        cuts_(cuts),
        is_cut_(is_cut),
        config_(config_of(is_client)),
        stream_(config_, env_) {
    stream_.start();
    drain();
  }

  void take(std::string_view line) {
    if (line.starts_with('!'))
      act(line.substr(1));
    else
      feed(line);
  }

  bool is_incomparable() const { return restarted_within_; }
  std::string told() const { return sent_.empty() ? told_ : told_ + "sent " + sent_ + "\n"; }
  // In the uncut run: what must be so if the cut run restarted within a line.
  bool is_cut_off() const { return aborted_; }

 private:
  void feed(std::string_view line) {
    std::vector<std::string> pieces =
        is_cut_ ? cut_by(line, cuts_) : std::vector<std::string>{std::string(line)};
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      if (ended_ || in_tls_ || restarted_within_) return;
      std::size_t restarts = restarts_;
      bool was_open = stream_.is_established();
      if (!was_open) unproven_ += pieces[i].size();
      stream_.on_bytes(pieces[i]);
      drain();
      bool is_last = i + 1 == pieces.size();
      if (restarts_ != restarts && !is_last) restarted_within_ = true;
      if (!was_open && !ended_)
        require(unproven_ <= config_.max_unauthenticated || stream_.is_established(),
                "a stranger says no more than the limit");
    }
  }

  void act(std::string_view line) {
    std::string_view word = take_word(line);
    if (word == "wait") return wait(std::chrono::seconds(number_in(line, 600, 1)));
    if (word == "tls" && std::exchange(in_tls_, false)) {
      is_judging_ = true;
      stream_.on_tls_established();
    } else if (word == "accept" && std::exchange(is_judging_, false)) {
      stream_.accept_key(line == "external");
    } else if (word == "refuse" && std::exchange(is_judging_, false)) {
      stream_.refuse_key("not with him");
    } else if (word == "prove" && !ended_) {
      is_proven_ = true;
      stream_.on_proven();
    } else if (word == "eof" && !ended_) {
      stream_.on_eof({});
    } else if (word == "close") {
      stream_.close();
    } else if (word == "fail") {
      stream_.fail({"reset", {}, {}});
    } else if (word == "ping") {
      stream_.ping();
    } else if (word == "send") {
      bool sent = stream_.send(Element("message", ns::kClient).add(Element("body", ns::kClient)));
      require(!sent || stream_.is_established(), "nothing is sent before the stream is open");
    } else if (word == "up") {
      set_up();
    }
    drain();
  }

  void wait(Duration by) {
    TimePoint end = env_.now() + by;
    for (Deadline next; (next = stream_.next_deadline()) && *next <= end;) {
      env_.set_now(std::max(env_.now(), *next));
      stream_.on_deadline();
      drain();
      require(stream_.next_deadline() != next, "a deadline does something");
    }
    env_.set_now(end);
  }

  // As a well-behaved peer goes through all of it.
  void set_up() {
    std::string from(config_.peer.bare()), to(config_.local.bare());
    std::string header =
        "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
        "from='" +
        from + "' to='" + to + "' id='1' version='1.0'>";
    if (is_client_) {
      feed(header +
           "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
           "</stream:features>");
      feed("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    } else {
      feed(header);
      feed("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    }
    for (std::string_view act_of_owner : {"tls", "accept", "prove"}) act(act_of_owner);
    feed(header + (is_client_ ? "<stream:features/>" : ""));
  }

  void drain() {
    while (auto output = stream_.poll()) {
      require(!ended_, "Ended is the last output");
      std::visit([this](auto& o) { note(o); }, *output);
    }
  }

  void tell(const std::string& text) {
    if (!sent_.empty()) told_ += "sent " + std::exchange(sent_, {}) + "\n";
    told_ += text + "\n";
  }
  // Our octets may leave before or after what is heard.
  void hear(const std::string& text) { told_ += text + "\n"; }
  void note(XmlStream::SendBytes& o) {
    require(!in_tls_ && !closed_ && !aborted_, "no octets are sent where none may be", o.octets);
    bool begins_anew = o.octets.find("<success ") != std::string::npos ||
                       (is_client_ && sasl_sent_ && o.octets.find("<?xml") != std::string::npos);
    if (begins_anew) ++restarts_;
    sasl_sent_ = sasl_sent_ || o.octets.find("<auth ") != std::string::npos;
    sent_ += o.octets;
  }
  void note(XmlStream::StartTls&) {
    require(!had_tls_ && !closed_, "TLS starts once");
    in_tls_ = had_tls_ = true;
    ++restarts_;
    tell("starttls");
  }
  void note(XmlStream::CloseBytes&) {
    closed_ = true;
    tell("close");
  }
  void note(XmlStream::AbortBytes&) {
    aborted_ = true;
    sent_.clear();  // what has not left yet, never does
    tell("abort");
  }
  void note(XmlStream::Established&) {
    require(!established_, "a stream is established once");
    require(had_tls_ && is_proven_, "no stream without TLS and the proof of the signalling");
    established_ = true;
    hear("established");
  }
  void note(XmlStream::Received& o) {
    std::string xml = to_xml(o.stanza);
    require(established_, "no stanza comes before the stream is open", xml);
    require(o.stanza.attr("from") == config_.peer.full(), "a peer speaks for itself", xml);
    require(o.stanza.attr("to") == config_.local.full(), "a stanza is for us", xml);
    hear("received " + xml);
  }
  void note(XmlStream::PeerClosing&) { hear("peer closing"); }
  void note(XmlStream::Dropped& o) { hear("dropped " + o.why); }
  void note(XmlStream::Ended& o) {
    ended_ = true;
    require(!o.reason.empty(), "an end has a reason");
    require(!o.clean || o.condition.empty(), "an error is no clean end");
    require(!o.clean || sent_or_told("</stream:stream>"), "a clean end has our closing tag");
    tell("ended " + o.reason + " " + o.condition + (o.clean ? " clean" : ""));
  }
  bool sent_or_told(std::string_view text) const {
    return sent_.find(text) != std::string::npos || told_.find(text) != std::string::npos;
  }

  bool is_client_;
  std::string cuts_;
  bool is_cut_;
  FakeEnv env_;
  XmlStream::Config config_;
  XmlStream stream_;
  std::string told_, sent_;  // `sent_`: octets in a row are one fact
  std::size_t restarts_ = 0, unproven_ = 0;
  bool in_tls_ = false, had_tls_ = false, is_judging_ = false, sasl_sent_ = false;
  bool established_ = false, closed_ = false, aborted_ = false, ended_ = false;
  bool is_proven_ = false, restarted_within_ = false;
};

}  // namespace

void fuzz(std::string_view input) {
  std::string_view line = take_line(input);
  bool is_client = take_word(line) == "c";
  std::string_view cuts = take_word(line);
  if (cuts.empty()) cuts = "1";
  Run whole(is_client, cuts, false), cut(is_client, cuts, true);
  while (!input.empty()) {
    line = take_line(input);
    if (line.empty()) continue;
    whole.take(line);
    cut.take(line);
    if (cut.is_incomparable())
      return require(whole.is_cut_off(), "octets behind a restart end the stream", whole.told());
    require(whole.told() == cut.told(), "outputs are the same however the octets are cut",
            whole.told() + "----\n" + cut.told());
  }
}

}  // namespace balcony
