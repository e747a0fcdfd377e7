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
  // What is below breaks off both ways when it is closed: close() lets the peer's close_notify come
  // first, for at most 4 s.
  void set_closes_last();
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
