// SPDX-License-Identifier: MIT
// One SOCKS5 negotiation against a peer that says anything at any time, on a network where anything
// may come about (S5B-10 to -18, C-03, C-14, C-15).
//
//   input: a line of words, ROLE (o: offerer, a: answerer) and our candidates, then lines. A
//   candidate is a letter (its name; p to z are proxies) and a priority: b100.
//     theirs CANDIDATE...         start            wait MILLISECONDS
//     used NAME   error           activated NAME   proxy-error       what the peer reports
//     up NAME     down NAME       of a connection that we began
//     ready       refused         octets           of a proxy
#include <map>
#include <optional>
#include <set>

#include "tests/fuzz/support/fuzz.h"
#include "tests/support/fake_env.h"
#include "transports/socks5/negotiation.h"

namespace balcony {
namespace {

std::optional<Candidate> read_candidate(std::string_view word) {
  if (word.empty() || word[0] < 'a' || word[0] > 'z') return std::nullopt;
  Candidate candidate;
  candidate.cid = word.substr(0, 1);
  candidate.host = "192.0.2." + candidate.cid;
  candidate.type = word[0] >= 'p' ? CandidateType::kProxy : CandidateType::kDirect;
  candidate.priority = static_cast<std::uint32_t>(number_in(word.substr(1), 1000, 1)) + 1;
  return candidate;
}

Candidates read_candidates(std::string_view line) {
  Candidates candidates;
  while (!line.empty()) {
    auto candidate = read_candidate(take_word(line));
    if (candidate && !find_candidate(candidates, candidate->cid)) candidates.push_back(*candidate);
  }
  return candidates;
}

class Run {
 public:
  explicit Run(std::string_view line) {
    Role role = take_word(line) == "o" ? Role::kInitiator : Role::kResponder;
    ours_ = read_candidates(line);
    negotiation_.emplace(Socks5Negotiation::Config{.role = role, .ours = ours_}, env_);
  }

  void act(std::string_view line) {
    std::string_view word = take_word(line);
    std::string name(take_word(line));
    if (word == "theirs")
      negotiation_->on_candidates(read_candidates(name + ' ' + std::string(line)));
    if (word == "start") start();
    if (word == "used") report(CandidateUsed{name}, find_candidate(ours_, name));
    if (word == "error") report(CandidateError{}, true);
    if (word == "activated") say(Activated{name});
    if (word == "proxy-error") say(ProxyError{});
    if (word == "up" && going_.erase(name)) {
      up_.insert(name);
      negotiation_->on_connected(name);
    }
    if (word == "down" && (going_.erase(name) || (reports_ == 0 && up_.erase(name))))
      negotiation_->on_failed(name);
    if (word == "ready" && is_activating_) negotiation_->on_activated();
    if (word == "refused" && (is_activating_ || is_awaiting_)) negotiation_->on_activation_failed();
    if (word == "octets" && is_awaiting_) negotiation_->on_first_octets();
    if (word == "wait") wait(Duration(number_in(name, 10'000, 1)));
    drain();
  }

  void finish() {
    start();
    wait(60s);
    require(is_over_, "it ends");
  }

 private:
  void start() {
    if (started_) return;
    started_ = env_.now();
    negotiation_->start();
    drain();
  }

  void report(const Socks5Info& info, bool is_known) {
    bool is_first = !has_report_ && is_known;
    bool was_over = is_over_;
    if (is_first) {
      has_report_ = true;
      if (auto* used = std::get_if<CandidateUsed>(&info)) reported_ = used->cid;
    }
    bool taken = say(info);
    if (was_over) return;
    require(taken == is_first, "one report of a candidate of ours, and no other");
    if (!taken && started_) require(is_over_, "a false report is the end");
  }

  bool say(const Socks5Info& info) {
    bool taken = negotiation_->on_info(info).has_value();
    drain();
    return taken;
  }

  void wait(Duration by) {
    TimePoint end = env_.now() + by;
    for (Deadline next; (next = negotiation_->next_deadline()) && *next <= end;) {
      env_.set_now(std::max(env_.now(), *next));
      negotiation_->on_deadline();
      drain();
      require(negotiation_->next_deadline() != next, "a deadline does something");
    }
    env_.set_now(end);
  }

  void drain() {
    while (auto output = negotiation_->poll()) {
      require(!is_over_, "nothing comes after the end");
      std::visit([this](auto& o) { note(o); }, *output);
    }
  }

  void note(Race::Begin& o) {
    require(started_.has_value(), "nothing begins before the start");
    require(begun_.insert(o.candidate.cid).second, "each candidate is tried once");
    require(begun_.size() <= 16, "no more than sixteen are tried");
    going_.insert(o.candidate.cid);
    require(going_.size() <= 4, "no more than four at once");
    priorities_[o.candidate.cid] = o.candidate.priority;
  }
  void note(Race::Abandon& o) {
    require(going_.erase(o.cid) + up_.erase(o.cid) == 1, "what is given up was begun", o.cid);
  }
  void note(Socks5Negotiation::SendInfo& o) {
    if (auto* used = std::get_if<CandidateUsed>(&o.info)) {
      require(up_.contains(used->cid), "what we report is connected");
      ours_said_ = used->cid;
      ++reports_;
    }
    if (std::holds_alternative<CandidateError>(o.info)) {
      require(up_.empty(), "an error is no success");
      ++reports_;
      Duration took = env_.now() - *started_;
      require(has_report_ || took == 3s || took >= 5s, "failure has one time");
    }
    require(reports_ <= 1, "we report once");
    if (std::holds_alternative<Activated>(o.info))
      require(is_activating_, "only our own proxy is activated by us");
  }
  void note(Socks5Negotiation::Activate& o) {
    require(reported_ == o.proxy.cid && o.proxy.is_proxy(), "our proxy, and the peer reached it");
    is_activating_ = true;
  }
  void note(Socks5Negotiation::Await& o) {
    require(ours_said_ == o.proxy.cid && o.proxy.is_proxy(), "the peer's proxy, and we reached it");
    is_awaiting_ = true;
  }
  void note(Socks5Negotiation::Use& o) {
    is_over_ = true;
    require(reports_ == 1 && has_report_, "both have reported");
    const std::string& cid = o.candidate.cid;
    require(o.is_ours ? reported_ == cid : ours_said_ == cid, "what is used was reported", cid);
    if (!o.is_ours) require(up_.contains(cid), "what is used is connected", cid);
    require(o.candidate.is_proxy() == (is_activating_ || is_awaiting_), "proxies are activated");
    if (reported_ && ours_said_) {
      std::uint32_t mine = priorities_[*ours_said_];
      std::uint32_t theirs = find_candidate(ours_, *reported_)->priority;
      require(mine == theirs || o.is_ours == (theirs > mine), "the better one is used");
    }
  }
  void note(Socks5Negotiation::Failed&) {
    is_over_ = true;
    if (started_) require(env_.now() - *started_ <= 20s, "it ends in time");
  }

  FakeEnv env_;
  Candidates ours_;
  std::optional<Socks5Negotiation> negotiation_;
  std::optional<TimePoint> started_;
  std::set<std::string> begun_, going_, up_;
  std::map<std::string, std::uint32_t> priorities_;  // of theirs, as begun
  std::optional<std::string> reported_, ours_said_;
  int reports_ = 0;
  bool has_report_ = false, is_activating_ = false, is_awaiting_ = false, is_over_ = false;
};

}  // namespace

void fuzz(std::string_view input) {
  Run run(take_line(input));
  while (!input.empty()) run.act(take_line(input));
  run.finish();
}

}  // namespace balcony
