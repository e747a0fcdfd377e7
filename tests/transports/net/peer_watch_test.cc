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
    return watch.look(progress, reads, now);
  }
  // Looks as often as TcpStream does; the last verdict, or the first that says lost.
  PeerWatch::Verdict look_for(Duration time) {
    PeerWatch::Verdict verdict;
    for (Duration past{}; past < time && !verdict.is_lost; past += PeerWatch::kLook)
      verdict = look_after(PeerWatch::kLook);
    return verdict;
  }
  void on_the_way() { set({.left = 1000, .in_flight = 1, .room = 5000}); }
  void no_room() { set({.left = 1000}); }
  void set(Socket::Progress next) {
    next.heard = progress.heard;
    progress = next;
  }

  // All is sent again and again, and a packet comes each time.
  void expect_it_is_kept_while_it_answers() {
    for (int i = 0; i < 15; ++i) {
      ++progress.unanswered;
      ++progress.heard;
      ASSERT_FALSE(look_for(100s).is_lost);
    }
  }

  TimePoint now = TimePoint(1000s);
  Socket::Progress progress;
  bool reads = true;
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
TEST_F(PeerWatchTest, AnyPacketIsASignOfLifeWhereNobodyReads) {
  on_the_way();
  reads = false;
  expect_it_is_kept_while_it_answers();
  progress.unanswered += 3;
  EXPECT_TRUE(look_for(2s).is_lost);
}

// A peer that closed its window over what is on the way: each repetition is answered so.
TEST_F(PeerWatchTest, APeerWithoutRoomNeedNotAcknowledge) {
  on_the_way();
  progress.room = 0;
  expect_it_is_kept_while_it_answers();
}

// The peer speaks, but what is sent to it is swallowed on the way.
TEST_F(PeerWatchTest, APeerThatHasRoomAndAcknowledgesNothingIsLost) {
  on_the_way();
  progress.unanswered = 3;
  for (int i = 0; i < 6; ++i) {
    ++progress.heard;
    ASSERT_FALSE(look_after(PeerWatch::kLook).is_lost) << i;
    progress.acknowledged = 1;
  }
  ++progress.heard;
  EXPECT_TRUE(look_for(4s).is_lost);
}

TEST_F(PeerWatchTest, APeerThatAcknowledgesIsNotLostHoweverMuchIsRepeated) {
  on_the_way();
  progress.unanswered = 3;
  for (int i = 0; i < 100; ++i) {
    ++progress.heard;
    ++progress.acknowledged;
    ASSERT_FALSE(look_after(PeerWatch::kLook).is_lost);
  }
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
