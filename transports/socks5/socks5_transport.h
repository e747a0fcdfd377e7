// SPDX-License-Identifier: MIT
// The Jingle SOCKS5 transport (XEP-0260): gathers our candidates, races the peer's, activates
// proxies, and gives the chosen connection as a ByteStream. Everything that decides is in
// candidate.h, race.h, negotiation.h and handshake.h; this joins them to the network and the
// IqPort.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "jingle/transport.h"
#include "transports/net/address_policy.h"
#include "transports/net/gateway.h"
#include "transports/net/network.h"
#include "transports/net/scheduler.h"
#include "transports/net/strangers.h"
#include "transports/socks5/proxy_finder.h"

namespace balcony {

class Socks5Factory : public TransportFactory {
 public:
  struct Settings {
    AddressPolicy policy;              // candidates.*
    bool direct = true;                // s5b.direct
    bool upnp = true;                  // s5b.upnp
    std::string tunnel;                // s5b.tunnel: host:port, or empty
    std::size_t most_candidates = 32;  // limits.candidates
  };

  // All borrowed; they outlive the factory and what it makes. `proxies` is driven by its owner.
  // `gateway` may be null.
  Socks5Factory(Env& env, Scheduler& scheduler, Network& network, ProxyFinder& proxies,
                Strangers& strangers, Settings settings, Gateway* gateway = nullptr);

  std::string_view name() const override { return "s5b"; }
  std::string_view ns() const override;
  Result<void> check_offer(const Element& transport) const override;
  std::unique_ptr<Transport> create(Role role, const Peers& peers, IqPort& port,
                                    Reach reach) override;

  // For what is made from now on.
  void set_settings(Settings settings) { settings_ = std::move(settings); }
  // So that it is known when a path is wanted; if the settings allow to ask it.
  void look_for_gateway();

 private:
  Env& env_;
  Scheduler& scheduler_;
  Network& network_;
  ProxyFinder& proxies_;
  Strangers& strangers_;
  Settings settings_;
  Gateway* const gateway_;
};

}  // namespace balcony
