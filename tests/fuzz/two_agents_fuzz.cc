// SPDX-License-Identifier: MIT
// Two agents whose server loses, repeats, changes and holds back what it carries (SECURITY.md
// promises 4 and 6, JGL-33 to -38, SMX-15). Whatever happens, a message that was taken arrives
// once, or its sender is told; it never passes the server in clear.
//
//   input: lines. WHO is r (Romeo) or j (Juliet).
//     say WHO       a message to the other         start, stop WHO        a stream
//     wait MS       time goes by                   mode WHO MODE          ask, auto, require, off
//     away WHO      the server session breaks      back WHO [resumed]     and is there again
//     lose N K, twice N K, garble N K, bounce N K  K stanzas from the N-th to come on
//     hold          from now on nothing arrives    release                and all at once
//     end WHO       the session ends, by a forged terminate
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <utility>

#include "tests/fuzz/support/fuzz.h"
#include "tests/support/two_agents.h"

namespace balcony {
namespace {

constexpr const char* kRomeo = "romeo@example.org/orchard";
constexpr const char* kJuliet = "juliet@example.net/balcony";
constexpr std::size_t kMaxSteps = 40;  // a step costs some milliseconds

class Play {
 public:
  Play() {
    world_.befriend(kRomeo, kJuliet);
    world_.drop = [this](const Element& stanza) { return meddle(stanza); };
    romeo_ = &join(kRomeo);
    juliet_ = &join(kJuliet);
  }

  void act(std::string_view line) {
    std::string_view word = take_word(line);
    for (std::size_t i = 0; i < kFaults.size(); ++i) {
      if (word != kFaults[i]) continue;
      std::size_t from = number_in(take_word(line), 200);
      return plan(static_cast<Fault>(i), from, number_in(line, 50, 1));
    }
    if (word == "wait") return world_.advance(Duration(number_in(line, 40'000, 100)));
    if (word == "hold") is_holding_ = true;
    if (word == "release") release();
    FakeHost& who = take_word(line) == "j" ? *juliet_ : *romeo_;
    FakeHost& other = &who == juliet_ ? *romeo_ : *juliet_;
    if (word == "say") say(who, other);
    if (word == "start") who.command("start " + std::string(other.jid.bare()));
    if (word == "stop") who.command("stop " + std::string(other.jid.bare()));
    if (word == "mode" && read_mode(line))
      who.command("mode " + std::string(other.jid.bare()) + " " + std::string(line));
    if (word == "away" && who.connected) who.offline();
    if (word == "back" && !who.connected) who.online(line == "resumed");
    if (word == "end") end(who, other);
    world_.run();
  }

  // The server is itself again, everybody says goodbye, and the books are balanced.
  void finish() {
    plan_.clear();
    release();
    for (FakeHost* host : {romeo_, juliet_})
      if (!host->connected) host->online();
    world_.run();
    world_.advance(40s);
    romeo_->command("stop juliet@example.net");
    juliet_->command("stop romeo@example.org");
    pass(300s);
    for (FakeHost* host : {romeo_, juliet_}) {
      require(host->broken_law().empty(), "what the host is told makes sense", host->broken_law());
      require(host->state() != "open" && host->state() != "negotiating", "a stream ends",
              host->state());
    }
    balance(*romeo_, *juliet_);
    balance(*juliet_, *romeo_);
  }

 private:
  enum class Fault { kLose, kTwice, kGarble, kBounce };
  static constexpr std::array<std::string_view, 4> kFaults{"lose", "twice", "garble", "bounce"};

  // A key made once will do: making one is slow.
  FakeHost& join(const std::string& jid) {
    static std::map<std::string, std::string> identities;
    std::string folder = world_.folder + "/" + std::string(Jid::parse(jid)->bare());
    std::string file = folder + "/identity.pem";
    std::filesystem::create_directories(folder);
    if (identities.contains(jid)) {
      std::ofstream(file) << identities[jid];
      std::filesystem::permissions(
          file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    }
    FakeHost& host = world_.add(jid, {"mode=auto", "trust=tofu"});
    std::ifstream made(file);
    identities[jid].assign(std::istreambuf_iterator<char>(made), {});
    return host;
  }

  // ---- the server ----

  void plan(Fault fault, std::size_t from, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) plan_[carried_ + from + i] = fault;
  }

  bool meddle(const Element& stanza) {  // true: it does not arrive
    const std::string id(stanza.attr("id"));
    require(!stanza.is("message", ns::kClient) || !taken_.contains(id),
            "what was taken never passes the server in clear", to_xml(stanza));
    if (is_repeating_) return false;
    if (is_holding_) {
      held_.push_back(stanza);
      return true;
    }
    auto planned = plan_.find(carried_++);
    if (planned == plan_.end()) return false;
    return commit(planned->second, stanza);
  }

  bool commit(Fault fault, const Element& stanza) {
    switch (fault) {
      case Fault::kLose:
        return true;
      case Fault::kTwice:
        pass_on(stanza);
        return false;
      case Fault::kGarble:
        return garble(stanza);
      case Fault::kBounce:
        if (!is_iq_request(stanza) || stanza.attr("to").empty()) return false;
        pass_on(error_of(stanza, {"remote-server-timeout", {}, {}, {}}));
        return true;
    }
    return false;
  }

  // Another octet in a block; all else is left alone.
  bool garble(const Element& stanza) {
    const Element* data = stanza.child("data", ns::kIbb);
    if (!data || data->text().empty()) return false;
    std::string text = data->text();
    char& letter = text[text.size() / 3];
    letter = letter == 'A' ? 'B' : 'A';
    Element changed("data", ns::kIbb);
    changed.set_attr("sid", data->attr("sid")).set_attr("seq", data->attr("seq")).add_text(text);
    Element whole = stanza;
    whole.nodes().clear();
    pass_on(whole.add(std::move(changed)));
    return true;
  }

  void pass_on(const Element& stanza) {
    is_repeating_ = true;
    world_.route(stanza, *Jid::parse(stanza.attr("from")));
    is_repeating_ = false;
  }

  void release() {
    is_holding_ = false;
    for (const Element& stanza : std::exchange(held_, {})) pass_on(stanza);
  }

  // ---- the two ----

  void say(FakeHost& who, FakeHost& other) {
    std::string id = "m" + std::to_string(++said_);
    taken_.insert(id);  // before: it must not pass in clear meanwhile
    Element message("message", ns::kClient);
    message.set_attr("to", other.jid.full()).set_attr("type", "chat").set_attr("id", id);
    message.add(Element("body", ns::kClient).add_text("word " + id));
    auto kind = who.mailbox.with_snapshot([&](Snapshot& s) { return decide_outgoing(message, s); });
    if (kind.kind != OutgoingDecision::kTake) taken_.erase(id);
    auto decided = who.outgoing(message);
    require(decided == kind.kind, "a decision stands");
    if (decided == OutgoingDecision::kTake) sent_[&who].push_back(id);
  }

  void end(FakeHost& who, FakeHost& other) {
    for (const std::string& line : world_.jingle()) {
      if (!line.starts_with("session-initiate")) continue;
      Element jingle("jingle", ns::kJingle);
      jingle.set_attr("action", "session-terminate").set_attr("sid", line.substr(17));
      Element iq = make_iq("set", who.jid.full(), "forged" + std::to_string(++said_), jingle);
      who.incoming(iq.set_attr("from", other.jid.full()));
    }
  }

  void pass(Duration by) {
    for (; by > 0s; by -= 1s) {
      world_.scheduler.advance(1s);
      world_.run();
    }
  }

  void balance(FakeHost& sender, FakeHost& receiver) {
    std::vector<std::string> arrived;
    for (const TellReceive& e : receiver.told<TellReceive>()) arrived.push_back(e.stanza.id);
    std::map<std::string, std::vector<bool>> reported;  // whether it may have arrived
    for (const TellUndelivered& e : sender.told<TellUndelivered>())
      reported[e.stanza.id].push_back(e.unknown);
    std::size_t last = 0;
    for (const std::string& id : sent_[&sender]) {
      auto count = std::count(arrived.begin(), arrived.end(), id);
      const std::vector<bool>& reports = reported[id];
      require(count <= 1, "a message arrives once", id);
      require(reports.size() <= 1, "a loss is told once", id);
      require(count == 1 || reports.size() == 1, "a message arrives, or its loss is told", id);
      require(count == 0 || reports.empty() || reports[0],
              "what arrived is not told to be lost for certain", id);
      if (count == 0) continue;
      auto at =
          static_cast<std::size_t>(std::find(arrived.begin(), arrived.end(), id) - arrived.begin());
      require(at >= last, "messages arrive in order", id);
      last = at;
    }
  }

  World world_;
  FakeHost* romeo_ = nullptr;
  FakeHost* juliet_ = nullptr;
  std::map<std::size_t, Fault> plan_;  // by the number of the stanza
  std::size_t carried_ = 0;
  bool is_holding_ = false, is_repeating_ = false;
  std::vector<Element> held_;
  std::size_t said_ = 0;
  std::set<std::string> taken_;
  std::map<FakeHost*, std::vector<std::string>> sent_;
};

}  // namespace

void fuzz(std::string_view input) {
  Play play;
  for (std::size_t i = 0; i < kMaxSteps && !input.empty(); ++i) play.act(take_line(input));
  play.finish();
}

}  // namespace balcony
