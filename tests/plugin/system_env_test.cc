// SPDX-License-Identifier: MIT
// The real clock and the real dice.
#include "plugin/system_env.h"

#include <gtest/gtest.h>

#include <set>

namespace balcony {
namespace {

TEST(SystemEnv, ClockNeverGoesBack) {
  SystemEnv env;
  TimePoint last = env.now();
  for (int i = 0; i < 1000; ++i) {
    TimePoint now = env.now();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(SystemEnv, KnowsTheDate) {
  EXPECT_GT(SystemEnv().unix_time(), 1'700'000'000);  // later than 2023
}

TEST(SystemEnv, RandomHasTheLengthAskedForAndNeverRepeats) {
  SystemEnv env;
  std::set<Bytes> seen;
  for (int i = 0; i < 100; ++i) {
    Bytes octets = env.random(16);
    EXPECT_EQ(octets.size(), 16U);
    EXPECT_TRUE(seen.insert(octets).second);
  }
  EXPECT_TRUE(env.random(0).empty());
}

}  // namespace
}  // namespace balcony
