// SPDX-License-Identifier: MIT
#include "transports/ice_tcp/library_sockets.h"

#include <dirent.h>
#include <linux/filter.h>
#include <net/if.h>
#include <sys/socket.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>
#include <vector>

#include "transports/net/system_address.h"

namespace balcony {
namespace {

bool has(int fd, int option, int value) {
  int found = 0;
  socklen_t size = sizeof found;
  return getsockopt(fd, SOL_SOCKET, option, &found, &size) == 0 && found == value;
}

std::vector<int> tcp_sockets() {
  std::vector<int> found;
  DIR* folder = opendir("/proc/self/fd");
  while (const dirent* entry = folder ? readdir(folder) : nullptr) {
    std::string_view name = entry->d_name;
    int fd = -1;
    bool is_number = std::from_chars(name.data(), name.data() + name.size(), fd).ec == std::errc();
    if (is_number && has(fd, SO_TYPE, SOCK_STREAM)) found.push_back(fd);
  }
  if (folder) closedir(folder);
  return found;
}

}  // namespace

std::optional<int> find_connection(const Endpoint& seen, const IpAddress& base,
                                   const Endpoint& theirs) {
  std::vector<int> to_them, from_base;
  for (int fd : tcp_sockets()) {
    if (remote_of(fd) != theirs) continue;
    auto local = local_of(fd);
    if (local == seen) return fd;
    to_them.push_back(fd);
    if (local && local->ip == base) from_base.push_back(fd);
  }
  const std::vector<int>& found = from_base.empty() ? to_them : from_base;
  return found.size() == 1 ? std::optional(found.front()) : std::nullopt;
}

bool hear_only_this_machine(const Endpoint& at) {
  constexpr auto kInterface = static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_IFINDEX);
  std::array<sock_filter, 4> program{{{BPF_LD | BPF_W | BPF_ABS, 0, 0, kInterface},
                                      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, if_nametoindex("lo")},
                                      {BPF_RET | BPF_K, 0, 0, UINT32_MAX},
                                      {BPF_RET | BPF_K, 0, 0, 0}}};
  sock_fprog filter{program.size(), program.data()};
  for (int fd : tcp_sockets()) {
    if (local_of(fd) == at && has(fd, SO_ACCEPTCONN, 1))
      return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) == 0;
  }
  return false;
}

}  // namespace balcony
