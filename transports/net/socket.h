// SPDX-License-Identifier: MIT
// TCP sockets as values: a descriptor with one owner, what it is set to, and where its ends are.
// All sockets are non-blocking and closed on exec.
#pragma once

#include <optional>
#include <utility>

#include "jingle/base/env.h"
#include "jingle/base/result.h"
#include "transports/net/ip_address.h"

namespace balcony {

class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd) : fd_(fd) {}  // takes it over
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept;
  ~Socket() { close(); }

  // The system's refusal as an error, such as no free descriptor.
  static Result<Socket> open(bool v4);

  bool is_open() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  void close();

  // Starts to connect; 0, or EINPROGRESS, or the system's error number.
  int connect(const Endpoint& target) const;
  // What became of it, once the socket is writable: 0 or an error number.
  int pending_error() const;
  Result<void> listen(const Endpoint& at, int backlog) const;
  // The next connection, or the error number that accept gave.
  tl::expected<Socket, int> accept() const;

  // No Nagle, and C-11: an idle peer is asked after 5 s, and is dead after 14 s without an answer.
  void set_stream_options() const;
  // After so long without progress the system gives the connection up; 0: as it sees fit, and so
  // for more than a day.
  void set_user_timeout(Duration timeout) const;

  // How it stands with what the system has not got rid of.
  struct Progress {
    std::size_t left = 0;            // octets; none: the peer has acknowledged all
    unsigned in_flight = 0;          // packets sent and not acknowledged; none: no room for more
    unsigned room = 0;               // octets that the peer said it would take
    std::uint64_t acknowledged = 0;  // octets, since the connection was made
    unsigned unanswered = 0;         // how often it was sent again, or asked whether it has room
    unsigned heard = 0;              // packets that came, since then, modulo 2^32
  };
  Progress progress() const;

  std::optional<Endpoint> local() const;
  std::optional<Endpoint> remote() const;

 private:
  int fd_ = -1;
};

// Why a connection could not be made or was lost, for people.
Error connection_error(int error_number);

}  // namespace balcony
