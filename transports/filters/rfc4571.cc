// SPDX-License-Identifier: MIT
#include "transports/filters/rfc4571.h"

namespace balcony::rfc4571 {
namespace {

constexpr ByteView kStunCookie("\x21\x12\xa4\x42", 4);

}  // namespace

Bytes framed(ByteView payload) {
  Bytes frame;
  frame.reserve(kLengthSize + payload.size());
  frame += static_cast<char>(payload.size() >> 8);
  frame += static_cast<char>(payload.size() & 0xFF);
  frame += payload;
  return frame;
}

bool is_stun(ByteView head, std::size_t size) {
  return size >= kStunHeader && head.size() >= kStunKnown && (head[0] & 0xC0) == 0 &&
         number_at(head, 2) + kStunHeader == size && head.substr(4, 4) == kStunCookie;
}

}  // namespace balcony::rfc4571
