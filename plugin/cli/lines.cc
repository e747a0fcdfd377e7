// SPDX-License-Identifier: MIT
#include "plugin/cli/lines.h"

#include <algorithm>
#include <utility>

namespace balcony_cli {

void LineReader::on_bytes(std::string_view bytes) {
  for (std::size_t end = bytes.find('\n'); end != bytes.npos; end = bytes.find('\n')) {
    append(bytes.substr(0, end));
    finish();
    bytes.remove_prefix(end + 1);
  }
  append(bytes);
}

void LineReader::on_end() {
  if (!part_.empty() || too_long_) finish();
}

void LineReader::append(std::string_view part) {
  if (too_long_) return;
  too_long_ = part_.size() + part.size() > kMaxLine;
  part_ += too_long_ ? part.substr(0, kShown) : part;
}

void LineReader::finish() {
  if (!part_.empty() && part_.back() == '\r') part_.pop_back();
  bool is_bad = too_long_ || part_.find('\0') != part_.npos;
  if (is_bad) part_.resize(std::min(part_.find('\0'), std::min(part_.size(), kShown)));
  lines_.push_back({std::move(part_), is_bad});
  part_.clear();
  too_long_ = false;
}

std::optional<Line> LineReader::next() {
  if (lines_.empty()) return std::nullopt;
  Line line = std::move(lines_.front());
  lines_.pop_front();
  return line;
}

}  // namespace balcony_cli
