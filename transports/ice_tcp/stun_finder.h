// SPDX-License-Identifier: MIT
// Finds a STUN server: the one that our own server tells of (XEP-0215; ICE-11). One question at
// login. Driven by the owner; asks through an IqPort of the account.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "jingle/transport.h"
#include "transports/net/ip_address.h"
#include "transports/net/lifeline.h"

namespace balcony {

inline constexpr std::uint16_t kStunPort = 3478;  // RFC 8489 section 18.6

// Of a server's addresses, at least one, the one to ask: ours of IPv6 are what they are, those of
// IPv4 have a NAT worth asking about.
IpAddress best_for_stun(const std::vector<IpAddress>& addresses);

class StunFinder {
 public:
  explicit StunFinder(IqPort& port) : port_(port) {}  // borrowed

  void search(const std::string& server);  // a new login there
  // The host may be a name. Nothing: none is known.
  const std::optional<HostAndPort>& found() const { return found_; }

 private:
  void on_services(const Element& services);

  IqPort& port_;
  std::optional<HostAndPort> found_;
  std::optional<Lifeline> replies_;  // of this search
};

}  // namespace balcony
