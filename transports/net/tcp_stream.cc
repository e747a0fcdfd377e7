// SPDX-License-Identifier: MIT
#include "transports/net/tcp_stream.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace balcony {
namespace {

constexpr std::size_t kMaxUnsent = 256 * 1024;  // as much as TlsStream lets wait: a turn of it
constexpr std::size_t kReadPiece = 64 * 1024;   // four full TLS records a call
constexpr std::size_t kBigWrite = 16 * 1024;    // a full record: worth a call, not worth a copy
// For the last octets and the peer's FIN. Half of what the layer above waits for each step (C-08).
constexpr Duration kLinger = 5s;

bool would_block(int error_number) { return error_number == EAGAIN || error_number == EINTR; }

}  // namespace

TcpStream::TcpStream(Socket socket, Reactor& reactor, const Env& env)
    : socket_(std::move(socket)),
      env_(env),
      local_(socket_.local()),
      remote_(socket_.remote()),
      watch_(reactor, socket_.fd(), this),
      turn_(reactor, env),
      linger_(reactor, env),
      look_(reactor, env) {
  socket_.set_stream_options();
}

// ---- from above ----

void TcpStream::set_listener(ByteStream::Listener* listener) {
  listener_ = listener;
  if (listener_) turn_soon();
  watch();
}

std::size_t TcpStream::write(ByteView octets) {
  if (is_closing_ || is_eof_ || is_ended_ || error_) return 0;
  std::size_t sent = 0;
  if (output_.empty() && !is_blocked_ && octets.size() >= kBigWrite) sent = send(octets);
  octets.remove_prefix(sent);
  std::size_t kept = std::min(octets.size(), kMaxUnsent - output_.size());
  is_short_ = kept < octets.size();
  output_.append(octets.substr(0, kept));
  if (is_blocked_) {
    watch();
  } else {
    turn_soon();
  }
  return sent + kept;
}

void TcpStream::close() {
  if (is_closing_ || is_ended_) return;
  is_closing_ = true;
  linger_.set(env_.now() + kLinger, [this] { on_linger_over(); });
  turn_soon();
}

void TcpStream::unread(ByteView octets) {
  unread_.insert(0, octets);
  watch();
  turn_soon();
}

// ---- the socket ----

void TcpStream::on_ready(bool readable, bool writable) {
  if (writable) {
    is_blocked_ = false;
    flush();
  }
  if (readable && is_readable()) return read();
  deliver();
}

void TcpStream::turn_soon() {
  if (!turn_.is_set()) turn_.soon([this] { turn(); });
}

void TcpStream::turn() {
  if (!is_blocked_) flush();
  deliver();
}

void TcpStream::flush() {
  if (error_) output_.clear();
  while (!output_.empty() && !is_blocked_ && !error_) output_.consume(send(output_.view()));
  finish_sending();
  watch();
}

std::size_t TcpStream::send(ByteView octets) {
  ssize_t sent = ::send(socket_.fd(), octets.data(), octets.size(), MSG_NOSIGNAL);
  if (sent < 0 && !would_block(errno)) {
    fail(errno);
    return 0;
  }
  std::size_t taken = sent < 0 ? 0 : static_cast<std::size_t>(sent);
  is_blocked_ = taken < octets.size();
  if (!look_.is_set()) {
    peer_.begin(env_.now());
    look_.set(env_.now() + PeerWatch::kLook, [this] { look_at_peer(); });
  }
  return taken;
}

void TcpStream::finish_sending() {
  if (!(is_closing_ || is_eof_) || !output_.empty() || is_ended_) return;
  if (!std::exchange(is_shut_, true)) shutdown(socket_.fd(), SHUT_WR);
  if (is_eof_) end(std::move(error_));
}

void TcpStream::on_linger_over() {
  if (output_.empty()) {
    end(std::move(error_));  // all is sent; the peer just does not hang up
  } else {
    end(connection_error(ETIMEDOUT));
  }
  deliver();
}

void TcpStream::look_at_peer() {
  if (is_ended_) return;
  Socket::Progress progress = socket_.progress();
  PeerWatch::Verdict verdict = peer_.look(progress, is_readable(), env_.now());
  socket_.set_user_timeout(verdict.user_timeout);
  if (verdict.is_lost) {
    end(connection_error(ETIMEDOUT));
    deliver();
  } else if (progress.left > 0) {
    look_.set(env_.now() + PeerWatch::kLook, [this] { look_at_peer(); });
  }
}

// What broke while sending is told once what came before it has been read.
void TcpStream::fail(int error_number) {
  if (!error_) error_ = connection_error(error_number);
  output_.clear();
}

void TcpStream::end(std::optional<Error> error) {
  linger_.clear();
  is_ended_ = true;
  error_ = std::move(error);
  output_.clear();
  watch();
}

void TcpStream::watch() { watch_.want(is_readable(), is_blocked_ && !output_.empty()); }

// ---- to the listener ----

bool TcpStream::is_writable_due() const {
  return is_short_ && !is_closing_ && !is_eof_ && !is_ended_ && !error_ &&
         output_.size() <= kMaxUnsent / 2;
}

void TcpStream::deliver() {
  if (!listener_) return;
  if (!unread_.empty()) {
    Bytes octets = std::exchange(unread_, {});
    turn_soon();
    watch();
    return listener_->on_bytes(octets);
  }
  if (is_writable_due()) {
    is_short_ = false;
    return listener_->on_writable();
  }
  if (is_ended_) std::exchange(listener_, nullptr)->on_closed(std::exchange(error_, {}));
}

// The piece lies on the stack, so that no stream holds one, and it outlives us if need be.
void TcpStream::read() {
  char piece[kReadPiece];
  ssize_t count = recv(socket_.fd(), piece, sizeof piece, 0);
  if (count < 0 && would_block(errno)) return deliver();
  if (count > 0) {
    if (is_writable_due()) turn_soon();
    return listener_->on_bytes(ByteView(piece, static_cast<std::size_t>(count)));
  }
  is_eof_ = true;
  if (count < 0) fail(errno);
  if (!is_closing_) linger_.set(env_.now() + kLinger, [this] { on_linger_over(); });
  flush();
  deliver();
}

}  // namespace balcony
