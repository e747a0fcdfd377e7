// SPDX-License-Identifier: MIT
#include "transports/ice_tcp/library_sockets.h"

#include <dirent.h>
#include <linux/filter.h>
#include <sys/socket.h>

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

sock_filter step(int code, std::uint32_t value, std::uint8_t if_so = 0, std::uint8_t if_not = 0) {
  return {static_cast<std::uint16_t>(code), if_so, if_not, value};
}

// Lets pass what comes from `ip`: its words are compared with those of the packet's source.
std::vector<sock_filter> only_from(const IpAddress& ip) {
  std::size_t words = ip.is_v4() ? 1 : 4;
  std::uint32_t source = static_cast<std::uint32_t>(SKF_NET_OFF) + (ip.is_v4() ? 12 : 8);
  std::vector<sock_filter> program;
  for (std::size_t i = 0; i < words; ++i) {
    std::uint32_t word = 0;
    for (std::size_t octet = 0; octet < 4; ++octet) word = word << 8 | ip.octets()[4 * i + octet];
    auto to_refusal = static_cast<std::uint8_t>(2 * (words - 1 - i) + 1);
    program.push_back(step(BPF_LD | BPF_W | BPF_ABS, source + 4 * static_cast<std::uint32_t>(i)));
    program.push_back(step(BPF_JMP | BPF_JEQ | BPF_K, word, 0, to_refusal));
  }
  program.push_back(step(BPF_RET | BPF_K, UINT32_MAX));
  program.push_back(step(BPF_RET | BPF_K, 0));
  return program;
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

bool hear_only_ourselves(const Endpoint& at) {
  std::vector<sock_filter> program = only_from(at.ip);
  sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  for (int fd : tcp_sockets()) {
    if (local_of(fd) == at && has(fd, SO_ACCEPTCONN, 1))
      return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) == 0;
  }
  return false;
}

}  // namespace balcony
