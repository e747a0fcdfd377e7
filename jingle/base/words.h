// SPDX-License-Identifier: MIT
// Tables of words and what they stand for, in both directions: any range of pairs of the two.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>

namespace balcony {

// What `word` stands for; nothing if the table does not have it.
template <class Table>
auto find_word(const Table& table, std::string_view word) {
  auto found =
      std::find_if(table.begin(), table.end(), [&](const auto& row) { return row.first == word; });
  return found == table.end() ? std::nullopt : std::optional(found->second);
}

// The word for `value`, which must be in the table.
template <class Table, class Value>
std::string_view word_of(const Table& table, Value value) {
  return std::find_if(table.begin(), table.end(),
                      [&](const auto& row) { return row.second == value; })
      ->first;
}

}  // namespace balcony
