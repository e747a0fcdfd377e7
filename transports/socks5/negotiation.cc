// SPDX-License-Identifier: MIT
#include "transports/socks5/negotiation.h"

#include <utility>

#include "jingle/base/overloaded.h"

namespace balcony {
namespace {

tl::unexpected<Error> out_of_turn(std::string text) {
  return fail(Blame::kPeer, "bad-request", "SOCKS5: " + std::move(text));
}

}  // namespace

Socks5Negotiation::Socks5Negotiation(Config config, const Env& env)
    : config_(std::move(config)), env_(env), race_(config_.race, env) {}

void Socks5Negotiation::start() {
  if (step_ != Step::kWaiting) return;
  step_ = Step::kRacing;
  total_ends_ = env_.now() + config_.total;
  race_.start();
  drain_race();
}

void Socks5Negotiation::on_candidates(const Candidates& theirs) {
  Candidates fresh;  // S5B-05: of the same place we keep the one that the offerer named
  for (const Candidate& candidate : theirs) {
    bool is_known = false;
    for (const Candidate& own : config_.ours)
      is_known = is_known || (own.host == candidate.host && own.port == candidate.port);
    if (!is_known || config_.role == Role::kResponder) fresh.push_back(candidate);
  }
  race_.add(fresh);
  drain_race();
}

Result<void> Socks5Negotiation::on_info(const Socks5Info& info) {
  return std::visit(Overloaded{
                        [this](const CandidateUsed& used) { return on_report(used.cid); },
                        [this](const CandidateError&) { return on_report(std::nullopt); },
                        [this](const Activated& a) { return on_activated_info(a); },
                        [this](const ProxyError&) { return on_proxy_error(); },
                        [this](const Candidates& candidates) -> Result<void> {
                          on_candidates(candidates);
                          return {};
                        },
                    },
                    info);
}

// S5B-12: once, and of a candidate that we offered.
Result<void> Socks5Negotiation::on_report(std::optional<std::string_view> cid) {
  const Candidate* used = cid ? find_candidate(config_.ours, *cid) : nullptr;
  if (theirs_ || (cid && !used)) {
    bool was_over = step_ == Step::kOver;
    if (!was_over) fail_with(Blame::kPeer, "the other side's reports contradict each other");
    return out_of_turn(theirs_ ? "a second report" : "a candidate that was not offered");
  }
  theirs_ = Report{used ? std::optional(*used) : std::nullopt};
  if (used) race_.on_peer_used(used->priority);
  drain_race();
  return {};
}

Result<void> Socks5Negotiation::on_activated_info(const Activated& activated) {
  bool is_awaited =
      step_ == Step::kAwaiting && (activated.cid.empty() || activated.cid == nominated_.cid);
  if (!is_awaited) return out_of_turn("nothing was to be activated");
  use();
  return {};
}

Result<void> Socks5Negotiation::on_proxy_error() {
  if (step_ != Step::kAwaiting && step_ != Step::kActivating)
    return out_of_turn("no proxy was chosen");
  fail_with(Blame::kPeer, "the other side could not use the proxy " + nominated_.host);
  return {};
}

void Socks5Negotiation::on_connected(std::string_view cid) {
  race_.on_connected(cid);
  drain_race();
}

void Socks5Negotiation::on_failed(std::string_view cid) {
  race_.on_failed(cid);
  drain_race();
}

void Socks5Negotiation::on_activated() {
  if (step_ != Step::kActivating) return;
  outputs_.emplace_back(SendInfo{Activated{nominated_.cid}});
  use();
}

// S5B-18.
void Socks5Negotiation::on_activation_failed() {
  if (step_ != Step::kActivating && step_ != Step::kAwaiting) return;
  outputs_.emplace_back(SendInfo{ProxyError{}});
  fail_with(Blame::kEnvironment, "the proxy " + nominated_.host + " did not take the connection");
}

void Socks5Negotiation::on_first_octets() {
  if (step_ == Step::kAwaiting) use();
}

Deadline Socks5Negotiation::next_deadline() const {
  if (step_ == Step::kWaiting || step_ == Step::kOver) return std::nullopt;
  return earliest(earliest(total_ends_, activation_ends_), race_.next_deadline());
}

void Socks5Negotiation::on_deadline() {
  if (step_ == Step::kWaiting || step_ == Step::kOver) return;
  if (is_due(activation_ends_, env_.now())) {
    outputs_.emplace_back(SendInfo{ProxyError{}});
    return fail_with(Blame::kEnvironment, "the proxy " + nominated_.host + " was not activated");
  }
  if (total_ends_ <= env_.now())
    return fail_with(Blame::kEnvironment, "the other side did not say what it could reach");
  race_.on_deadline();
  drain_race();
}

std::optional<Socks5Negotiation::Output> Socks5Negotiation::poll() {
  if (outputs_.empty()) return std::nullopt;
  Output output = std::move(outputs_.front());
  outputs_.pop_front();
  return output;
}

void Socks5Negotiation::drain_race() {
  if (step_ == Step::kOver) return;
  while (auto output = race_.poll()) {
    std::visit(Overloaded{
                   [this](Race::Begin& begin) { outputs_.emplace_back(std::move(begin)); },
                   [this](Race::Abandon& abandon) { outputs_.emplace_back(std::move(abandon)); },
                   [this](Race::Over& over) {
                     Socks5Info report = CandidateError{};
                     if (over.winner) report = CandidateUsed{over.winner->cid};
                     outputs_.emplace_back(SendInfo{std::move(report)});
                     mine_ = Report{std::move(over.winner)};
                   },
               },
               *output);
  }
  if (step_ == Step::kRacing && mine_ && theirs_) decide();
}

// S5B-15, and S5B-16 for a tie, which our priorities avoid: the offerer's report counts.
void Socks5Negotiation::decide() {
  if (!mine_->used && !theirs_->used)
    return fail_with(Blame::kEnvironment, "neither side could reach the other");
  bool mine = mine_->used.has_value();
  if (mine && theirs_->used) {
    auto own = mine_->used->priority, peers = theirs_->used->priority;
    mine = own != peers ? own > peers : config_.role == Role::kInitiator;
  }
  nominate(mine ? *mine_->used : *theirs_->used, !mine);
}

void Socks5Negotiation::nominate(const Candidate& candidate, bool is_ours) {
  nominated_ = candidate;
  nominated_is_ours_ = is_ours;
  if (is_ours && mine_->used) outputs_.emplace_back(Abandon{mine_->used->cid});
  if (!candidate.is_proxy()) return use();
  step_ = is_ours ? Step::kActivating : Step::kAwaiting;
  activation_ends_ = env_.now() + config_.activation;
  if (is_ours)
    outputs_.emplace_back(Activate{nominated_});
  else
    outputs_.emplace_back(Await{nominated_});
}

void Socks5Negotiation::use() {
  step_ = Step::kOver;
  outputs_.emplace_back(Use{nominated_, nominated_is_ours_});
}

void Socks5Negotiation::fail_with(Blame blame, std::string text) {
  step_ = Step::kOver;
  outputs_.emplace_back(Failed{{blame, "failed-transport", std::move(text)}});
}

}  // namespace balcony
