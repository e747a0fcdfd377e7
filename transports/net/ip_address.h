// SPDX-License-Identifier: MIT
// IPv4 and IPv6 addresses: read from literals, printed, and sorted into the kinds that rules speak
// of (S5B-21, SECURITY.md). Values without state. Names are never looked up here (resolver.h).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace balcony {

class IpAddress {
 public:
  enum class Kind {
    kUnspecified,  // 0.0.0.0/8, ::
    kLoopback,     // 127.0.0.0/8, ::1
    kLinkLocal,    // 169.254.0.0/16, fe80::/10
    kMulticast,    // 224.0.0.0/4, ff00::/8
    kBroadcast,    // 255.255.255.255
    kReserved,     // 240.0.0.0/4, and what is deprecated: ::/96
    kPrivate,      // RFC 1918, and 100.64.0.0/10 behind a provider's NAT
    kUniqueLocal,  // fc00::/7, and the old fec0::/10
    kGlobal,
  };

  // Strict, as inet_pton: no names, brackets, zones, ports, blanks or leading zeros.
  static std::optional<IpAddress> parse(std::string_view literal);
  static IpAddress from_v4(const std::array<std::uint8_t, 4>& octets);
  // An IPv4 address in IPv6 dress (::ffff:192.0.2.1) becomes the IPv4 address.
  static IpAddress from_v6(const std::array<std::uint8_t, 16>& octets);

  bool is_v4() const { return is_v4_; }
  // In network order; of an IPv4 address the first four count.
  const std::array<std::uint8_t, 16>& octets() const { return octets_; }
  std::string text() const;  // without brackets

  // An IPv6 address that a gateway turns into an IPv4 one (NAT64, 6to4) is what that is, if that is
  // not global.
  Kind kind() const;
  // That IPv4 address.
  std::optional<IpAddress> v4_inside() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  IpAddress() = default;
  bool starts_with(std::initializer_list<std::uint8_t> prefix) const;
  Kind kind_of_v4() const;

  bool is_v4_ = true;
  std::array<std::uint8_t, 16> octets_{};
};

// Where a TCP socket is, or should go.
struct Endpoint {
  IpAddress ip;
  std::uint16_t port = 0;

  std::string text() const;  // 192.0.2.1:5222, [2001:db8::1]:5222
  auto operator<=>(const Endpoint&) const = default;
};

// What a user names.
struct HostAndPort {
  std::string host;  // a name or an address, without brackets
  std::uint16_t port = 0;
};
// host, host:port, 192.0.2.1, 2001:db8::1, [2001:db8::1]:port. Without a port it is `otherwise`.
// Nothing if it is not one of these.
std::optional<HostAndPort> read_host_and_port(std::string_view text, std::uint16_t otherwise);

}  // namespace balcony
