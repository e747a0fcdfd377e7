// SPDX-License-Identifier: MIT
// One Jingle SOCKS5 negotiation, either side, from the moment that both descriptions are known to
// the candidate that is used, or to failure (XEP-0260 sections 2.3 and 2.4; S5B-10 to -18).
// Passive: Socks5Transport feeds it the peer's reports and what became of its connections, polls
// outputs until there are none, and calls on_deadline() when next_deadline() is due.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <variant>

#include "jingle/base/env.h"
#include "jingle/role.h"
#include "transports/socks5/candidate.h"
#include "transports/socks5/race.h"

namespace balcony {

class Socks5Negotiation {
 public:
  struct Config {
    Role role = Role::kInitiator;  // the offerer of the transport is the initiator
    Candidates ours;
    RaceLimits race = {};
    Duration total = 20s;       // C-03
    Duration activation = 15s;  // S5B-17
  };

  // ---- outputs ----
  using Begin = Race::Begin;      // connect and shake hands: on_connected() or on_failed()
  using Abandon = Race::Abandon;  // of those begun
  struct SendInfo {
    Socks5Info info;
  };
  // Our own proxy was chosen: connect to it and activate; on_activated() or on_activation_failed().
  struct Activate {
    Candidate proxy;
  };
  // The peer's proxy was chosen, and activation is awaited: octets on our connection count as it.
  struct Await {
    Candidate proxy;
  };
  struct Use {  // the last output: the stream runs over this one
    Candidate candidate;
    bool is_ours;
  };
  struct Failed {  // or this
    Error error;
  };
  using Output = std::variant<Begin, Abandon, SendInfo, Activate, Await, Use, Failed>;

  Socks5Negotiation(Config config, const Env& env);

  void start();  // once both sides agreed
  void on_candidates(const Candidates& theirs);
  // The peer's transport-info; those before start() wait for it. An error is the peer's fault, and
  // its answer (`bad-request`).
  Result<void> on_info(const Socks5Info& info);
  void on_connected(std::string_view cid);
  void on_failed(std::string_view cid);
  void on_activated();
  void on_activation_failed();  // or the connection to the proxy that is awaited broke
  void on_first_octets();       // from the proxy that is awaited

  Deadline next_deadline() const;
  void on_deadline();
  std::optional<Output> poll();

 private:
  enum class Step { kWaiting, kRacing, kActivating, kAwaiting, kOver };
  struct Report {
    std::optional<Candidate> used;  // nothing: candidate-error
  };

  Result<void> on_report(std::optional<std::string_view> cid);
  Result<void> on_activated_info(const Activated& activated);
  Result<void> on_proxy_error();
  void drain_race();
  void decide();
  void nominate(const Candidate& candidate, bool is_ours);
  void use();
  void fail_with(Blame blame, std::string text);

  Config config_;
  const Env& env_;
  Step step_ = Step::kWaiting;
  Race race_;
  std::optional<Report> mine_, theirs_;
  Candidate nominated_;
  bool nominated_is_ours_ = false;
  TimePoint total_ends_;
  Deadline activation_ends_;
  std::deque<Output> outputs_;
};

}  // namespace balcony
