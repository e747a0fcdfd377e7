// SPDX-License-Identifier: MIT
// The Jingle ICE transport with TCP candidates (XEP-0371, RFC 6544): shows our candidates, gives
// the peer's to the ICE agent, and takes the nominated connection out of it as a ByteStream in
// frames of RFC 4571. Our own transport for pseudo-TCP (PROTOCOL.md section 0.1a) differs in its
// candidates, and in that the agent goes on to carry the stream.
//
// When each side takes over (ICE-TCP.md, section 5): what the agent has read of a frame that is not
// whole would be lost. The stream's initiator speaks first, so it takes over as soon as a pair is
// nominated; what it says in its first turn leaves as one frame, and nothing more until it hears
// the other side. That side takes over when this frame has come whole, so that nothing follows it.
// A connection that came to us is behind our own door, where nothing is lost: there the library
// goes first, and the connection is taken once all that it said has left.
#pragma once

#include <memory>
#include <string>

#include "jingle/transport.h"
#include "transports/ice_tcp/ice_servers.h"
#include "transports/ice_tcp/mapping.h"
#include "transports/net/address_policy.h"
#include "transports/net/network.h"
#include "transports/net/reactor.h"
#include "transports/net/strangers.h"

namespace balcony {

class IceFactory : public TransportFactory {
 public:
  struct Settings {
    AddressPolicy policy;  // candidates.*
    IceKind kind = IceKind::kTcp;
    // ice.stun and ice.turn: what read_host_and_port() and read_turn_server() read, or none; empty:
    // what the server tells.
    std::string stun, turn;
    std::size_t most_candidates = 32;  // limits.candidates
  };

  // All borrowed; they outlive the factory and what it makes. `servers` is driven by its owner, and
  // may be null.
  IceFactory(Env& env, Reactor& reactor, Network& network, Strangers& strangers, Settings settings,
             const IceServers* servers = nullptr)
      : env_(env),
        reactor_(reactor),
        network_(network),
        strangers_(strangers),
        settings_(std::move(settings)),
        servers_(servers) {}

  std::string_view name() const override;
  std::string_view ns() const override;
  std::string_view feature() const override;
  bool shows_addresses() const override { return true; }
  Result<void> check_offer(const Element& transport) const override;
  std::unique_ptr<Transport> create(Role role, const Peers& peers, IqPort& port,
                                    Reach reach) override;

  void set_settings(Settings settings) { settings_ = std::move(settings); }  // for the next ones

 private:
  Env& env_;
  Reactor& reactor_;
  Network& network_;
  Strangers& strangers_;
  Settings settings_;
  const IceServers* const servers_;
};

}  // namespace balcony
