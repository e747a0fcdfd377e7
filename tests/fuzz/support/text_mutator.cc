// SPDX-License-Identifier: MIT
#include "tests/fuzz/support/text_mutator.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <random>
#include <string_view>
#include <vector>

namespace balcony {
namespace {

struct Part {
  std::size_t begin, size;
};
using Parts = std::vector<Part>;
using Random = std::minstd_rand;

std::size_t below(Random& random, std::size_t count) { return random() % count; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\n'; }

// The runs of characters that `belongs`.
Parts runs(const std::string& text, const std::function<bool(char)>& belongs) {
  Parts parts;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!belongs(text[i])) continue;
    std::size_t begin = i;
    while (i < text.size() && belongs(text[i])) ++i;
    parts.push_back({begin, i - begin});
  }
  return parts;
}

// What stands between each pair of such characters.
Parts between(const std::string& text, char open, char close, bool with_ends) {
  Parts parts;
  for (std::size_t at = text.find(open); at != std::string::npos; at = text.find(open, at)) {
    std::size_t end = text.find(close, at + 1);
    if (end == std::string::npos) break;
    parts.push_back(with_ends ? Part{at, end + 1 - at} : Part{at + 1, end - at - 1});
    at = end + 1;
  }
  return parts;
}

// One part goes, comes twice, or comes elsewhere.
void move_part(std::string& text, const Parts& parts, Random& random) {
  Part part = parts[below(random, parts.size())];
  Part place = parts[below(random, parts.size())];
  std::string taken = text.substr(part.begin, part.size);
  switch (below(random, 3)) {
    case 0:
      text.erase(part.begin, part.size);
      break;
    case 1:
      text.insert(part.begin, taken);
      break;
    default:
      text.insert(place.begin, taken);
  }
}

// One takes another's place.
void replace_part(std::string& text, const Parts& parts, Random& random) {
  Part part = parts[below(random, parts.size())];
  Part other = parts[below(random, parts.size())];
  std::string taken = text.substr(other.begin, other.size);
  text.replace(part.begin, part.size, taken);
}

void change_number(std::string& text, const Parts& parts, Random& random) {
  constexpr std::array<std::uint64_t, 14> kEdges{
      0, 1, 9, 127, 255, 256, 1023, 1024, 4096, 65535, 65536, 0x7fffffff, 0x80000000, 0xffffffff};
  Part part = parts[below(random, parts.size())];
  std::uint64_t number = 0;
  for (char digit : text.substr(part.begin, std::min<std::size_t>(part.size, 18)))
    number = number * 10 + static_cast<std::uint64_t>(digit - '0');
  switch (below(random, 4)) {
    case 0:
      ++number;
      break;
    case 1:
      number -= number > 0;
      break;
    case 2:
      number = below(random, 2) ? number * 2 : number / 2;
      break;
    default:
      number = kEdges[below(random, kEdges.size())];
  }
  text.replace(part.begin, part.size, std::to_string(number));
}

void change(std::string& text, Random& random) {
  auto is_of_line = [](char c) { return c != '\n'; };
  auto is_of_word = [](char c) { return !is_blank(c); };
  auto apply = [&](auto how, const Parts& parts) {
    if (!parts.empty()) how(text, parts, random);
  };
  switch (below(random, 7)) {
    case 0:
      return apply(move_part, runs(text, is_of_line));
    case 1:
      return apply(move_part, between(text, '<', '>', true));
    case 2:
      return apply(replace_part, between(text, '<', '>', true));
    case 3:
      return apply(move_part, runs(text, is_of_word));
    case 4:
      return apply(replace_part, runs(text, is_of_word));
    case 5:
      return apply(replace_part, between(text, '\'', '\'', false));
    default:
      return apply(change_number, runs(text, is_digit));
  }
}

}  // namespace

void change_text(std::string& text, unsigned seed) {
  Random random(seed);
  for (std::size_t changes = 1 + random() % 2; changes > 0; --changes) change(text, random);
}

}  // namespace balcony
