// SPDX-License-Identifier: MIT
// The home's router as transports see it: it may lead a port of its own address to one of ours
// (UPnP Internet Gateway Device). The real one is upnp_gateway.h; tests put another in its place.
// What it says is checked by its user: it is just some machine on the network (S5B-21).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "jingle/base/result.h"
#include "transports/net/ip_address.h"

namespace balcony {

class Gateway {
 public:
  // A port that leads here, or the question for one; destroying it ends it at the router, too.
  class Mapping {
   public:
    virtual ~Mapping() = default;
  };
  // Called once, from the reactor, never from inside map(); it may destroy the mapping.
  using Mapped = std::function<void(Result<Endpoint> outside)>;

  virtual ~Gateway() = default;

  // Looks for a router, beside the loop, unless one was looked for within the hour. Nobody waits.
  virtual void look() = 0;
  // Our address on the router's network, once there is a router.
  virtual std::optional<IpAddress> inside() const = 0;
  // Leads a port to `port` of inside(), for TCP. Null: it has too much to do; nothing is called.
  virtual std::unique_ptr<Mapping> map(std::uint16_t port, Mapped done) = 0;
};

}  // namespace balcony
