// SPDX-License-Identifier: MIT
// The real network, on the reactor.
#pragma once

#include "transports/net/interfaces.h"
#include "transports/net/network.h"
#include "transports/net/reactor.h"
#include "transports/net/resolver.h"

namespace balcony {

class SystemNetwork : public Network {
 public:
  // Both borrowed; they outlive it and what it makes.
  SystemNetwork(Reactor& reactor, const Env& env)
      : reactor_(reactor), env_(env), resolver_(reactor, env) {}

  std::unique_ptr<Pending> connect(const Endpoint& to, TimePoint deadline, Connected done) override;
  Result<std::unique_ptr<Listening>> listen(const Endpoint& at, Accepted accepted) override;
  std::unique_ptr<Pending> resolve(const std::string& name, TimePoint deadline,
                                   Resolved done) override;
  std::vector<InterfaceAddress> addresses() const override;

 private:
  Reactor& reactor_;
  const Env& env_;
  SystemInterfaces interfaces_;
  SystemResolver resolver_;
};

}  // namespace balcony
