// SPDX-License-Identifier: MIT
// The router found by UPnP (libminiupnpc). That library blocks, so a thread of ours calls it: made
// with the first look(), told what to do by a bounded queue, answering through the reactor. The
// destructor lets a search end and removes what is still mapped, for 2 s at most, then breaks off a
// call that a router draws out, and joins the thread.
//
// Only a router at a private IPv4 address is spoken to, and only at the address where it answered;
// a mapping has a lease of an hour, so none stays behind for good.
#pragma once

#include "jingle/base/env.h"
#include "transports/net/gateway.h"
#include "transports/net/reactor.h"

namespace balcony {

class UpnpGateway : public Gateway {
 public:
  // Both borrowed. All calls on the reactor's thread, or when it does not run any more.
  UpnpGateway(Reactor& reactor, const Env& env);
  ~UpnpGateway() override;

  void look() override;
  std::optional<IpAddress> inside() const override;
  std::unique_ptr<Mapping> map(std::uint16_t port, Mapped done) override;

 private:
  class Igd;
  class Worker;
  class Port;

  Reactor& reactor_;
  const Env& env_;
  std::optional<TimePoint> looked_;
  std::unique_ptr<Worker> worker_;
};

}  // namespace balcony
