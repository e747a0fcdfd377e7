// SPDX-License-Identifier: MIT
// An ICE <transport/> of a peer, and a reader of its candidates of our own that goes by the rules
// one at a time (XEP-0371; ICE-02, -03, -07; S5B-21).
//
//   input: the <transport/> as XML, of ICE or of pseudo-TCP. At most kLimit candidates count.
#include <arpa/inet.h>

#include <cstdlib>
#include <set>

#include "jingle/base/ns.h"
#include "jingle/base/xml_parser.h"
#include "tests/fuzz/support/fuzz.h"
#include "transports/ice_tcp/mapping.h"

namespace balcony {
namespace {

constexpr std::size_t kLimit = 6;

// ---- the rules, once more ----

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  for (std::string_view each : words)
    if (word == each) return true;
  return false;
}

bool is_number(std::string_view text, unsigned long least, unsigned long most) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return false;
  while (text.size() > 1 && text.front() == '0') text.remove_prefix(1);
  unsigned long value = text.size() > 10 ? ~0UL : std::strtoul(std::string(text).c_str(), {}, 10);
  return value >= least && value <= most;
}

bool is_ice_text(std::string_view text, std::size_t least, std::size_t most) {
  constexpr std::string_view chars =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return text.size() >= least && text.size() <= most &&
         text.find_first_not_of(chars) == std::string_view::npos;
}

bool is_address(std::string_view text) {
  char octets[16];
  std::string name(text);
  return inet_pton(AF_INET, name.c_str(), octets) == 1 ||
         inet_pton(AF_INET6, name.c_str(), octets) == 1;
}

bool is_active(const Element& e, IceKind kind) {
  return kind == IceKind::kTcp && e.attr("tcptype") == "active";
}

bool is_candidate(const Element& e, IceKind kind) {
  bool is_udp = kind == IceKind::kPseudoTcp;
  return is_one_of(e.attr("type"), {"host", "srflx", "prflx", "relay"}) &&
         (is_udp || is_one_of(e.attr("tcptype"), {"active", "passive", "so"})) &&
         is_number(e.attr("priority"), 1, 0x7fffffff) && e.attr("component") == "1" &&
         e.attr("protocol") == (is_udp ? "udp" : "tcp") && e.attr("id").size() <= 256 &&
         (!e.has_attr("generation") || is_number(e.attr("generation"), 0, 255)) &&
         is_ice_text(e.attr("foundation"), 1, 32) && is_address(e.attr("ip")) &&
         is_number(e.attr("port"), is_active(e, kind) ? 0 : 1, 65535);
}

// Never to be connected to, whoever says so (S5B-21).
bool is_forbidden(const IpAddress& ip) {
  const auto& o = ip.octets();
  if (!ip.is_v4())
    return o[0] == 0xff || (o[0] == 0xfe && (o[1] & 0xc0) == 0x80) || ip.text() == "::1";
  return o[0] == 0 || o[0] == 127 || o[0] >= 224 || (o[0] == 169 && o[1] == 254);
}

// ---- what was read, against them ----

void check_candidates(const Element& transport, const IceWord& word, IceKind kind) {
  std::set<std::string> seen;
  std::size_t next = 0;
  for (const Element* child : transport.children()) {
    if (!child->is("candidate", ice_namespace(kind)) || !is_candidate(*child, kind)) continue;
    std::string port =
        is_active(*child, kind) ? "0" : std::to_string(number_in(child->attr("port"), 65535));
    std::string text = IpAddress::parse(child->attr("ip"))->text() + " " + port + " " +
                       std::string(kind == IceKind::kTcp ? child->attr("tcptype") : "udp");
    if (!seen.insert(text).second) continue;
    if (next == kLimit) return;
    require(next < word.candidates.size(), "a good candidate is read", to_xml(*child));
    const IceCandidate& read = word.candidates[next++];
    require(
        read.at.ip.text() + " " + std::to_string(read.at.port) == text.substr(0, text.rfind(' ')) &&
            std::to_string(read.priority) ==
                std::to_string(number_in(child->attr("priority"), 0x7fffffff)) &&
            read.foundation == child->attr("foundation"),
        "it is read as it says", to_xml(*child));
  }
  require(next == word.candidates.size(), "nothing else is read", to_xml(transport));
}

void check_targets(const IceWord& word) {
  for (const IceCandidate& candidate : word.candidates) {
    if (!may_try({}, candidate)) continue;
    require(!is_forbidden(candidate.at.ip), "forbidden targets are not tried", candidate.at.text());
    bool is_low = candidate.tcp == TcpType::kPassive && candidate.at.port < 1024;
    require(!is_low || candidate.type == IceType::kRelayed, "nor are low ports",
            candidate.at.text());
  }
}

}  // namespace

void fuzz(std::string_view input) {
  Result<Element> transport = parse_stanza(input);
  if (!transport) return;
  IceKind kind = transport->ns() == ns::kPseudoTcp ? IceKind::kPseudoTcp : IceKind::kTcp;
  Result<IceWord> word = read_ice_transport(*transport, kLimit, kind);
  if (!word) {
    require(word.error().condition == "bad-request", "a peer is told what is wrong");
    return;
  }
  require(word->candidates.size() <= kLimit, "no more than allowed are read");
  require(word->credentials.empty() || (is_ice_text(word->credentials.ufrag, 4, 256) &&
                                        is_ice_text(word->credentials.pwd, 22, 256)),
          "credentials are as RFC 8445 has them");
  check_candidates(*transport, *word, kind);
  check_targets(*word);
  if (word->credentials.empty()) return;
  auto again = read_ice_transport(ice_transport(*word, true, kind), kLimit, kind);
  require(again && again->candidates == word->candidates && again->credentials == word->credentials,
          "what is printed is read as it was", input);
}

}  // namespace balcony
