// SPDX-License-Identifier: MIT
// Which kind of login it is, and when its stream management may be resumed.
#include "plugin/strophe/login.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace strophe_host {
namespace {

using Kind = Login::Kind;
constexpr Login::Time kStart{};

class LoginTest : public ::testing::Test {
 protected:
  void log_in_anew() {
    login.on_connected(kStart);
    login.on_bound();
    login.on_enabled();
    login.settled(kStart, true);
  }
  void resume() {
    login.on_connected(kStart);
    login.settled(kStart, true);
  }
  Login login;
};

TEST_F(LoginTest, IsNewOnceTheServerCounts) {
  login.on_connected(kStart);
  login.on_bound();
  EXPECT_FALSE(login.settled(kStart, true));
  login.on_enabled();
  EXPECT_EQ(login.settled(kStart, true), Kind::kNew);
  EXPECT_TRUE(login.is_up());
}

TEST_F(LoginTest, IsToldOnce) {
  log_in_anew();
  EXPECT_FALSE(login.settled(kStart, true));
}

TEST_F(LoginTest, WaitsHalfASecondForAServerThatDoesNotCount) {
  login.on_connected(kStart);
  login.on_bound();
  EXPECT_FALSE(login.settled(kStart + Login::kEnabledWait / 2, true));
  EXPECT_EQ(login.settled(kStart + Login::kEnabledWait, true), Kind::kNew);
  login.on_disconnected(ECONNRESET, 0);
  EXPECT_FALSE(login.may_resume());
}

TEST_F(LoginTest, IsResumedIfNothingWasBoundInItsTurn) {
  login.on_connected(kStart);
  EXPECT_FALSE(login.settled(kStart, false));
  EXPECT_EQ(login.settled(kStart, true), Kind::kResumed);
}

TEST_F(LoginTest, MayBeResumedAfterACut) {
  log_in_anew();
  login.on_disconnected(ECONNRESET, 0);
  EXPECT_TRUE(login.may_resume());
  EXPECT_FALSE(login.is_up());
}

TEST_F(LoginTest, MayNotBeResumedAfterAnOrderlyEnd) {
  log_in_anew();
  login.on_disconnected(0, 0);
  EXPECT_FALSE(login.may_resume());
}

TEST_F(LoginTest, MayNotBeResumedWhereAStanzaWasLost) {
  log_in_anew();
  login.on_disconnected(ECONNRESET, 1);
  EXPECT_FALSE(login.may_resume());
  log_in_anew();
  login.on_disconnected(ECONNABORTED, 0);  // a failed write
  EXPECT_FALSE(login.may_resume());
}

TEST_F(LoginTest, MayBeResumedOnlyOnce) {
  log_in_anew();
  login.on_disconnected(ECONNRESET, 0);
  resume();
  login.on_disconnected(ECONNRESET, 0);
  EXPECT_FALSE(login.may_resume());
}

TEST_F(LoginTest, MayNotBeResumedAfterAnAttemptThatFailed) {
  log_in_anew();
  login.on_disconnected(ECONNRESET, 0);
  login.on_disconnected(ETIMEDOUT, 0);
  EXPECT_FALSE(login.may_resume());
}

}  // namespace
}  // namespace strophe_host
