// SPDX-License-Identifier: MIT
// One attempt to reach one candidate: its address (of proxies perhaps by a name), a connection, and
// the SOCKS5 handshake (S5B-08, S5B-21). Policy is asked before each address; what is forbidden
// fails like what is dead. Destroying it cancels.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "jingle/base/env.h"
#include "transports/net/address_policy.h"
#include "transports/net/network.h"
#include "transports/net/scheduler.h"
#include "transports/socks5/candidate.h"
#include "transports/socks5/handshake.h"

namespace balcony {

class Socks5Attempt final : private ByteStream::Listener {
 public:
  struct Rules {
    AddressPolicy policy;
    bool only_proxies = false;  // reach `relay`, or s5b.direct=false: no other may be connected to
    Duration limit = 5s;        // C-14, for all of it
  };
  // A connection behind its handshake, paused. Called once, from the scheduler; may destroy the
  // attempt.
  using Done = std::function<void(Result<Connection>)>;

  // Starts at once. `name`: DST.ADDR. All but the values is borrowed.
  Socks5Attempt(const Candidate& candidate, std::string name, const Rules& rules, Network& network,
                Scheduler& scheduler, const Env& env, Done done);
  ~Socks5Attempt();

 private:
  void find(const Candidate& candidate);
  void try_next();
  void on_connection(Result<Connection> connection);
  void drain();
  void finish(Result<Connection> result);
  void fail_soon(std::string text);

  void on_bytes(ByteView octets) override;
  void on_writable() override {}  // a few octets always have room
  void on_closed(std::optional<Error> error) override;

  const Rules rules_;
  const Target kind_;
  const std::uint16_t port_;
  Network& network_;
  const TimePoint deadline_at_;
  Done done_;
  Socks5Client handshake_;
  std::vector<IpAddress> addresses_;                    // still to try
  std::unique_ptr<Network::Pending> pending_, before_;  // not destroyed inside its own call
  Connection connection_;
  Error last_;  // why the last address failed
  Timer turn_, deadline_;
};

}  // namespace balcony
