// SPDX-License-Identifier: MIT
// The inbound half of an in-band bytestream: checks number, size and base64 of each block, and
// holds its acknowledgement back while the owner is behind (XEP-0047 section 2.2; IBB-08 to -11).
// Driven by IbbSession, passive.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "jingle/base/env.h"
#include "jingle/base/stanza.h"
#include "transports/ibb/ibb_session.h"

namespace balcony {

class BlockReceiver {
 public:
  BlockReceiver(const IbbSession::Config& config, const Env& env);

  void set_block_size(std::size_t octets) { block_size_ = octets; }

  // The octets of a request with <data/>, whose result next_result() gives when there is room. Or
  // the answer that it gets instead; then the bytestream is broken.
  tl::expected<Bytes, StanzaError> on_data(const Element& iq, const Element& data);
  void consumed(std::size_t octets);
  void release() { is_released_ = true; }  // it ends: all held results may go

  std::optional<Element> next_result();
  Deadline next_deadline() const;

  std::size_t blocks() const { return blocks_; }

 private:
  struct Held {
    Element result;
    TimePoint until;
  };

  bool is_full() const { return unconsumed_ > max_input_; }
  bool has_room(std::size_t octets) const;

  const Env& env_;
  std::size_t block_size_, max_input_, max_excess_;
  Duration hold_;
  std::uint16_t expected_seq_ = 0;  // wraps from 65535 to 0
  std::size_t blocks_ = 0;
  std::size_t unconsumed_ = 0;
  std::deque<Held> held_;
  bool is_overdue_ = false;  // a result went although there was no room: no further block is taken
  bool is_released_ = false;
};

}  // namespace balcony
