// SPDX-License-Identifier: MIT
// The Jingle ICE <transport/> as types, read and printed (XEP-0371; ICE-02, -03, -07), and which of
// a peer's candidates may be tried. The ICE library sees nothing that was not checked here. Pure
// functions; reading skips candidates that make no sense, and nothing can grow without bound.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jingle/base/element.h"
#include "jingle/base/result.h"
#include "transports/net/address_policy.h"
#include "transports/net/ip_address.h"

namespace balcony {

// Whose <transport/> it is: that of XEP-0371 with candidates for TCP, or our own with candidates
// for UDP, on which the library's pseudo-TCP runs (PROTOCOL.md section 0.1a).
enum class IceKind { kTcp, kPseudoTcp };
std::string_view ice_namespace(IceKind kind);

enum class IceType { kHost, kServerReflexive, kPeerReflexive, kRelayed };
enum class TcpType { kActive, kPassive, kSimultaneousOpen };

std::string_view to_string(IceType type);  // host, srflx, prflx, relay

// One address of component 1. An active one's port is 0 here and 9 on the wire; one for UDP is
// as a passive one: it is found there, and nowhere else.
struct IceCandidate {
  std::string id;  // only for people; may be empty when read
  std::string foundation;
  Endpoint at{IpAddress::from_v4({}), 0};
  std::uint32_t priority = 0;  // 1 to 2^31 - 1
  IceType type = IceType::kHost;
  TcpType tcp = TcpType::kPassive;  // without meaning for UDP
  std::uint32_t generation = 0;
  std::optional<Endpoint> related;  // rel-addr, rel-port; not of host candidates

  friend bool operator==(const IceCandidate&, const IceCandidate&) = default;
};

struct IceCredentials {
  std::string ufrag, pwd;

  bool empty() const { return ufrag.empty(); }
  friend bool operator==(const IceCredentials&, const IceCredentials&) = default;
};

// What a <transport/> says: in a description or, trickled, in a transport-info.
struct IceWord {
  IceCredentials credentials;  // empty: absent
  std::vector<IceCandidate> candidates;
  bool gathering_complete = false;
  bool has_candidates = false;  // even if none could be read
};

// `is_first`: the description of an offer or answer, which also says ice2.
Element ice_transport(const IceWord& word, bool is_first, IceKind kind = IceKind::kTcp);

// Fails with `bad-request`. At most `limit` candidates are read, each target once.
Result<IceWord> read_ice_transport(const Element& transport, std::size_t limit,
                                   IceKind kind = IceKind::kTcp);

// Whether a peer's candidate may be given to the ICE library: a target that may be connected to
// (S5B-21), or an address that such a peer may come from.
bool may_try(const AddressPolicy& policy, const IceCandidate& candidate);

}  // namespace balcony
