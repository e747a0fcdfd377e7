// SPDX-License-Identifier: MIT
// What we have to offer as candidates: doors of our own, and proxies (XEP-0260 section 2.2). Used
// by Socks5Transport, which gives them their priorities afterwards.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "jingle/base/env.h"
#include "jingle/base/jid.h"
#include "transports/net/address_policy.h"
#include "transports/net/gateway.h"
#include "transports/net/network.h"
#include "transports/socks5/candidate.h"
#include "transports/socks5/entrance.h"
#include "transports/socks5/proxy_finder.h"

namespace balcony {

// Opens a door of `entrance` at each address that may be shown, and one behind `tunnel` (host:port,
// forwarded to the same port here; empty: none). What can't be opened is left out.
Candidates open_doors(Socks5Entrance& entrance, const Network& network, const AddressPolicy& policy,
                      const std::string& tunnel, const Jid& local, Env& env);

// Opens a door that the router shall lead to, and asks it. `done` is called once, unless null is
// returned or the mapping destroyed: with the candidate, or nothing if the router refuses or tells
// an address that can't be ours. Null: there is none, or not at an address that may be shown.
using Assisted = std::function<void(std::optional<Candidate>)>;
std::unique_ptr<Gateway::Mapping> ask_gateway(Gateway& gateway, Socks5Entrance& entrance,
                                              const Network& network, const AddressPolicy& policy,
                                              const Jid& local, Env& env, Assisted done);

// Adds the proxies but those that the peer offers already (S5B-05).
void add_proxies(Candidates& ours, const std::vector<Socks5Proxy>& proxies,
                 const Candidates& theirs, Env& env);

}  // namespace balcony
