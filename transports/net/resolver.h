// SPDX-License-Identifier: MIT
// The addresses of a host name, looked up beside the loop. Only names of proxies are ever looked up
// (S5B-02, SECURITY.md "Limits"), and only after consent; each address that comes is for
// address_policy.h before it is connected to: a name may stand for any.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "jingle/base/env.h"
#include "jingle/base/result.h"
#include "transports/net/ip_address.h"
#include "transports/net/reactor.h"

namespace balcony {

class Resolver {
 public:
  // At least one address, in the order to try them, at most 8; or condition connectivity-error, or
  // `timeout`, blame kEnvironment.
  using Done = std::function<void(Result<std::vector<IpAddress>>)>;

  // Destroying it cancels.
  class Lookup {
   public:
    virtual ~Lookup() = default;
  };

  virtual ~Resolver() = default;

  // `name`: a host name, or an address, which stands for itself. `done` is called once, from the
  // reactor, and may destroy the lookup.
  virtual std::unique_ptr<Lookup> look_up(const std::string& name, TimePoint deadline,
                                          Done done) = 0;
};

// The system's own (GResolver, which uses threads). All on the reactor's thread.
class SystemResolver : public Resolver {
 public:
  SystemResolver(Reactor& reactor, const Env& env) : reactor_(reactor), env_(env) {}

  std::unique_ptr<Lookup> look_up(const std::string& name, TimePoint deadline, Done done) override;

 private:
  class Query;

  Reactor& reactor_;
  const Env& env_;
};

}  // namespace balcony
