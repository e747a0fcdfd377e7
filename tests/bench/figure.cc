// SPDX-License-Identifier: MIT
#include "tests/bench/figure.h"

#include <algorithm>
#include <cstdio>

namespace balcony::bench {
namespace {

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::string goal_of(const Figure& figure, double ratio) {
  bool less = figure.at_most > 0;
  double goal = less ? figure.at_most : figure.at_least;
  if (goal <= 0) return {};
  bool reached = less ? ratio <= goal : ratio >= goal;
  char text[80];
  std::snprintf(text, sizeof text, ", \"goal\": \"%s %g\", \"reached\": %s",
                less ? "<=" : ">=", goal, reached ? "true" : "false");
  return text;
}

}  // namespace

double clock_seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double cpu_seconds(const std::function<void()>& work) {
  double start = clock_seconds(CLOCK_THREAD_CPUTIME_ID);
  work();
  return clock_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
}

void compare(const Figure& figure, const Side& ours, const Side& yardstick) {
  ours();
  yardstick();
  std::vector<double> mine, theirs;
  for (int round = 0; round < figure.rounds; ++round) {
    mine.push_back(ours());
    theirs.push_back(yardstick());
  }
  report(figure, mine, theirs);
}

void report(const Figure& figure, const std::vector<double>& ours,
            const std::vector<double>& yardstick) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < ours.size(); ++i) ratios.push_back(ours[i] / yardstick[i]);
  auto [least, most] = std::minmax_element(ratios.begin(), ratios.end());
  std::printf(
      "{\"figure\": \"%s\", \"what\": \"%s\", \"ratio\": {\"min\": %.3f, \"median\": %.3f, "
      "\"max\": "
      "%.3f}%s, \"ours\": %.5g, \"yardstick\": %.5g, \"unit\": \"%s\", \"rounds\": %zu}\n",
      figure.name.c_str(), figure.what.c_str(), *least, median(ratios), *most,
      goal_of(figure, median(ratios)).c_str(), median(ours), median(yardstick), figure.unit.c_str(),
      ratios.size());
  std::fflush(stdout);
}

}  // namespace balcony::bench
