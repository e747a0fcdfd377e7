// SPDX-License-Identifier: MIT
// The outbound half of an in-band bytestream: cuts what is written into numbered blocks, keeps a
// window of them in flight, waits a little to fill them, and repeats one that was not delivered
// (XEP-0047 section 2.2; IBB-08, -12 to -14, -19, C-13). Driven by IbbSession, passive.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "jingle/base/bytes.h"
#include "jingle/base/env.h"
#include "transports/ibb/ack_window.h"
#include "transports/ibb/ibb_session.h"

namespace balcony {

class BlockSender {
 public:
  BlockSender(const IbbSession::Config& config, const Env& env);

  void set_block_size(std::size_t octets) { block_size_ = octets; }
  std::size_t write(ByteView octets);
  void flush() { is_flushing_ = true; }  // nothing more is written: incomplete blocks go at once

  // The <data/> that may go now, if there is one; its reply is on_reply(tag).
  std::optional<Element> next(std::uint32_t tag);
  // An error: a block is missing at the peer, or may be, and the bytestream is lost.
  Result<void> on_reply(std::uint32_t tag, const Result<Element>& reply);

  void on_server_away();
  Result<void> on_server_resumed();

  bool is_flushed() const { return queue_.empty() && in_flight_.empty(); }
  bool take_writable();  // true once after a write() that took less, when half of the room is free
  Deadline next_deadline() const;

 private:
  struct Flight {
    std::uint32_t tag;  // 0: its request is over, but it did not arrive, or may not have
    std::uint16_t seq;
    Bytes octets;
    TimePoint sent;
    bool crossed = false;  // our server session broke meanwhile
  };

  bool may_send() const;
  bool waits_to_fill() const;
  bool is_undelivered(const Flight& flight, const Error& error) const;
  Result<void> retry_or_lose(Flight& flight, const Error& error);

  const Env& env_;
  std::string sid_;
  std::size_t block_size_, max_output_;
  Duration coalesce_;
  AckWindow window_;
  ByteQueue queue_;
  TimePoint fill_by_;  // when the incomplete block at the queue's end goes anyway
  std::deque<Flight> in_flight_;
  std::size_t octets_in_flight_ = 0;
  std::uint16_t next_seq_ = 0;  // wraps from 65535 to 0
  std::size_t retries_ = 0;     // of the one block in flight
  Deadline retry_at_;
  bool is_flushing_ = false;
  bool is_away_ = false;
  bool is_short_ = false;  // a write() took less
};

}  // namespace balcony
