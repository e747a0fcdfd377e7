// SPDX-License-Identifier: MIT
// The Jingle SOCKS5 <transport/> as types, read and printed: candidates, reports, and the name that
// both ends of a connection show (XEP-0260 section 2; S5B-01 to -07, -12). Reading is strict about
// what we rely on and skips candidates that make no sense; nothing here can grow without bound.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "jingle/base/element.h"
#include "jingle/base/env.h"
#include "jingle/base/jid.h"
#include "jingle/base/result.h"
#include "jingle/role.h"

namespace balcony {

enum class CandidateType { kDirect, kAssisted, kTunnel, kProxy };

struct Candidate {
  std::string cid;
  std::string host;  // an IP literal; of a proxy perhaps a name
  std::string jid;   // of the proxy, else of the client that offers it
  std::uint16_t port = 1080;
  std::uint32_t priority = 0;
  CandidateType type = CandidateType::kDirect;

  bool is_proxy() const { return type == CandidateType::kProxy; }
  friend bool operator==(const Candidate&, const Candidate&) = default;
};
using Candidates = std::vector<Candidate>;

const Candidate* find_candidate(const Candidates& candidates, std::string_view cid);  // or null

// A description (session-initiate, -accept, transport-replace, -accept).
struct Socks5Offer {
  std::string sid;      // empty: absent, which an answer may be (PEERS.md)
  std::string dstaddr;  // empty: absent
  Candidates candidates;
};

Element socks5_transport(const Socks5Offer& offer, bool with_mode);

// Fails with `bad-request`, or with `unsupported-transports` for datagrams (S5B-01). At most
// `limit` candidates are read (C-15).
Result<Socks5Offer> read_socks5_offer(const Element& transport, std::size_t limit);

// What a transport-info says (section 2.3, 2.4).
struct CandidateUsed {
  std::string cid;
};
struct CandidateError {};
struct Activated {
  std::string cid;
};
struct ProxyError {};
using Socks5Info = std::variant<CandidateUsed, CandidateError, Activated, ProxyError, Candidates>;

Element socks5_info(std::string_view sid, const Socks5Info& info);

// Fails with `bad-request`.
Result<Socks5Info> read_socks5_info(const Element& transport, std::size_t limit);

// DST.ADDR of candidates that `provider` offers to `other` (S5B-06).
std::string socks5_name(std::string_view sid, const Jid& provider, const Jid& other);

// Gives each of our candidates, the best first, its priority: that of its type, with a local part
// that falls in their order, is partly random, and is none of `taken` (S5B-03, -04).
void prioritise(Candidates& ours, const Candidates& taken, Env& env);

}  // namespace balcony
