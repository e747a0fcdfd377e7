// SPDX-License-Identifier: MIT
// What we have to offer as candidates: doors of our own, and proxies (XEP-0260 section 2.2). Used
// by Socks5Transport, which gives them their priorities afterwards.
#pragma once

#include <string>
#include <vector>

#include "jingle/base/env.h"
#include "jingle/base/jid.h"
#include "transports/net/address_policy.h"
#include "transports/net/network.h"
#include "transports/socks5/candidate.h"
#include "transports/socks5/entrance.h"
#include "transports/socks5/proxy_finder.h"

namespace balcony {

// Opens a door of `entrance` at each address that may be shown, and one behind `tunnel` (host:port,
// forwarded to the same port here; empty: none). What can't be opened is left out.
Candidates open_doors(Socks5Entrance& entrance, const Network& network, const AddressPolicy& policy,
                      const std::string& tunnel, const Jid& local, Env& env);

// Adds the proxies but those that the peer offers already (S5B-05).
void add_proxies(Candidates& ours, const std::vector<Socks5Proxy>& proxies,
                 const Candidates& theirs, Env& env);

}  // namespace balcony
