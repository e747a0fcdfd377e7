// SPDX-License-Identifier: MIT
// A ByteStream inside the frames of RFC 4571, as ICE has it on TCP (RFC 6544 section 3; ICE-08):
// each frame is a length of 16 bits and that many octets. Frames that hold a STUN message are
// answered, all others are the stream, cut anywhere. Takes another ByteStream over.
//
// Memory: 256 KiB wait to be sent, then write() takes less; 64 KiB that nobody listens to are kept,
// then the peer has to wait; a STUN message is kept until it is whole (64 KiB). Answers that the
// peer does not fetch are dropped. A frame of ours that looked like STUN would be cut in two.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "jingle/byte_stream.h"
#include "transports/net/scheduler.h"

namespace balcony {

class Rfc4571Stream final : public ByteStream, private ByteStream::Listener {
 public:
  // The answer to a STUN message, without a frame; empty: none. Must not call the stream.
  using Answer = std::function<Bytes(ByteView message)>;

  struct Config {
    Answer answer;
    // What the first turn writes leaves as one frame, and nothing more until the peer has said
    // something: whoever reads it first may hand the connection over to another reader after it.
    bool first_frame_alone = false;
    Bytes received;  // of the stream, from before; the listener gets it first
  };

  // Owns `below`.
  Rfc4571Stream(std::unique_ptr<ByteStream> below, Scheduler& scheduler, const Env& env,
                Config config);
  ~Rfc4571Stream() override;

  void set_listener(ByteStream::Listener* listener) override;
  std::size_t write(ByteView octets) override;
  void close() override;

 private:
  // What is being read.
  enum class Part { kLength, kUndecided, kStun, kData };
  enum class Voice { kFree, kFirst, kHeld };  // see first_frame_alone

  void on_bytes(ByteView octets) override;
  void on_writable() override;
  void on_closed(std::optional<Error> error) override;

  void read(ByteView octets);
  void decide();
  void answer();
  void heard(ByteView octets);

  void turn();
  void pump();
  std::size_t frame_next(ByteView octets);
  void frame(ByteView payload);
  void send();
  void deliver();  // one call of the listener, which may destroy the stream
  void watch();
  bool has_more() const;
  bool is_writable_due() const;
  void turn_soon();

  std::unique_ptr<ByteStream> below_;
  const Config config_;
  Timer turn_;
  ByteStream::Listener* listener_ = nullptr;

  Part part_ = Part::kLength;
  std::size_t left_ = 0;  // of the present frame, not yet read
  Bytes head_;            // of a length, or of a frame that may be STUN
  Bytes input_;           // of the stream, not yet the listener's

  Voice voice_;
  ByteQueue output_;  // taken, without frames
  ByteQueue framed_;  // not yet taken by what is below
  bool is_short_ = false;
  bool is_paused_ = false;
  bool is_closing_ = false;
  bool is_below_closing_ = false;
  bool is_ended_ = false;
  std::optional<Error> error_;
};

}  // namespace balcony
