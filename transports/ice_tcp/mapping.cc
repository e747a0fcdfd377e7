// SPDX-License-Identifier: MIT
#include "transports/ice_tcp/mapping.h"

#include <algorithm>
#include <array>
#include <utility>

#include "jingle/base/ns.h"
#include "jingle/base/number.h"
#include "jingle/base/words.h"

namespace balcony {
namespace {

constexpr std::size_t kMaxFoundation = 32;          // RFC 8445 section 5.3: 1 to 32 ice-chars
constexpr std::size_t kMinUfrag = 4;                // the same
constexpr std::size_t kMinPwd = 22;                 // the same
constexpr std::size_t kMaxCredential = 256;         // the same, for both
constexpr std::size_t kMaxId = 256;                 // SECURITY.md's limit for names
constexpr std::uint32_t kMaxPriority = 0x7fffffff;  // RFC 8445 section 5.1.2
constexpr std::uint32_t kMaxGeneration = 255;       // unsignedByte in the schema
constexpr std::uint16_t kActivePort = 9;            // RFC 6544 section 4.5: discard
constexpr std::uint16_t kFreePort = 1024;           // any port that every rule allows

constexpr std::array<std::pair<std::string_view, IceType>, 4> kIceTypes{
    {{"host", IceType::kHost},
     {"srflx", IceType::kServerReflexive},
     {"prflx", IceType::kPeerReflexive},
     {"relay", IceType::kRelayed}}};
constexpr std::array<std::pair<std::string_view, TcpType>, 3> kTcpTypes{
    {{"active", TcpType::kActive},
     {"passive", TcpType::kPassive},
     {"so", TcpType::kSimultaneousOpen}}};

// Of ice-chars alone, and so long.
bool is_ice_text(std::string_view text, std::size_t least, std::size_t most) {
  auto is_ice_char = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
  };
  return text.size() >= least && text.size() <= most &&
         std::all_of(text.begin(), text.end(), is_ice_char);
}

std::optional<Endpoint> read_endpoint(std::string_view ip, std::string_view port,
                                      std::uint16_t least_port) {
  auto address = IpAddress::parse(ip);
  auto number = read_number<std::uint16_t>(port, least_port);
  if (!address || !number) return std::nullopt;
  return Endpoint{*address, *number};
}

// Nothing: to be skipped (ICE-03).
std::optional<IceCandidate> read_candidate(const Element& element, IceKind kind) {
  bool is_udp = kind == IceKind::kPseudoTcp;
  auto type = find_word(kIceTypes, element.attr("type"));
  auto tcp =
      is_udp ? std::optional(TcpType::kPassive) : find_word(kTcpTypes, element.attr("tcptype"));
  auto priority = read_number<std::uint32_t>(element.attr("priority"), 1, kMaxPriority);
  auto generation = element.has_attr("generation")
                        ? read_number<std::uint32_t>(element.attr("generation"), 0, kMaxGeneration)
                        : std::optional(0U);
  bool good = type && tcp && priority && generation && element.attr("component") == "1" &&
              element.attr("protocol") == (is_udp ? "udp" : "tcp") &&
              element.attr("id").size() <= kMaxId &&
              is_ice_text(element.attr("foundation"), 1, kMaxFoundation);
  if (!good) return std::nullopt;
  bool is_active = *tcp == TcpType::kActive;
  auto at = read_endpoint(element.attr("ip"), element.attr("port"),
                          is_active ? std::uint16_t{0} : std::uint16_t{1});
  if (!at) return std::nullopt;
  IceCandidate candidate;
  candidate.id = element.attr("id");
  candidate.foundation = element.attr("foundation");
  candidate.at = {at->ip, is_active ? std::uint16_t{0} : at->port};
  candidate.priority = *priority;
  candidate.type = *type;
  candidate.tcp = *tcp;
  candidate.generation = *generation;
  if (*type != IceType::kHost)
    candidate.related = read_endpoint(element.attr("rel-addr"), element.attr("rel-port"), 0);
  return candidate;
}

Element to_element(const IceCandidate& candidate, IceKind kind) {
  bool is_udp = kind == IceKind::kPseudoTcp;
  std::uint16_t port = candidate.tcp == TcpType::kActive ? kActivePort : candidate.at.port;
  Element element("candidate", ice_namespace(kind));
  element.set_attr("component", "1")
      .set_attr("foundation", candidate.foundation)
      .set_attr("generation", std::to_string(candidate.generation))
      .set_attr("id", candidate.id)
      .set_attr("ip", candidate.at.ip.text())
      .set_attr("network", "0")
      .set_attr("port", std::to_string(port))
      .set_attr("priority", std::to_string(candidate.priority))
      .set_attr("protocol", is_udp ? "udp" : "tcp");
  if (candidate.related) {
    element.set_attr("rel-addr", candidate.related->ip.text())
        .set_attr("rel-port", std::to_string(candidate.related->port));
  }
  if (!is_udp) element.set_attr("tcptype", word_of(kTcpTypes, candidate.tcp));
  element.set_attr("type", word_of(kIceTypes, candidate.type));
  return element;
}

tl::unexpected<Error> bad_request(std::string text) {
  return fail(Blame::kPeer, "bad-request", "ICE: " + std::move(text));
}

}  // namespace

std::string_view ice_namespace(IceKind kind) {
  return kind == IceKind::kTcp ? ns::kJingleIce : ns::kPseudoTcp;
}

std::string_view to_string(IceType type) { return word_of(kIceTypes, type); }

Element ice_transport(const IceWord& word, bool is_first, IceKind kind) {
  Element transport("transport", ice_namespace(kind));
  if (is_first) transport.set_attr("ice2", "true");
  transport.set_attr("pwd", word.credentials.pwd).set_attr("ufrag", word.credentials.ufrag);
  for (const IceCandidate& candidate : word.candidates) transport.add(to_element(candidate, kind));
  if (word.gathering_complete) transport.add(Element("gathering-complete", ice_namespace(kind)));
  return transport;
}

Result<IceWord> read_ice_transport(const Element& transport, std::size_t limit, IceKind kind) {
  const std::string_view ns = ice_namespace(kind);
  if (!transport.is("transport", ns)) return bad_request("not its transport");
  IceWord word;
  word.credentials = {std::string(transport.attr("ufrag")), std::string(transport.attr("pwd"))};
  bool is_named = transport.has_attr("ufrag") || transport.has_attr("pwd");
  bool is_good = is_ice_text(word.credentials.ufrag, kMinUfrag, kMaxCredential) &&
                 is_ice_text(word.credentials.pwd, kMinPwd, kMaxCredential);
  if (is_named && !is_good) return bad_request("no valid ufrag and pwd");
  word.gathering_complete = transport.child("gathering-complete", ns) != nullptr;
  for (const Element* child : transport.children()) {
    if (!child->is("candidate", ns)) continue;
    word.has_candidates = true;
    if (word.candidates.size() >= limit) break;
    auto candidate = read_candidate(*child, kind);
    bool is_known =
        candidate && std::any_of(word.candidates.begin(), word.candidates.end(),
                                 [&candidate](const IceCandidate& other) {
                                   return other.at == candidate->at && other.tcp == candidate->tcp;
                                 });
    if (candidate && !is_known) word.candidates.push_back(std::move(*candidate));
  }
  if (word.has_candidates && !is_named) return bad_request("candidates without ufrag and pwd");
  return word;
}

bool may_try(const AddressPolicy& policy, const IceCandidate& candidate) {
  bool is_relayed = candidate.type == IceType::kRelayed;
  switch (candidate.tcp) {
    case TcpType::kPassive:
      return may_connect(policy, candidate.at, is_relayed ? Target::kRelay : Target::kPeer);
    case TcpType::kActive:  // it comes to us, from a port that nobody knows yet
      return may_connect(policy, {candidate.at.ip, kFreePort}, Target::kPeer);
    case TcpType::kSimultaneousOpen:  // pairs with nothing here (ICE-03)
      break;
  }
  return false;
}

}  // namespace balcony
