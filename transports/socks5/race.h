// SPDX-License-Identifier: MIT
// One side's race for the peer's candidates (XEP-0260 section 2.3; S5B-10, -11, -14, C-14, C-15):
// which of them to connect to, when, and which one to report. Attempts begin on a fixed beat,
// whatever became of those before, and a race without success ends at one fixed time, so that
// neither tells what our network let through. Passive; driven by Socks5Negotiation.
#pragma once

#include <deque>
#include <optional>
#include <variant>

#include "jingle/base/env.h"
#include "transports/socks5/candidate.h"

namespace balcony {

struct RaceLimits {  // C-14, C-15
  Duration stagger = 200ms;
  Duration proxies_later = 800ms;
  Duration grace = 400ms;        // for a better candidate
  Duration limit = 5s;           // S5B-14: the fixed time
  Duration empty_limit = 3s;     // S5B-14: the peer has offered nothing yet
  std::size_t most_tried = 16;   // C-15
  std::size_t most_at_once = 4;  // C-15
};

class Race {
 public:
  struct Begin {  // connect to it; on_connected or on_failed follows
    Candidate candidate;
  };
  struct Abandon {  // give the attempt, or its connection, up
    std::string cid;
  };
  struct Over {  // the last output; nothing: candidate-error
    std::optional<Candidate> winner;
  };
  using Output = std::variant<Begin, Abandon, Over>;

  Race(RaceLimits limits, const Env& env) : limits_(limits), env_(env) {}

  void start();
  void add(const Candidates& candidates);  // before or after start(); none once it is over
  void on_connected(std::string_view cid);
  void on_failed(std::string_view cid);
  void on_peer_used(std::uint32_t priority);  // the peer reached that one of ours

  bool is_over() const { return is_over_; }
  Deadline next_deadline() const;
  void on_deadline();
  std::optional<Output> poll();

 private:
  enum class State { kUntried, kGoing, kConnected, kOut };
  struct Runner {
    Candidate candidate;
    State state = State::kUntried;
  };

  Runner* find(std::string_view cid);
  bool knows(const Candidate& candidate) const;
  Runner* next_untried();
  const Runner* connected() const;
  bool may_begin() const;
  bool has_better(std::uint32_t priority) const;  // untried or under way
  TimePoint may_begin_at() const;
  void abandon_below(std::uint32_t priority);
  void begin_due();
  void settle();  // ends the race if nothing better can come
  void end();

  RaceLimits limits_;
  const Env& env_;
  bool is_started_ = false, is_over_ = false;
  std::vector<Runner> runners_;
  TimePoint started_, next_begin_, ends_;
  Deadline grace_ends_;
  std::optional<std::uint32_t> peer_used_;
  std::deque<Output> outputs_;
};

}  // namespace balcony
