// SPDX-License-Identifier: MIT
#include "transports/socks5/gather.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace balcony {
namespace {

constexpr std::size_t kCidBits = 64;  // unique per sender; nothing hangs on its secrecy

std::optional<Candidate> tunnel_candidate(const std::string& text) {
  auto outside = read_host_and_port(text, 0);
  if (!outside || outside->port == 0) return std::nullopt;
  Candidate candidate;
  candidate.type = CandidateType::kTunnel;
  candidate.host = std::move(outside->host);
  candidate.port = outside->port;
  return candidate;
}

}  // namespace

Candidates open_doors(Socks5Entrance& entrance, const Network& network, const AddressPolicy& policy,
                      const std::string& tunnel, const Jid& local, Env& env) {
  Candidates ours;
  auto open = [&](Candidate candidate, const Endpoint& at) {
    candidate.cid = env.token(kCidBits);
    candidate.jid = local.full();
    auto opened = entrance.open(candidate.cid, at);
    if (!opened) return;
    if (candidate.host.empty()) {
      candidate.host = at.ip.text();
      candidate.port = opened->port;
    }
    ours.push_back(std::move(candidate));
  };
  for (const IpAddress& ip : addresses_to_show(policy, network.addresses())) open({}, {ip, 0});
  if (auto forwarded = tunnel_candidate(tunnel)) {
    std::uint16_t port = forwarded->port;
    open(std::move(*forwarded), {IpAddress::from_v4({0, 0, 0, 0}), port});
  }
  return ours;
}

std::unique_ptr<Gateway::Mapping> ask_gateway(Gateway& gateway, Socks5Entrance& entrance,
                                              const Network& network, const AddressPolicy& policy,
                                              const Jid& local, Env& env, Assisted done) {
  std::vector<IpAddress> shown = addresses_to_show(policy, network.addresses());
  std::optional<IpAddress> inside = gateway.inside();
  if (!inside || std::find(shown.begin(), shown.end(), *inside) == shown.end()) return nullptr;
  Candidate candidate;
  candidate.type = CandidateType::kAssisted;
  candidate.cid = env.token(kCidBits);
  candidate.jid = local.full();
  auto opened = entrance.open(candidate.cid, {*inside, 0});
  if (!opened) return nullptr;
  auto mapped = [candidate, policy, done = std::move(done)](const Result<Endpoint>& outside) {
    if (!outside || !may_show_outside(policy, *outside)) return done(std::nullopt);
    Candidate shown_outside = candidate;
    shown_outside.host = outside->ip.text();
    shown_outside.port = outside->port;
    done(std::move(shown_outside));
  };
  return gateway.map(opened->port, std::move(mapped));
}

void add_proxies(Candidates& ours, const std::vector<Socks5Proxy>& proxies,
                 const Candidates& theirs, Env& env) {
  for (const Socks5Proxy& proxy : proxies) {
    bool is_offered = std::any_of(theirs.begin(), theirs.end(), [&proxy](const Candidate& c) {
      return (c.host == proxy.host && c.port == proxy.port) || (c.is_proxy() && c.jid == proxy.jid);
    });
    if (is_offered) continue;
    Candidate& candidate = ours.emplace_back();
    candidate.cid = env.token(kCidBits);
    candidate.host = proxy.host;
    candidate.port = proxy.port;
    candidate.jid = proxy.jid;
    candidate.type = CandidateType::kProxy;
  }
}

}  // namespace balcony
