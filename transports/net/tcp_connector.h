// SPDX-License-Identifier: MIT
// One attempt to open a TCP connection to one address, on the reactor. Destroying it cancels.
// Whether the target may be connected to at all is for address_policy.h, before.
#pragma once

#include <functional>

#include "transports/net/fd_watch.h"
#include "transports/net/scheduler.h"
#include "transports/net/socket.h"

namespace balcony {

class TcpConnector final : private FdWatch::Listener {
 public:
  // A connected socket, or why there is none: condition connectivity-error; `timeout` if the
  // deadline came first. Blame kEnvironment.
  using Done = std::function<void(Result<Socket>)>;

  // Starts at once. `done` is called once, from the reactor, and may destroy the connector.
  // `reactor` and `env` are borrowed.
  TcpConnector(const Endpoint& target, TimePoint deadline, Reactor& reactor, const Env& env,
               Done done);

 private:
  void on_ready(bool readable, bool writable) override;
  void begin();
  void finish(Result<Socket> result);

  Endpoint target_;
  Reactor& reactor_;
  Done done_;
  Socket socket_;
  std::optional<FdWatch> watch_;
  Timer turn_, deadline_;
};

}  // namespace balcony
