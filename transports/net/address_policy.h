// SPDX-License-Identifier: MIT
// Which of our addresses may be shown to a peer, and which addresses that a peer (or a server)
// names may be connected to: S5B-20, S5B-21, SECURITY.md "Limits". Pure functions of the settings.
// Whether a peer may see any address at all (reach, consent) is decided before.
#pragma once

#include <string>
#include <vector>

#include "transports/net/interfaces.h"
#include "transports/net/ip_address.h"

namespace balcony {

struct AddressPolicy {
  bool loopback = false;                // candidates.loopback: for tests
  bool low_ports = false;               // candidates.low-ports: for tests
  std::vector<std::string> interfaces;  // candidates.interfaces; empty: all
};

// What stands at the other end, as the candidate says it: ports below 1024 are for kRelay alone.
enum class Target {
  kPeer,   // direct, assisted, ICE
  kRelay,  // proxy, tunnel
};

// Never unspecified, multicast, broadcast, reserved, link-local or cloud metadata addresses, nor
// port 0; loopback by setting only.
bool may_connect(const AddressPolicy& policy, const Endpoint& to, Target target);

// Whether a router's word that this is our address and port out there may be passed on: global ones
// only, by the same rules.
bool may_show_outside(const AddressPolicy& policy, const Endpoint& outside);

// Of our own addresses those that may be signalled, best first, each once, at most 16: global IPv6,
// IPv4, local IPv6, loopback.
std::vector<IpAddress> addresses_to_show(const AddressPolicy& policy,
                                         const std::vector<InterfaceAddress>& own);

}  // namespace balcony
