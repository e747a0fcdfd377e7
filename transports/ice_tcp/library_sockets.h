// SPDX-License-Identifier: MIT
// The ICE library's TCP sockets among our descriptors: it does not tell which they are. For
// ice_agent.cc.
#pragma once

#include <optional>

#include "transports/net/ip_address.h"

namespace balcony {

// The descriptor of its connection to `theirs`, known by both ends. Behind a NAT the library knows
// only the outer one of ours as `seen`, or what the peer's door said of it: then it is the only
// connection to `theirs`, at least from `base`. The library's still; nothing if there is none.
std::optional<int> find_connection(const Endpoint& seen, const IpAddress& base,
                                   const Endpoint& theirs);

// Makes the port `at`, where the library listens, deaf to the network: who comes from there comes
// by a door of ours (front_door.h). Whether the system could.
bool hear_only_this_machine(const Endpoint& at);

}  // namespace balcony
