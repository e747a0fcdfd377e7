// SPDX-License-Identifier: MIT
// Finds the client's connection to its server: neither Profanity nor libstrophe tells it.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <charconv>
#include <filesystem>
#include <string>
#include <system_error>

#include "plugin/profanity/waker.h"

namespace profanity_host {
namespace {

bool is_tcp_connection(int fd) {
  int type = 0;
  socklen_t size = sizeof type;
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM) return false;
  sockaddr_storage peer{};
  size = sizeof peer;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return false;
  return peer.ss_family == AF_INET || peer.ss_family == AF_INET6;
}

}  // namespace

std::vector<int> find_server_sockets() {
  std::vector<int> found;
  std::error_code ignored;  // without /proc there is none; the loop is then kept awake
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", ignored)) {
    std::string name = entry.path().filename();
    int fd = -1;
    std::from_chars(name.data(), name.data() + name.size(), fd);
    if (fd >= 0 && is_tcp_connection(fd)) found.push_back(fd);
  }
  int on = 1;
  if (found.size() == 1) setsockopt(found[0], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return found;
}

}  // namespace profanity_host
