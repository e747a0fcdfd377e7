// SPDX-License-Identifier: MIT
// Changes inputs by what they are made of, since all of them are text: lines, tags, values in
// quotes, words and numbers. libFuzzer's own changes, which know octets, do the rest.
#pragma once

#include <string>

namespace balcony {

// In one place or two; the same `seed`, the same change. It may grow to four times its size.
void change_text(std::string& text, unsigned seed);

}  // namespace balcony
