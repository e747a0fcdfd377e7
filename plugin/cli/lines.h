// SPDX-License-Identifier: MIT
// Cuts what comes on stdin into lines, however the bytes are cut. Passive: the client puts bytes
// in, then takes lines until there is none.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace balcony_cli {

struct Line {
  std::string text;     // without line feed
  bool is_bad = false;  // too long, or with a NUL in it: `text` is what it begins with
};

class LineReader {
 public:
  static constexpr std::size_t kMaxLine = 1024 * 1024;  // four times the largest stanza
  static constexpr std::size_t kShown = 80;             // of a bad one: enough to tell which it was

  void on_bytes(std::string_view bytes);
  void on_end();  // what has no line feed is a line too
  std::optional<Line> next();

 private:
  void append(std::string_view part);
  void finish();

  std::string part_;
  bool too_long_ = false;
  std::deque<Line> lines_;
};

}  // namespace balcony_cli
