// SPDX-License-Identifier: MIT
// The ICE library's pseudo-TCP as a ByteStream: ordered octets over UDP between the nominated pair,
// the way between two people who are both behind NATs (PROTOCOL.md section 0.1a). Owns the agent,
// in which it runs for as long as it lives. Driven by the reactor.
//
// That pseudo-TCP knows no end, no pause that it survives, and does not tell what has arrived. So
// the octets travel in records, which are ours: a letter, a length of 24 bits, and so much:
//   D  a piece of the stream, at most 16 KiB, and not nothing
//   W  of 4 octets: how many more of the stream have been read
//   F  the end: nothing of the stream follows
//   A  all up to the other's F has been read
//
// Memory: nobody is ahead of what the other one has read by more than 256 KiB; then write() takes
// less. So no more than that waits to be sent, or to be heard; the library itself is always read.
//
// The end is in order once both have said F and A; whoever says F ends the other direction too,
// once it has been read (the streams above close both ways first, JGL-33).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "jingle/byte_stream.h"
#include "transports/ice_tcp/ice_agent.h"
#include "transports/net/scheduler.h"

namespace balcony {

class PseudoTcpStream final : public ByteStream {
 public:
  // `agent` is connected. The rest is borrowed.
  PseudoTcpStream(std::unique_ptr<IceAgent> agent, Scheduler& scheduler, const Env& env);

  void set_listener(Listener* listener) override;
  std::size_t write(ByteView octets) override;
  void close() override;

 private:
  void turn_soon();
  void turn();
  void read();
  bool take_record();  // whether there was one
  void send();
  void put(char kind, ByteView payload);
  void finish();
  void linger(Duration time);  // then it ends, whatever is still missing
  void end(std::optional<Error> error);
  void deliver();
  bool is_writable_due() const;

  std::unique_ptr<IceAgent> agent_;
  const Env& env_;
  Timer turn_, linger_;
  Listener* listener_ = nullptr;
  ByteQueue output_;              // records that the library has not taken
  ByteQueue arrived_;             // records that are not whole
  Bytes input_;                   // of the stream, unheard
  std::size_t unread_there_ = 0;  // of what we said, as far as we were told
  std::size_t untold_ = 0;        // heard, and not yet told by W
  bool is_short_ = false;         // a write() took less
  bool is_closing_ = false;       // nothing more is taken; F is said
  bool is_read_there_ = false;    // A has come
  bool is_over_there_ = false;    // F has come
  bool is_read_here_ = false;     // A is said
  bool is_answering_ = false;     // F is said behind A: who has read the one has the other
  bool is_ended_ = false;         // only the last call is left
  std::optional<Error> error_;    // why it broke
};

}  // namespace balcony
