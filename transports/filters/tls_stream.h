// SPDX-License-Identifier: MIT
// A ByteStream through TLS: takes another ByteStream over and runs a TlsEngine on it.
#pragma once

#include <memory>
#include <optional>

#include "jingle/byte_stream.h"
#include "jingle/security/tls_engine.h"
#include "transports/net/scheduler.h"

namespace balcony {

class TlsStream : public ByteStream {
 public:
  class HandshakeListener {
   public:
    // Reading pauses after the handshake until set_listener(): the key is judged meanwhile.
    virtual void on_handshake_done(const TlsEngine::HandshakeDone& done) = 0;
    virtual void on_handshake_failed(const Error& error) = 0;  // the last call

   protected:
    ~HandshakeListener() = default;
  };

  // Owns `below`. `handshake` is borrowed and called from the scheduler only.
  TlsStream(std::unique_ptr<ByteStream> below, Role role, const Identity& identity,
            Scheduler& scheduler, const Env& env, HandshakeListener* handshake);
  ~TlsStream() override;

  void set_listener(Listener* listener) override;
  std::size_t write(ByteView octets) override;
  void close() override;      // close_notify, then closes what is below
  void refuse_certificate();  // alert 42, then closes what is below
  // close() lets the peer's close_notify come, for at most 4 s, before it closes what is below: for
  // paths that take nothing more from a side to which the other has closed.
  void set_closes_last();
  // Whether all that was written has left (close_notify aside), and whether the peer's close_notify
  // has come. Also after on_closed.
  bool is_flushed() const;
  bool has_goodbye() const;
  void on_server_session(ServerSession state) override;
  std::size_t received_overhead() const override;

  // Octets received from below in all, with what the path counts beside them (C-09): for the limits
  // and the counters. A handshake that takes more than 64 KiB fails by itself.
  std::size_t raw_received() const;

 private:
  class Channel;
  std::unique_ptr<Channel> channel_;
};

}  // namespace balcony
