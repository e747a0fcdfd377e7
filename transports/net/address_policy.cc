// SPDX-License-Identifier: MIT
#include "transports/net/address_policy.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

namespace balcony {
namespace {

using Kind = IpAddress::Kind;

constexpr std::size_t kMaxShown = 16;  // as many as a peer tries (C-15)
constexpr std::uint16_t kFirstFreePort = 1024;

// Where clouds answer with a machine's secrets, outside the link-local ranges: AWS and GCP (IPv6),
// Alibaba, Oracle, Azure.
constexpr std::array<std::string_view, 5> kMetadata{
    "fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "192.0.0.192", "168.63.129.16"};

bool is_metadata(const IpAddress& named) {
  IpAddress ip = named.v4_inside().value_or(named);
  return std::any_of(kMetadata.begin(), kMetadata.end(),
                     [&](std::string_view text) { return IpAddress::parse(text) == ip; });
}

bool is_usable(const AddressPolicy& policy, const IpAddress& ip) {
  switch (ip.kind()) {
    case Kind::kLoopback:
      return policy.loopback;
    case Kind::kPrivate:
    case Kind::kUniqueLocal:
    case Kind::kGlobal:
      return !is_metadata(ip);
    case Kind::kUnspecified:
    case Kind::kLinkLocal:
    case Kind::kMulticast:
    case Kind::kBroadcast:
    case Kind::kReserved:
      break;
  }
  return false;
}

// The lower the better.
int rank(const IpAddress& ip) {
  if (ip.kind() == Kind::kLoopback) return 3;
  if (ip.is_v4()) return 1;
  return ip.kind() == Kind::kGlobal ? 0 : 2;
}

bool is_chosen(const AddressPolicy& policy, const std::string& interface) {
  const auto& names = policy.interfaces;
  return names.empty() || std::find(names.begin(), names.end(), interface) != names.end();
}

}  // namespace

bool may_connect(const AddressPolicy& policy, const Endpoint& to, Target target) {
  if (to.port == 0 || !is_usable(policy, to.ip)) return false;
  return to.port >= kFirstFreePort || target == Target::kRelay || policy.low_ports;
}

bool may_show_outside(const AddressPolicy& policy, const Endpoint& outside) {
  return outside.ip.kind() == Kind::kGlobal && may_connect(policy, outside, Target::kPeer);
}

std::vector<IpAddress> addresses_to_show(const AddressPolicy& policy,
                                         const std::vector<InterfaceAddress>& own) {
  std::vector<IpAddress> shown;
  for (const InterfaceAddress& address : own) {
    bool is_new = std::find(shown.begin(), shown.end(), address.ip) == shown.end();
    if (is_new && is_chosen(policy, address.interface) && is_usable(policy, address.ip))
      shown.push_back(address.ip);
  }
  std::stable_sort(shown.begin(), shown.end(),
                   [](const IpAddress& a, const IpAddress& b) { return rank(a) < rank(b); });
  if (shown.size() > kMaxShown) shown.erase(std::next(shown.begin(), kMaxShown), shown.end());
  return shown;
}

}  // namespace balcony
