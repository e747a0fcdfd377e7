// SPDX-License-Identifier: MIT
#include "jingle/base/env.h"

#include <gtest/gtest.h>

#include "tests/support/fake_env.h"

namespace balcony {
namespace {

// covers JGL-01
TEST(Env, MakesTokensOfTheBitsAskedForThatNeverRepeat) {
  FakeEnv env;
  std::string first = env.token(), second = env.token(256);
  EXPECT_EQ(first.size(), 1 + 128 / 4U);
  EXPECT_EQ(second.size(), 1 + 256 / 4U);
  EXPECT_NE(first.substr(1, 8), second.substr(1, 8));
  EXPECT_NE(first, env.token());
}

TEST(Deadline, EarliestIgnoresWhatIsNotRunning) {
  TimePoint soon{1s}, later{2s};
  EXPECT_EQ(earliest(soon, later), soon);
  EXPECT_EQ(earliest(later, soon), soon);
  EXPECT_EQ(earliest(std::nullopt, later), later);
  EXPECT_EQ(earliest(soon, std::nullopt), soon);
  EXPECT_EQ(earliest(std::nullopt, std::nullopt), std::nullopt);
}

TEST(Deadline, IsDueFromItsMomentOn) {
  TimePoint now{5s};
  EXPECT_TRUE(is_due(now, now));
  EXPECT_TRUE(is_due(now - 1ms, now));
  EXPECT_FALSE(is_due(now + 1ms, now));
  EXPECT_FALSE(is_due(std::nullopt, now));
}

}  // namespace
}  // namespace balcony
