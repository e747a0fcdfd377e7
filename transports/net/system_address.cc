// SPDX-License-Identifier: MIT
#include "transports/net/system_address.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace balcony {

SystemAddress to_system(const Endpoint& endpoint) {
  SystemAddress address;
  const auto& octets = endpoint.ip.octets();
  if (endpoint.ip.is_v4()) {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(endpoint.port);
    std::copy_n(octets.begin(), 4, reinterpret_cast<std::uint8_t*>(&v4->sin_addr));
    address.size = sizeof *v4;
  } else {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(endpoint.port);
    std::copy_n(octets.begin(), 16, reinterpret_cast<std::uint8_t*>(&v6->sin6_addr));
    address.size = sizeof *v6;
  }
  return address;
}

std::optional<Endpoint> from_system(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    std::array<std::uint8_t, 4> octets{};
    std::copy_n(reinterpret_cast<const std::uint8_t*>(&v4.sin_addr), 4, octets.begin());
    return Endpoint{IpAddress::from_v4(octets), ntohs(v4.sin_port)};
  }
  if (address.sa_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    std::array<std::uint8_t, 16> octets{};
    std::copy_n(reinterpret_cast<const std::uint8_t*>(&v6.sin6_addr), 16, octets.begin());
    return Endpoint{IpAddress::from_v6(octets), ntohs(v6.sin6_port)};
  }
  return std::nullopt;
}

std::optional<Endpoint> local_of(int fd) {
  SystemAddress address;
  if (getsockname(fd, address.get(), &address.size) != 0) return std::nullopt;
  return from_system(*address.get());
}

std::optional<Endpoint> remote_of(int fd) {
  SystemAddress address;
  if (getpeername(fd, address.get(), &address.size) != 0) return std::nullopt;
  return from_system(*address.get());
}

}  // namespace balcony
