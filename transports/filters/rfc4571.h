// SPDX-License-Identifier: MIT
// Frames of RFC 4571 as ICE has them on TCP (RFC 6544 section 3; ICE-08): a length of 16 bits and
// that many octets, which are a STUN message or a piece of the stream.
#pragma once

#include <cstddef>

#include "jingle/base/bytes.h"

namespace balcony::rfc4571 {

inline constexpr std::size_t kLengthSize = 2;
inline constexpr std::size_t kStunHeader = 20;  // RFC 5389 section 6
inline constexpr std::size_t kStunKnown = 8;    // of it: type, length, cookie

inline std::size_t number_at(ByteView octets, std::size_t place) {
  return static_cast<std::size_t>(static_cast<unsigned char>(octets[place])) << 8 |
         static_cast<unsigned char>(octets[place + 1]);
}

Bytes framed(ByteView payload);  // at most 65535 octets

// Whether a frame of `size` octets that begins so, by kStunKnown or all of it, is a STUN message:
// no stream looks like it by chance but once in 2^50 frames, and ours never does.
bool is_stun(ByteView head, std::size_t size);

}  // namespace balcony::rfc4571
