// SPDX-License-Identifier: MIT
// Ordered octets to and from the peer: TCP, in-band, ICE-TCP, or TLS over one of them. transports/
// implements it, plugin/link uses it.
//
// A ByteStream calls its listener only from the reactor, never from inside a call made on it
// (DESIGN.md, contract 2). Either side may be destroyed first, if the owner clears the listener.
#pragma once

#include <optional>

#include "jingle/base/bytes.h"
#include "jingle/base/result.h"

namespace balcony {

class ByteStream {
 public:
  class Listener {
   public:
    virtual void on_bytes(ByteView octets) = 0;  // the view lives for the length of the call
    virtual void on_writable() = 0;              // after a write() that took less than it was given
    // The last call. Nothing: the peer closed in order (for TLS: with close_notify). Otherwise why
    // the stream was lost.
    virtual void on_closed(std::optional<Error> error) = 0;

   protected:
    ~Listener() = default;
  };

  virtual ~ByteStream() = default;  // cuts what is still open, without a goodbye

  // Null pauses reading, and with it the peer: what arrives waits within bounds. Octets that came
  // before the first listener are kept (at least 64 KiB, PROTOCOL.md section 2).
  virtual void set_listener(Listener* listener) = 0;

  // Takes as many octets as there is room for, from the front, and returns how many. Less than all:
  // wait for on_writable. All writes of one reactor turn leave together.
  virtual std::size_t write(ByteView octets) = 0;

  // Closes in order once all taken octets are out; on_closed follows when that is done, or has
  // failed. No octets are taken after it.
  virtual void close() = 0;

  // What became of our session with the server, whose stanzas carry an in-band path (JGL-37). Every
  // other path goes on by itself.
  enum class ServerSession { kAway, kResumed, kLost };  // kLost: a new login took its place
  virtual void on_server_session(ServerSession /*state*/) {}

  // What counts against an unauthenticated peer beside its octets: 64 for each in-band block
  // (C-09).
  virtual std::size_t received_overhead() const { return 0; }
};

}  // namespace balcony
