// SPDX-License-Identifier: MIT
#include "transports/net/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>

#include "jingle/base/number.h"

namespace balcony {

std::optional<IpAddress> IpAddress::parse(std::string_view literal) {
  std::string text(literal);
  if (text.find('\0') != std::string::npos) return std::nullopt;
  std::array<std::uint8_t, 4> v4{};
  if (inet_pton(AF_INET, text.c_str(), v4.data()) == 1) return from_v4(v4);
  std::array<std::uint8_t, 16> v6{};
  if (inet_pton(AF_INET6, text.c_str(), v6.data()) == 1) return from_v6(v6);
  return std::nullopt;
}

IpAddress IpAddress::from_v4(const std::array<std::uint8_t, 4>& octets) {
  IpAddress address;
  std::copy(octets.begin(), octets.end(), address.octets_.begin());
  return address;
}

IpAddress IpAddress::from_v6(const std::array<std::uint8_t, 16>& octets) {
  IpAddress address;
  address.is_v4_ = false;
  address.octets_ = octets;
  if (address.starts_with({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}))
    return from_v4({octets[12], octets[13], octets[14], octets[15]});
  return address;
}

std::string IpAddress::text() const {
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(is_v4_ ? AF_INET : AF_INET6, octets_.data(), text, sizeof text);
  return text;
}

IpAddress::Kind IpAddress::kind() const {
  if (is_v4_) return kind_of_v4();
  if (starts_with({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})) {
    bool is_short = octets_[12] == 0 && octets_[13] == 0 && octets_[14] == 0;
    if (is_short && octets_[15] == 0) return Kind::kUnspecified;
    return is_short && octets_[15] == 1 ? Kind::kLoopback : Kind::kReserved;
  }
  if (octets_[0] == 0xff) return Kind::kMulticast;
  if ((octets_[0] & 0xfe) == 0xfc) return Kind::kUniqueLocal;
  if (octets_[0] == 0xfe && (octets_[1] & 0xc0) == 0x80) return Kind::kLinkLocal;
  if (octets_[0] == 0xfe && (octets_[1] & 0xc0) == 0xc0) return Kind::kUniqueLocal;
  std::optional<IpAddress> inside = v4_inside();
  return inside ? inside->kind() : Kind::kGlobal;
}

IpAddress::Kind IpAddress::kind_of_v4() const {
  if (octets_[0] == 0) return Kind::kUnspecified;
  if (octets_[0] == 127) return Kind::kLoopback;
  if (starts_with({169, 254})) return Kind::kLinkLocal;
  if (starts_with({255, 255, 255, 255})) return Kind::kBroadcast;
  if (octets_[0] >= 240) return Kind::kReserved;
  if (octets_[0] >= 224) return Kind::kMulticast;
  bool is_private = octets_[0] == 10 || (octets_[0] == 172 && (octets_[1] & 0xf0) == 16) ||
                    starts_with({192, 168}) || (octets_[0] == 100 && (octets_[1] & 0xc0) == 64);
  return is_private ? Kind::kPrivate : Kind::kGlobal;
}

std::optional<IpAddress> IpAddress::v4_inside() const {
  std::array<std::uint8_t, 4> v4{};
  if (starts_with({0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) {  // RFC 6052: NAT64
    std::copy_n(octets_.begin() + 12, 4, v4.begin());
  } else if (starts_with({0x20, 0x02})) {  // RFC 3056: 6to4
    std::copy_n(octets_.begin() + 2, 4, v4.begin());
  } else {
    return std::nullopt;
  }
  return from_v4(v4);
}

bool IpAddress::starts_with(std::initializer_list<std::uint8_t> prefix) const {
  return std::equal(prefix.begin(), prefix.end(), octets_.begin());
}

std::optional<HostAndPort> read_host_and_port(std::string_view text, std::uint16_t otherwise) {
  if (IpAddress::parse(text)) return HostAndPort{std::string(text), otherwise};
  bool is_bracketed = text.starts_with('[');
  std::size_t end = is_bracketed ? text.find(']') : text.find(':');
  std::string_view host = text.substr(is_bracketed, end - is_bracketed), rest;
  if (end != std::string_view::npos) rest = text.substr(end + is_bracketed);
  bool is_host = is_bracketed
                     ? end != std::string_view::npos && IpAddress::parse(host).has_value()
                     : !host.empty() && host.find_first_of(" @/") == std::string_view::npos;
  auto port = rest.empty() ? otherwise : read_number<std::uint16_t>(rest.substr(1), 1);
  if (!is_host || !port || (!rest.empty() && rest[0] != ':')) return std::nullopt;
  return HostAndPort{std::string(host), *port};
}

std::string Endpoint::text() const {
  std::string host = ip.is_v4() ? ip.text() : '[' + ip.text() + ']';
  return host + ':' + std::to_string(port);
}

}  // namespace balcony
