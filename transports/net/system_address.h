// SPDX-License-Identifier: MIT
// Addresses in the system's form and in ours, and those of a descriptor's two ends. For the few
// files that talk to the system's sockets, or to a library that does.
#pragma once

#include <sys/socket.h>

#include <optional>

#include "transports/net/ip_address.h"

namespace balcony {

struct SystemAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

SystemAddress to_system(const Endpoint& endpoint);
// Nothing for other families than the two of IP.
std::optional<Endpoint> from_system(const sockaddr& address);

// Nothing if `fd` has no such end, or not one of IP.
std::optional<Endpoint> local_of(int fd);
std::optional<Endpoint> remote_of(int fd);

}  // namespace balcony
