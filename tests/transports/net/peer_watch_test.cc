// SPDX-License-Identifier: MIT
// The judgement alone: what the system would count is made up.
#include "transports/net/peer_watch.h"

#include <gtest/gtest.h>

namespace balcony {
namespace {

class PeerWatchTest : public testing::Test {
 protected:
  PeerWatchTest() { watch.begin(now); }

  PeerWatch::Verdict look_after(Duration passed) {
    now += passed;
    return watch.look(progress, now);
  }
  // Looks as often as TcpStream does; the last verdict, or the first that says lost.
  PeerWatch::Verdict look_for(Duration time) {
    PeerWatch::Verdict verdict;
    for (Duration past{}; past < time && !verdict.is_lost; past += PeerWatch::kLook)
      verdict = look_after(PeerWatch::kLook);
    return verdict;
  }
  void on_the_way() { progress = {1000, 1, 0, progress.heard}; }
  void no_room() { progress = {1000, 0, 0, progress.heard}; }

  TimePoint now = TimePoint(1000s);
  Socket::Progress progress;
  PeerWatch watch;
};

// covers C-11
TEST_F(PeerWatchTest, APeerThatDoesNotAnswerIsLostAfterFourteenSeconds) {
  on_the_way();
  progress.unanswered = 5;
  EXPECT_FALSE(look_for(10s).is_lost);
  EXPECT_TRUE(look_for(4s).is_lost);
}

TEST_F(PeerWatchTest, NobodyIsLostWhoWasNotAskedThreeTimes) {
  on_the_way();
  progress.unanswered = 2;
  EXPECT_FALSE(look_for(100s).is_lost);
  no_room();
  progress.unanswered = 2;
  EXPECT_FALSE(look_for(100s).is_lost);
  progress.unanswered = 3;
  EXPECT_TRUE(look_after(PeerWatch::kLook).is_lost);
}

// Two ends without room refuse each other's acknowledgements: all is sent again and again.
TEST_F(PeerWatchTest, AnyPacketIsASignOfLife) {
  on_the_way();
  for (int i = 0; i < 15; ++i) {
    ++progress.unanswered;
    ++progress.heard;
    ASSERT_FALSE(look_for(100s).is_lost);
  }
  progress.unanswered += 3;
  EXPECT_TRUE(look_for(2s).is_lost);
}

TEST_F(PeerWatchTest, CountsAnewWhatIsUnansweredOnceAllWasAnswered) {
  on_the_way();
  ++progress.heard;
  progress.unanswered = 9;
  look_for(2s);
  progress.unanswered = 0;
  look_for(2s);
  progress.unanswered = 3;
  EXPECT_TRUE(look_for(12s).is_lost);
}

TEST_F(PeerWatchTest, SilenceCountsFromWhenThereIsSomethingToAnswer) {
  now += 1h;
  watch.begin(now);
  on_the_way();
  progress.unanswered = 3;
  EXPECT_FALSE(look_for(10s).is_lost);
}

TEST_F(PeerWatchTest, WhoAnswersIsGivenNoTimeout) {
  on_the_way();
  EXPECT_EQ(look_for(60s).user_timeout, 0s);
}

// The system asks again before its timeout comes, so that stays near and is never reached.
TEST_F(PeerWatchTest, TheTimeoutIsAheadOfWhatTheSystemCountsWhileThereIsNoRoom) {
  no_room();
  for (Duration past{}; past < 100s; past += PeerWatch::kLook) {
    ++progress.heard;
    EXPECT_EQ(look_after(PeerWatch::kLook).user_timeout, past + PeerWatch::kLook + 14s);
  }
}

// Linux goes on counting from when the peer first had no room.
TEST_F(PeerWatchTest, TheTimeoutIsNotLoweredWhenThePeerTakesALittle) {
  no_room();
  look_for(60s);
  progress.left = 10;
  EXPECT_EQ(look_after(PeerWatch::kLook).user_timeout, 76s);
  on_the_way();
  EXPECT_EQ(look_after(PeerWatch::kLook).user_timeout, 0s);
  now += 1h;
  watch.begin(now);
  no_room();
  EXPECT_GT(look_after(PeerWatch::kLook).user_timeout, 1h);
}

}  // namespace
}  // namespace balcony
