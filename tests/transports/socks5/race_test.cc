// SPDX-License-Identifier: MIT
// When a race begins its attempts, and when and how it ends.
#include "transports/socks5/race.h"

#include <gtest/gtest.h>

#include "tests/support/fake_env.h"

namespace balcony {
namespace {

Candidate direct(std::string cid, std::uint32_t priority) {
  Candidate candidate;
  candidate.host = "192.0.2." + cid;
  candidate.cid = std::move(cid);
  candidate.priority = priority;
  return candidate;
}

Candidate proxy(std::string cid, std::uint32_t priority) {
  Candidate candidate = direct(std::move(cid), priority);
  candidate.type = CandidateType::kProxy;
  return candidate;
}

class RaceTest : public testing::Test {
 protected:
  void start(const Candidates& candidates) {
    race.add(candidates);
    race.start();
    drain();
  }
  void drain() {
    while (auto output = race.poll()) {
      std::string at = std::to_string((env.now() - began).count()) + ' ';
      if (auto* begin = std::get_if<Race::Begin>(&*output)) log += at + begin->candidate.cid + "? ";
      if (auto* abandon = std::get_if<Race::Abandon>(&*output)) log += at + abandon->cid + "- ";
      if (auto* over = std::get_if<Race::Over>(&*output))
        log += at + (over->winner ? over->winner->cid + "!" : "none") + ' ';
    }
  }
  void advance(Duration by) {
    TimePoint end = env.now() + by;
    while (true) {
      auto next = race.next_deadline();
      if (!next || *next > end) break;
      env.set_now(std::max(env.now(), *next));
      race.on_deadline();
      drain();
    }
    env.set_now(end);
  }
  void connected(const char* cid) { race.on_connected(cid), drain(); }
  void failed(const char* cid) { race.on_failed(cid), drain(); }
  void peer_used(std::uint32_t priority) { race.on_peer_used(priority), drain(); }

  FakeEnv env;
  TimePoint began = env.now();
  Race race{{}, env};
  std::string log;
};

TEST_F(RaceTest, BeginsByPriorityOnABeatProxiesLater) {  // covers S5B-10, C-14
  start({direct("low", 5), proxy("p", 3), direct("top", 9), direct("mid", 7)});
  advance(1s);
  EXPECT_EQ(log, "0 top? 200 mid? 400 low? 800 p? ");
}

TEST_F(RaceTest, KeepsItsBeatWhateverFails) {  // covers S5B-14
  start({direct("a", 9), direct("b", 8)});
  failed("a");
  advance(199ms);
  EXPECT_EQ(log, "0 a? ");
  advance(1ms);
  EXPECT_EQ(log, "0 a? 200 b? ");
}

TEST_F(RaceTest, ProxiesNeedNotWaitIfThereIsNothingElse) {  // covers C-14
  start({proxy("p", 9), proxy("q", 8)});
  advance(200ms);
  EXPECT_EQ(log, "0 p? 200 q? ");
}

TEST_F(RaceTest, FirstChoiceWinsAtOnce) {  // covers S5B-10
  start({direct("a", 9), direct("b", 8)});
  advance(250ms);
  connected("a");
  EXPECT_EQ(log, "0 a? 200 b? 250 b- 250 a! ");
}

TEST_F(RaceTest, GraceIsAllThatADeadBetterCandidateCosts) {  // covers S5B-10, C-14
  start({direct("dead", 9), direct("b", 8)});
  advance(210ms);
  connected("b");
  advance(5s);
  EXPECT_EQ(log, "0 dead? 200 b? 610 dead- 610 b! ");
}

TEST_F(RaceTest, BetterOneWinsWithinTheGrace) {  // covers S5B-10
  start({direct("a", 9), direct("b", 8)});
  advance(210ms);
  connected("b");
  advance(100ms);
  connected("a");
  EXPECT_EQ(log, "0 a? 200 b? 310 b- 310 a! ");
}

TEST_F(RaceTest, EndsAtOnceWhenTheBetterOneFailed) {
  start({direct("a", 9), direct("b", 8)});
  advance(210ms);
  connected("b");
  failed("a");
  EXPECT_EQ(log, "0 a? 200 b? 210 b! ");
}

TEST_F(RaceTest, FailureIsToldAtOneTimeWhateverFailed) {  // covers S5B-14
  start({direct("a", 9), direct("b", 8)});
  failed("a");
  advance(300ms);
  failed("b");
  advance(10s);
  EXPECT_EQ(log, "0 a? 200 b? 5000 none ");
}

TEST_F(RaceTest, SilentTargetsFailAtTheSameTime) {  // covers S5B-14
  start({direct("a", 9)});
  advance(10s);
  EXPECT_EQ(log, "0 a? 5000 a- 5000 none ");
}

TEST_F(RaceTest, LostSuccessIsAFailureAtTheSameTime) {  // covers S5B-14
  start({direct("dead", 9), direct("b", 8)});
  advance(210ms);
  connected("b");
  failed("b");
  advance(10s);
  EXPECT_EQ(log, "0 dead? 200 b? 5000 dead- 5000 none ");
}

TEST_F(RaceTest, AnEmptyListWaitsForTrickledCandidates) {  // covers S5B-14
  start({});
  advance(2'999ms);
  EXPECT_EQ(log, "");
  advance(1ms);
  EXPECT_EQ(log, "3000 none ");
  race.add({direct("late", 1)});
  EXPECT_FALSE(race.next_deadline());
}

TEST_F(RaceTest, TrickledCandidatesAreTried) {  // covers S5B-14
  start({});
  advance(1s);
  race.add({direct("a", 1)});
  drain();
  connected("a");
  EXPECT_EQ(log, "1000 a? 1000 a! ");
}

TEST_F(RaceTest, WhatThePeerReachedEndsTheWorseOnes) {  // covers S5B-11
  start({direct("a", 9), direct("b", 5), proxy("p", 1)});
  advance(250ms);
  peer_used(7);
  advance(5s);
  EXPECT_EQ(log, "0 a? 200 b? 250 b- 650 a- 650 none ");
}

TEST_F(RaceTest, NothingBetterThanWhatThePeerReachedIsAFailureAtOnce) {  // covers S5B-11
  start({direct("a", 5)});
  advance(100ms);
  peer_used(7);
  EXPECT_EQ(log, "0 a? 100 a- 100 none ");
}

TEST_F(RaceTest, HearsBeforeItsStartWhatThePeerReached) {  // covers S5B-13
  race.on_peer_used(7);
  start({direct("a", 9), direct("b", 5)});
  connected("a");
  EXPECT_EQ(log, "0 a? 0 a! ");
}

TEST_F(RaceTest, TriesFourAtOnceAndSixteenInAll) {  // covers C-15
  Candidates many;
  for (std::uint32_t i = 0; i < 40; ++i) many.push_back(direct(std::to_string(i), 100U - i));
  start(many);
  advance(2s);
  EXPECT_EQ(log, "0 0? 200 1? 400 2? 600 3? ");
  for (int i = 0; i < 40; ++i) {
    failed(std::to_string(i).c_str());
    advance(200ms);
  }
  EXPECT_NE(log.find(" 15? "), std::string::npos);
  EXPECT_EQ(log.find(" 16? "), std::string::npos);
}

TEST_F(RaceTest, ThePlaceNamedTwiceIsTriedOnce) {
  Candidate again = proxy("again", 3), first = proxy("p", 4);
  again.host = first.host;
  start({first, again});
  advance(1s);
  EXPECT_EQ(log, "0 p? ");
}

}  // namespace
}  // namespace balcony
