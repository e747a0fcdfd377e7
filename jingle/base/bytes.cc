// SPDX-License-Identifier: MIT
#include "jingle/base/bytes.h"

#include <array>
#include <cassert>
#include <cstdint>

namespace balcony {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> make_decode_table() {
  std::array<std::int8_t, 256> table{};
  for (auto& entry : table) entry = -1;
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    table[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  return table;
}

constexpr auto kDecode = make_decode_table();

std::uint32_t octet(ByteView octets, std::size_t at) {
  return at < octets.size() ? static_cast<unsigned char>(octets[at]) : 0U;
}

}  // namespace

std::string hex(ByteView octets) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(octets.size() * 2);
  for (char c : octets) {
    auto value = static_cast<unsigned char>(c);
    text += digits[value >> 4];
    text += digits[value & 15];
  }
  return text;
}

std::string base64_encode(ByteView octets) {
  std::string text;
  text.reserve((octets.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < octets.size(); at += 3) {
    std::uint32_t group =
        octet(octets, at) << 16 | octet(octets, at + 1) << 8 | octet(octets, at + 2);
    std::size_t left = octets.size() - at;
    text += kAlphabet[group >> 18];
    text += kAlphabet[group >> 12 & 63];
    text += left > 1 ? kAlphabet[group >> 6 & 63] : '=';
    text += left > 2 ? kAlphabet[group & 63] : '=';
  }
  return text;
}

std::optional<Bytes> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  Bytes octets;
  octets.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    bool padded = i + padding >= text.size();
    int value = padded ? 0 : kDecode[static_cast<unsigned char>(text[i])];
    if (value < 0) return std::nullopt;
    group = group << 6 | static_cast<std::uint32_t>(value);
    if (i % 4 != 3) continue;
    octets += static_cast<char>(group >> 16 & 255);
    octets += static_cast<char>(group >> 8 & 255);
    octets += static_cast<char>(group & 255);
    group = 0;
  }
  for (std::size_t i = 0; i < padding; ++i) {
    if (octets.back() != '\0') return std::nullopt;  // bits that no octet owns
    octets.pop_back();
  }
  return octets;
}

void ByteQueue::consume(std::size_t count) {
  assert(count <= size());
  start_ += count;
  if (start_ == buffer_.size()) {
    clear();
  } else if (start_ > 4096 && start_ * 2 > buffer_.size()) {
    buffer_.erase(0, start_);
    start_ = 0;
  }
}

void ByteQueue::clear() {
  constexpr std::size_t kKept = 16 * 1024;  // an idle stream has 48 KiB in all (PERFORMANCE.md)
  buffer_.clear();
  if (buffer_.capacity() > kKept) buffer_ = {};
  start_ = 0;
}

}  // namespace balcony
