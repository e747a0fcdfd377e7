// SPDX-License-Identifier: MIT
// Whole numbers as text: decimal digits and nothing around them, as attributes, settings and our
// own files have them.
#pragma once

#include <charconv>
#include <limits>
#include <optional>
#include <string_view>

namespace balcony {

// Nothing if `text` is anything else, or a number outside `least` to `most`.
template <class Number>
std::optional<Number> read_number(std::string_view text,
                                  Number least = std::numeric_limits<Number>::min(),
                                  Number most = std::numeric_limits<Number>::max()) {
  Number value = 0;
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  bool is_whole = fault == std::errc() && end == text.data() + text.size();
  return is_whole && value >= least && value <= most ? std::optional(value) : std::nullopt;
}

}  // namespace balcony
