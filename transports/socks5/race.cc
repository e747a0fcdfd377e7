// SPDX-License-Identifier: MIT
#include "transports/socks5/race.h"

#include <algorithm>
#include <utility>

namespace balcony {

void Race::start() {
  is_started_ = true;
  started_ = next_begin_ = env_.now();
  ends_ = started_ + (runners_.empty() ? limits_.empty_limit : limits_.limit);
  if (peer_used_) on_peer_used(*peer_used_);
  begin_due();
}

// The best of them, if they are too many.
void Race::add(const Candidates& candidates) {
  bool was_empty = runners_.empty();
  Candidates sorted = candidates;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Candidate& a, const Candidate& b) { return a.priority > b.priority; });
  for (const Candidate& candidate : sorted) {
    if (is_over_ || runners_.size() >= limits_.most_tried) break;
    if (!knows(candidate)) runners_.push_back({candidate});
  }
  if (!is_started_ || is_over_) return;
  if (was_empty && !runners_.empty()) {
    started_ = next_begin_ = env_.now();
    ends_ = started_ + limits_.limit;
  }
  begin_due();
}

void Race::on_connected(std::string_view cid) {
  Runner* runner = find(cid);
  if (is_over_ || !runner || runner->state != State::kGoing) return;
  runner->state = State::kConnected;
  abandon_below(runner->candidate.priority);
  grace_ends_ = earliest(grace_ends_, env_.now() + limits_.grace);
  settle();
}

void Race::on_failed(std::string_view cid) {
  Runner* runner = find(cid);
  if (is_over_ || !runner || runner->state == State::kUntried) return;
  bool was_success = runner->state == State::kConnected;
  if (was_success && !peer_used_) grace_ends_.reset();  // it was none, and failure has its time
  runner->state = State::kOut;
  settle();
  begin_due();
}

void Race::on_peer_used(std::uint32_t priority) {
  peer_used_ = priority;
  if (!is_started_ || is_over_) return;
  abandon_below(priority);
  grace_ends_ = earliest(grace_ends_, env_.now() + limits_.grace);
  settle();
}

Deadline Race::next_deadline() const {
  if (!is_started_ || is_over_) return std::nullopt;
  Deadline next = earliest(ends_, grace_ends_);
  return may_begin() ? earliest(next, may_begin_at()) : next;
}

void Race::on_deadline() {
  if (!is_started_ || is_over_) return;
  if (is_due(ends_, env_.now()) || is_due(grace_ends_, env_.now())) return end();
  begin_due();
}

std::optional<Race::Output> Race::poll() {
  if (outputs_.empty()) return std::nullopt;
  Output output = std::move(outputs_.front());
  outputs_.pop_front();
  return output;
}

Race::Runner* Race::find(std::string_view cid) {
  auto found = std::find_if(runners_.begin(), runners_.end(),
                            [cid](const Runner& runner) { return runner.candidate.cid == cid; });
  return found == runners_.end() ? nullptr : &*found;
}

// The same place twice would be, at a proxy, both ends of one connection (PEERS.md).
bool Race::knows(const Candidate& candidate) const {
  return std::any_of(runners_.begin(), runners_.end(), [&candidate](const Runner& runner) {
    const Candidate& known = runner.candidate;
    return known.cid == candidate.cid ||
           (known.host == candidate.host && known.port == candidate.port);
  });
}

const Race::Runner* Race::connected() const {
  auto found = std::find_if(runners_.begin(), runners_.end(),
                            [](const Runner& runner) { return runner.state == State::kConnected; });
  return found == runners_.end() ? nullptr : &*found;
}

// The best of those whose time has come: proxies come later, if there is anything else.
Race::Runner* Race::next_untried() {
  bool proxies_too = env_.now() >= started_ + limits_.proxies_later ||
                     std::all_of(runners_.begin(), runners_.end(),
                                 [](const Runner& runner) { return runner.candidate.is_proxy(); });
  Runner* best = nullptr;
  for (Runner& runner : runners_) {
    bool is_ready =
        runner.state == State::kUntried && (proxies_too || !runner.candidate.is_proxy());
    if (is_ready && (!best || runner.candidate.priority > best->candidate.priority)) best = &runner;
  }
  return best;
}

bool Race::may_begin() const {
  auto count = [this](State state) {
    return std::count_if(runners_.begin(), runners_.end(),
                         [state](const Runner& runner) { return runner.state == state; });
  };
  return count(State::kUntried) > 0 &&
         static_cast<std::size_t>(count(State::kGoing)) < limits_.most_at_once;
}

TimePoint Race::may_begin_at() const {
  bool only_proxies = std::all_of(runners_.begin(), runners_.end(), [](const Runner& runner) {
    return runner.state != State::kUntried || runner.candidate.is_proxy();
  });
  bool any_direct = std::any_of(runners_.begin(), runners_.end(),
                                [](const Runner& runner) { return !runner.candidate.is_proxy(); });
  TimePoint proxies_from = started_ + limits_.proxies_later;
  return only_proxies && any_direct ? std::max(next_begin_, proxies_from) : next_begin_;
}

bool Race::has_better(std::uint32_t priority) const {
  return std::any_of(runners_.begin(), runners_.end(), [priority](const Runner& runner) {
    bool can_come = runner.state == State::kUntried || runner.state == State::kGoing;
    return can_come && runner.candidate.priority > priority;
  });
}

// What was connected before stays until something better is (S5B-11 is about those under way).
void Race::abandon_below(std::uint32_t priority) {
  const Runner* best = nullptr;
  for (const Runner& runner : runners_) {
    if (runner.state == State::kConnected &&
        (!best || runner.candidate.priority > best->candidate.priority))
      best = &runner;
  }
  for (Runner& runner : runners_) {
    if (&runner == best || runner.state == State::kOut) continue;
    bool is_beaten = runner.candidate.priority < priority || runner.state == State::kConnected;
    if (!is_beaten) continue;
    if (runner.state != State::kUntried) outputs_.emplace_back(Abandon{runner.candidate.cid});
    runner.state = State::kOut;
  }
}

void Race::begin_due() {
  while (!is_over_ && may_begin() && may_begin_at() <= env_.now()) {
    Runner* next = next_untried();
    next->state = State::kGoing;
    next_begin_ = env_.now() + limits_.stagger;
    outputs_.emplace_back(Begin{next->candidate});
  }
}

// With a connection: once nothing better can come. Without one the time is fixed, but for a list
// that holds nothing better than what the peer has reached already.
void Race::settle() {
  if (is_over_) return;
  if (const Runner* best = connected()) {
    if (!has_better(best->candidate.priority)) end();
    return;
  }
  if (!peer_used_) return;
  bool was_worth_it = std::any_of(runners_.begin(), runners_.end(), [this](const Runner& runner) {
    return runner.candidate.priority >= *peer_used_;
  });
  if (!was_worth_it) return end();
  grace_ends_ = earliest(grace_ends_, env_.now() + limits_.grace);
}

void Race::end() {
  is_over_ = true;
  Over over;
  for (Runner& runner : runners_) {
    if (runner.state == State::kConnected) over.winner = runner.candidate;
    if (runner.state == State::kGoing) outputs_.emplace_back(Abandon{runner.candidate.cid});
    if (runner.state != State::kConnected) runner.state = State::kOut;
  }
  outputs_.emplace_back(std::move(over));
}

}  // namespace balcony
