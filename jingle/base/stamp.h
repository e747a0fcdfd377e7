// SPDX-License-Identifier: MIT
// How dates and times are written in stanzas (XEP-0082).
#pragma once

#include <cstddef>
#include <string_view>

namespace balcony {

// Up to the seconds; parts of seconds and a time zone follow.
inline constexpr std::size_t kStampSize = std::string_view("2026-11-27T02:40:00").size();

// Whether `text` begins so, and goes on. Whether there is such a day is not looked at.
inline bool begins_like_stamp(std::string_view text) {
  constexpr std::string_view kForm = "dddd-dd-ddTdd:dd:dd";
  static_assert(kForm.size() == kStampSize);
  if (text.size() <= kStampSize) return false;
  for (std::size_t i = 0; i < kStampSize; ++i) {
    bool is_digit = text[i] >= '0' && text[i] <= '9';
    if (kForm[i] == 'd' ? !is_digit : text[i] != kForm[i]) return false;
  }
  return true;
}

}  // namespace balcony
