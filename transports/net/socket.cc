// SPDX-License-Identifier: MIT
#include "transports/net/socket.h"

#include <linux/sockios.h>
#include <linux/tcp.h>  // has more of tcp_info than netinet/tcp.h
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "transports/net/system_address.h"

namespace balcony {
namespace {

// C-11: seconds idle before the first probe, between probes, probes.
constexpr int kKeepIdle = 5, kKeepInterval = 3, kKeepProbes = 3;

void set_option(int fd, int level, int name, int value) {
  setsockopt(fd, level, name, &value, sizeof value);  // what it refuses, it goes without
}

}  // namespace

Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Result<Socket> Socket::open(bool v4) {
  int fd = socket(v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return tl::make_unexpected(connection_error(errno));
  return Socket(fd);
}

void Socket::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

int Socket::connect(const Endpoint& target) const {
  SystemAddress address = to_system(target);
  return ::connect(fd_, address.get(), address.size) == 0 ? 0 : errno;
}

int Socket::pending_error() const {
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

// IPv6 sockets keep to IPv6, so that both families can have the same port.
Result<void> Socket::listen(const Endpoint& at, int backlog) const {
  set_option(fd_, SOL_SOCKET, SO_REUSEADDR, 1);
  if (!at.ip.is_v4()) set_option(fd_, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  SystemAddress address = to_system(at);
  if (bind(fd_, address.get(), address.size) == 0 && ::listen(fd_, backlog) == 0) return {};
  std::error_code code(errno, std::generic_category());
  return fail(Blame::kEnvironment, "connectivity-error",
              "cannot listen on " + at.text() + ": " + code.message());
}

tl::expected<Socket, int> Socket::accept() const {
  int fd = accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return tl::make_unexpected(errno);
  return Socket(fd);
}

void Socket::set_stream_options() const {
  set_option(fd_, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd_, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd_, IPPROTO_TCP, TCP_KEEPIDLE, kKeepIdle);
  set_option(fd_, IPPROTO_TCP, TCP_KEEPINTVL, kKeepInterval);
  set_option(fd_, IPPROTO_TCP, TCP_KEEPCNT, kKeepProbes);
}

void Socket::set_user_timeout(Duration timeout) const {
  bool is_settable = timeout <= 24h;  // a number of milliseconds that fits
  set_option(fd_, IPPROTO_TCP, TCP_USER_TIMEOUT, is_settable ? static_cast<int>(timeout / 1ms) : 0);
}

Socket::Progress Socket::progress() const {
  tcp_info info{};
  socklen_t size = sizeof info;
  getsockopt(fd_, IPPROTO_TCP, TCP_INFO, &info, &size);
  int left = 0;
  ioctl(fd_, SIOCOUTQ, &left);
  // The last counts the others' cases too, but also what was answered; some it counts alone.
  unsigned unanswered = std::max({info.tcpi_probes, info.tcpi_retransmits, info.tcpi_backoff});
  return {.left = static_cast<std::size_t>(left),
          .in_flight = info.tcpi_unacked,
          .room = info.tcpi_snd_wnd,
          .acknowledged = info.tcpi_bytes_acked,
          .unanswered = unanswered,
          .heard = info.tcpi_segs_in};
}

std::optional<Endpoint> Socket::local() const { return local_of(fd_); }

std::optional<Endpoint> Socket::remote() const { return remote_of(fd_); }

Error connection_error(int error_number) {
  std::string text = std::error_code(error_number, std::generic_category()).message();
  if (error_number == ECONNRESET || error_number == EPIPE) text = "the peer broke it off";
  if (error_number == ETIMEDOUT) text = "the other machine does not answer";
  if (error_number == EMFILE || error_number == ENFILE) text = "no more files can be opened";
  return {Blame::kEnvironment, "connectivity-error", "the connection failed: " + text};
}

}  // namespace balcony
