// SPDX-License-Identifier: MIT
// What all fuzz targets share: the one function that each defines, the laws that it demands, and
// input as text, so that seeds can be read and dictionaries of words help.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace balcony {

// Defined by each target, called by support/fuzz.cc with each input.
void fuzz(std::string_view input);

// A broken law is a finding: it is printed, with `detail`, and the program ends by a signal.
void require(bool holds, std::string_view law, std::string_view detail = {});

// The next line off the front of `input`, without its line feed.
std::string_view take_line(std::string_view& input);
// The next word off the front of `line`.
std::string_view take_word(std::string_view& line);
// The number at the front of `word`, never more than `most`; `otherwise` if there is none.
std::size_t number_in(std::string_view word, std::size_t most, std::size_t otherwise = 0);

// `text` in pieces, whose sizes the characters of `cuts` say by turns: 0 to 9, a to z (10 to 35),
// anything else 1. Empty cuts: in one piece.
std::vector<std::string> cut_by(std::string_view text, std::string_view cuts);

}  // namespace balcony
