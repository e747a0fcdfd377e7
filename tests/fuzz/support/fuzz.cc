// SPDX-License-Identifier: MIT
#include "tests/fuzz/support/fuzz.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/fuzz/support/text_mutator.h"

namespace balcony {

void require(bool holds, std::string_view law, std::string_view detail) {
  if (holds) return;
  std::fprintf(stderr, "A LAW IS BROKEN: %.*s\n%.*s\n", static_cast<int>(law.size()), law.data(),
               static_cast<int>(detail.size()), detail.data());
  std::abort();
}

std::string_view take_line(std::string_view& input) {
  std::string_view line = input.substr(0, input.find('\n'));
  input.remove_prefix(std::min(line.size() + 1, input.size()));
  return line;
}

std::string_view take_word(std::string_view& line) {
  std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(word.size() + 1, line.size()));
  return word;
}

std::size_t number_in(std::string_view word, std::size_t most, std::size_t otherwise) {
  std::size_t number = 0;
  auto read = std::from_chars(word.data(), word.data() + word.size(), number);
  return read.ec == std::errc() ? std::min(number, most) : otherwise;
}

std::vector<std::string> cut_by(std::string_view text, std::string_view cuts) {
  if (cuts.empty()) return {std::string(text)};
  std::vector<std::string> pieces;
  for (std::size_t i = 0; !text.empty(); ++i) {
    char c = cuts[i % cuts.size()];
    std::size_t size = 1;
    if (c >= '2' && c <= '9') size = static_cast<std::size_t>(c - '0');
    if (c >= 'a' && c <= 'z') size = static_cast<std::size_t>(c - 'a') + 10;
    pieces.emplace_back(text.substr(0, size));
    text.remove_prefix(std::min(size, text.size()));
  }
  return pieces;
}

}  // namespace balcony

// What libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  balcony::fuzz({reinterpret_cast<const char*>(octets), size});
  return 0;
}

// One change in two is libFuzzer's own, with its dictionary.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* octets, std::size_t size, std::size_t most);
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* octets, std::size_t size,
                                               std::size_t most, unsigned seed);
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* octets, std::size_t size,
                                               std::size_t most, unsigned seed) {
  if (size == 0 || seed % 2 == 0) return LLVMFuzzerMutate(octets, size, most);
  std::string text(reinterpret_cast<const char*>(octets), size);
  balcony::change_text(text, seed);
  if (text.size() > most) text.resize(most);
  std::memcpy(octets, text.data(), text.size());
  return text.size();
}
