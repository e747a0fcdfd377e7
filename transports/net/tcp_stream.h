// SPDX-License-Identifier: MIT
// A connected TCP socket as a ByteStream, driven by the reactor.
//
// Memory: at most 256 KiB wait to be sent, then write() takes less; nothing that was received waits
// here but what unread() put back: the kernel's buffer does, and then the peer. An idle stream
// holds no buffer. Octets that one turn writes leave together, big ones at once.
//
// The end: close() sends what was taken, then FIN, and waits for the peer's, 5 s at most. The
// peer's FIN is the same the other way round: what was taken is sent, then it is over (the
// streams above close both ways first, JGL-33). A reset tells on_closed why.
//
// A peer that does not answer for about 14 s is lost (C-11). One that answers and reads little or
// nothing is not: its user may have stopped it. Should it vanish while it does, three unanswered
// questions tell. They are 14 s apart, so 45 s; up to 2 minutes apart where it had no room before.
#pragma once

#include <optional>

#include "jingle/byte_stream.h"
#include "transports/net/fd_watch.h"
#include "transports/net/peer_watch.h"
#include "transports/net/scheduler.h"
#include "transports/net/socket.h"

namespace balcony {

class TcpStream final : public ByteStream, private FdWatch::Listener {
 public:
  // Takes a connected socket over and sets its options (C-11). `reactor` and `env` are borrowed.
  TcpStream(Socket socket, Reactor& reactor, const Env& env);

  void set_listener(ByteStream::Listener* listener) override;
  std::size_t write(ByteView octets) override;
  void close() override;

  // Puts octets back that came behind what the listener wanted, such as the end of a handshake: the
  // next listener gets them first, then what else comes.
  void unread(ByteView octets);

  // Where the ends are; nothing if the connection broke before the stream was made.
  const std::optional<Endpoint>& local() const { return local_; }
  const std::optional<Endpoint>& remote() const { return remote_; }

 private:
  void on_ready(bool readable, bool writable) override;

  void turn_soon();
  void turn();
  void flush();
  std::size_t send(ByteView octets);
  void finish_sending();
  void on_linger_over();
  void look_at_peer();
  void watch();
  void deliver();  // one call of the listener, which may destroy the stream
  void read();     // the same
  void end(std::optional<Error> error);
  void fail(int error_number);
  bool is_readable() const { return listener_ && unread_.empty() && !is_eof_ && !is_ended_; }
  bool is_writable_due() const;

  Socket socket_;
  const Env& env_;
  std::optional<Endpoint> local_, remote_;
  FdWatch watch_;
  Timer turn_, linger_, look_;
  ByteStream::Listener* listener_ = nullptr;
  Bytes unread_;
  PeerWatch peer_;
  ByteQueue output_;            // taken, not yet the kernel's
  bool is_blocked_ = false;     // the kernel's buffer is full
  bool is_short_ = false;       // a write() took less
  bool is_closing_ = false;     // nothing more is taken
  bool is_shut_ = false;        // our FIN is on its way
  bool is_eof_ = false;         // the peer's FIN, or a reset, was read
  bool is_ended_ = false;       // only the last call is left
  std::optional<Error> error_;  // why it broke
};

}  // namespace balcony
