// SPDX-License-Identifier: MIT
// balcony_bench [NAME...]: measures the figures named, or all, and prints each as a line of JSON.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string_view>
#include <vector>

#include "tests/bench/figures.h"

namespace {

using namespace balcony::bench;

struct Row {
  std::string_view name;
  void (*measure)();
  bool by_name_only = false;
};

constexpr Row kRows[] = {
    {"parse", parse},
    {"print", print},
    {"hostile", hostile},
    {"tls", tls},
    {"s5b-bytes", s5b_bytes},
    {"ice-bytes", ice_bytes},
    {"pseudo-tcp-bytes", pseudo_tcp_bytes},
    {"one-way", one_way},
    {"s5b-messages", s5b_messages},
    {"receipts", receipts},
    {"round-trip", round_trip},
    {"s5b-round-trip", s5b_round_trip},
    {"set-up", set_up},
    {"idle-heap", idle_heap},
    {"heap-growth", heap_growth},
    {"fresh-names", fresh_names},
    {"one-way-rate", one_way_rate, true},
};

const Row* find(std::string_view name) {
  auto found = std::find_if(std::begin(kRows), std::end(kRows),
                            [&](const Row& row) { return row.name == name; });
  return found == std::end(kRows) ? nullptr : found;
}

}  // namespace

int main(int count, char** words) {
  std::signal(SIGPIPE, SIG_IGN);
  std::vector<const Row*> wanted;
  for (int i = 1; i < count; ++i) {
    wanted.push_back(find(words[i]));
    if (wanted.back()) continue;
    std::fprintf(stderr, "balcony_bench: no figure '%s'\n", words[i]);
    return 2;
  }
  if (wanted.empty())
    for (const Row& row : kRows)
      if (!row.by_name_only) wanted.push_back(&row);
  for (const Row* row : wanted) row->measure();
}
