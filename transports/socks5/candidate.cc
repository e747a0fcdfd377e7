// SPDX-License-Identifier: MIT
#include "transports/socks5/candidate.h"

#include <algorithm>
#include <array>

#include "jingle/base/digest.h"
#include "jingle/base/ns.h"
#include "jingle/base/number.h"

namespace balcony {
namespace {

constexpr std::size_t kMaxId = 256;    // octets of sid and cid; SECURITY.md's limit for names
constexpr std::size_t kMaxHost = 255;  // of a domain name (RFC 1035)
constexpr std::size_t kMaxName = 255;  // DST.ADDR has one octet for its length

struct TypeRow {
  CandidateType type;
  std::string_view word;
  std::uint32_t preference;
};
constexpr std::array<TypeRow, 4> kTypes{{{CandidateType::kDirect, "direct", 126},
                                         {CandidateType::kAssisted, "assisted", 120},
                                         {CandidateType::kTunnel, "tunnel", 110},
                                         {CandidateType::kProxy, "proxy", 10}}};

const TypeRow& row_of(CandidateType type) {
  return *std::find_if(kTypes.begin(), kTypes.end(),
                       [type](const TypeRow& row) { return row.type == type; });
}

bool is_id(std::string_view text) { return !text.empty() && text.size() <= kMaxId; }

bool is_socks5(const Element& element) { return element.is("transport", ns::kJingleSocks5); }

Element to_element(const Candidate& candidate) {
  return Element("candidate", ns::kJingleSocks5)
      .set_attr("cid", candidate.cid)
      .set_attr("host", candidate.host)
      .set_attr("jid", candidate.jid)
      .set_attr("port", std::to_string(candidate.port))
      .set_attr("priority", std::to_string(candidate.priority))
      .set_attr("type", row_of(candidate.type).word);
}

// Nothing: to be skipped (S5B-02).
std::optional<Candidate> read_candidate(const Element& element) {
  Candidate candidate;
  candidate.cid = element.attr("cid");
  candidate.host = element.attr("host");
  auto jid = Jid::parse(element.attr("jid"));
  auto priority = read_number<std::uint32_t>(element.attr("priority"), 1);
  bool good = is_id(candidate.cid) && !candidate.host.empty() &&
              candidate.host.size() <= kMaxHost && jid && priority;
  if (!good) return std::nullopt;
  candidate.jid = jid->full();
  candidate.priority = *priority;
  if (element.has_attr("port")) {
    auto port = read_number<std::uint16_t>(element.attr("port"), 1);
    if (!port) return std::nullopt;
    candidate.port = *port;
  }
  if (!element.has_attr("type")) return candidate;
  for (const TypeRow& row : kTypes) {
    candidate.type = row.type;
    if (row.word == element.attr("type")) return candidate;
  }
  return std::nullopt;
}

Candidates read_candidates(const Element& transport, std::size_t limit) {
  Candidates candidates;
  for (const Element* child : transport.children()) {
    if (candidates.size() >= limit) break;
    if (!child->is("candidate", ns::kJingleSocks5)) continue;
    auto candidate = read_candidate(*child);
    if (candidate && !find_candidate(candidates, candidate->cid))
      candidates.push_back(std::move(*candidate));
  }
  return candidates;
}

tl::unexpected<Error> bad_request(std::string text) {
  return fail(Blame::kPeer, "bad-request", "SOCKS5: " + std::move(text));
}

}  // namespace

const Candidate* find_candidate(const Candidates& candidates, std::string_view cid) {
  auto found = std::find_if(candidates.begin(), candidates.end(),
                            [cid](const Candidate& candidate) { return candidate.cid == cid; });
  return found == candidates.end() ? nullptr : &*found;
}

Element socks5_transport(const Socks5Offer& offer, bool with_mode) {
  Element transport("transport", ns::kJingleSocks5);
  transport.set_attr("sid", offer.sid);
  if (with_mode) transport.set_attr("mode", "tcp");
  transport.set_attr("dstaddr", offer.dstaddr);
  for (const Candidate& candidate : offer.candidates) transport.add(to_element(candidate));
  return transport;
}

Result<Socks5Offer> read_socks5_offer(const Element& transport, std::size_t limit) {
  if (!is_socks5(transport)) return bad_request("not its transport");
  Socks5Offer offer;
  offer.sid = transport.attr("sid");
  if (transport.has_attr("sid") && !is_id(offer.sid)) return bad_request("no valid sid");
  std::string_view mode = transport.attr("mode");
  if (mode == "udp")
    return fail(Blame::kPeer, "unsupported-transports", "SOCKS5: datagrams carry no stream");
  if (transport.has_attr("mode") && mode != "tcp") return bad_request("unknown mode");
  if (transport.attr("dstaddr").size() <= kMaxName) offer.dstaddr = transport.attr("dstaddr");
  offer.candidates = read_candidates(transport, limit);
  return offer;
}

Element socks5_info(std::string_view sid, const Socks5Info& info) {
  Element transport("transport", ns::kJingleSocks5);
  transport.set_attr("sid", sid);
  auto add = [&transport](std::string_view name, std::string_view cid = {}) {
    Element child(name, ns::kJingleSocks5);
    if (!cid.empty()) child.set_attr("cid", cid);
    transport.add(std::move(child));
  };
  if (auto* used = std::get_if<CandidateUsed>(&info)) add("candidate-used", used->cid);
  if (std::holds_alternative<CandidateError>(info)) add("candidate-error");
  if (auto* activated = std::get_if<Activated>(&info)) add("activated", activated->cid);
  if (std::holds_alternative<ProxyError>(info)) add("proxy-error");
  if (auto* candidates = std::get_if<Candidates>(&info))
    for (const Candidate& candidate : *candidates) transport.add(to_element(candidate));
  return transport;
}

Result<Socks5Info> read_socks5_info(const Element& transport, std::size_t limit) {
  if (!is_socks5(transport)) return bad_request("not its transport");
  auto child = [&transport](std::string_view name) {
    return transport.child(name, ns::kJingleSocks5);
  };
  const Element* used = child("candidate-used");
  const Element* activated = child("activated");
  int reports = (used ? 1 : 0) + (activated ? 1 : 0) + (child("candidate-error") ? 1 : 0) +
                (child("proxy-error") ? 1 : 0);
  if (reports > 1) return bad_request("more than one report");
  if (used && is_id(used->attr("cid"))) return CandidateUsed{std::string(used->attr("cid"))};
  if (activated && activated->attr("cid").size() <= kMaxId)
    return Activated{std::string(activated->attr("cid"))};
  if (child("candidate-error")) return CandidateError{};
  if (child("proxy-error")) return ProxyError{};
  if (child("candidate")) return read_candidates(transport, limit);
  return bad_request("a transport-info that says nothing");
}

std::string socks5_name(std::string_view sid, const Jid& provider, const Jid& other) {
  return hex(sha1(std::string(sid) + provider.full() + other.full()));
}

void prioritise(Candidates& ours, const Candidates& taken, Env& env) {
  constexpr std::uint32_t kTop = 65535, kStep = 1024;  // room for 64 candidates, random within
  std::uint32_t start = kTop;
  for (Candidate& candidate : ours) {
    Bytes chance = env.random(2);
    std::uint32_t within =
        static_cast<unsigned char>(chance[0]) * 4U + static_cast<unsigned char>(chance[1]) % 4U;
    std::uint32_t type = row_of(candidate.type).preference << 16;
    auto is_taken = [&taken](std::uint32_t priority) {
      return std::any_of(taken.begin(), taken.end(),
                         [priority](const Candidate& c) { return c.priority == priority; });
    };
    while (is_taken(type + start - within)) within = (within + 1) % kStep;
    candidate.priority = type + start - within;
    if (start >= 2 * kStep) start -= kStep;
  }
}

}  // namespace balcony
