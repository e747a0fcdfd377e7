// SPDX-License-Identifier: MIT
#include "transports/net/interfaces.h"

#include <ifaddrs.h>
#include <net/if.h>

#include <memory>

#include "transports/net/system_address.h"

namespace balcony {
namespace {

// More than any machine of a user has; a server with more shows some of them.
constexpr std::size_t kMaxInterfaceAddresses = 256;

}  // namespace

std::vector<InterfaceAddress> SystemInterfaces::addresses() const {
  std::vector<InterfaceAddress> found;
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return found;
  std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owned(list, freeifaddrs);
  for (const ifaddrs* entry = list; entry; entry = entry->ifa_next) {
    bool is_up = (entry->ifa_flags & IFF_UP) && (entry->ifa_flags & IFF_RUNNING);
    if (!is_up || !entry->ifa_addr || found.size() == kMaxInterfaceAddresses) continue;
    if (auto at = from_system(*entry->ifa_addr)) found.push_back({entry->ifa_name, at->ip});
  }
  return found;
}

}  // namespace balcony
