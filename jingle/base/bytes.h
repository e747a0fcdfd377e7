// SPDX-License-Identifier: MIT
// Octets and their printable forms. XML text, TLS records and in-band blocks all flow through the
// same pipes, so octets are carried in std::string and seen through std::string_view.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace balcony {

using Bytes = std::string;          // octets, owned
using ByteView = std::string_view;  // octets, borrowed for the length of a call

// Lower-case hexadecimal.
std::string hex(ByteView octets);

// RFC 4648 section 4, padded, without line breaks.
std::string base64_encode(ByteView octets);

// Strict inverse: nothing for an alien character (white space included), wrong or misplaced
// padding, or non-zero trailing bits.
std::optional<Bytes> base64_decode(std::string_view text);

// A first-in first-out buffer whose front is consumed in amortised constant time.
class ByteQueue {
 public:
  void append(ByteView octets) { buffer_.append(octets); }
  void consume(std::size_t count);
  ByteView view() const { return ByteView(buffer_).substr(start_); }
  std::size_t size() const { return buffer_.size() - start_; }
  bool empty() const { return size() == 0; }
  void clear();

 private:
  Bytes buffer_;
  std::size_t start_ = 0;
};

}  // namespace balcony
