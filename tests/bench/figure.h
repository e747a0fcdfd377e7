// SPDX-License-Identifier: MIT
// One figure: ours and a yardstick, measured in turns in the same run, and reported as the ratio of
// each round (shared machines drift by a factor of two, ratios do not).
#pragma once

#include <time.h>

#include <functional>
#include <string>
#include <vector>

namespace balcony::bench {

struct Figure {
  std::string name;     // as given to tests/bench/run
  std::string what;     // ours against what
  std::string unit;     // of both sides
  double at_least = 0;  // the goal for the ratio; 0: none
  double at_most = 0;   // the same, where less is better
  int rounds = 7;
};

using Side = std::function<double()>;  // one round; its result is in the figure's unit

// Warms both up, measures them in turns, and prints the figure as one line of JSON.
void compare(const Figure& figure, const Side& ours, const Side& yardstick);

// Prints figures that were measured together: the i-th of `ours` beside the i-th of `yardstick`.
void report(const Figure& figure, const std::vector<double>& ours,
            const std::vector<double>& yardstick);

double cpu_seconds(const std::function<void()>& work);  // processor time of this thread
double clock_seconds(clockid_t clock);

}  // namespace balcony::bench
