// SPDX-License-Identifier: MIT
// What may be lost when a stream without stream management ends (SMX-15).
#include "plugin/unconfirmed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jingle/base/ns.h"

namespace balcony {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr TimePoint kStart{1000s};

Element stanza(std::string_view name, const std::string& id, const std::string& type = {}) {
  Element stanza(name, ns::kClient);
  if (!id.empty()) stanza.set_attr("id", id);
  if (!type.empty()) stanza.set_attr("type", type);
  return stanza;
}

// Each as its id, with a question mark if it may have arrived.
std::vector<std::string> lost(Unconfirmed& unconfirmed, TimePoint now = kStart) {
  std::vector<std::string> found;
  for (const auto& [kept, unknown] : unconfirmed.take_lost(now))
    found.push_back(kept.id + (unknown ? "?" : ""));
  return found;
}

struct UnconfirmedTest : ::testing::Test {
  Unconfirmed unconfirmed;
  void add(const std::string& id, std::uint64_t end) {
    unconfirmed.add(KeptStanza(stanza("message", id, "chat")), end);
  }
};

// covers SMX-15
TEST_F(UnconfirmedTest, TellsWhatLeftFromWhatNeverDid) {
  add("1", 100);
  add("2", 200);
  add("3", 300);
  unconfirmed.on_written(200, kStart);
  EXPECT_THAT(lost(unconfirmed), ElementsAre("1?", "2?", "3"));
  EXPECT_THAT(lost(unconfirmed), IsEmpty());
}

// covers SMX-15
TEST_F(UnconfirmedTest, CountsAStanzaAsLeftOnlyWithItsLastOctet) {
  add("1", 100);
  unconfirmed.on_written(99, kStart);
  EXPECT_THAT(lost(unconfirmed), ElementsAre("1"));
}

// covers SMX-15
TEST_F(UnconfirmedTest, ForgetsWhatLeftLongerAgoThanTheHorizon) {
  add("1", 100);
  unconfirmed.on_written(100, kStart);
  add("2", 200);
  unconfirmed.on_written(200, kStart + 10s);
  EXPECT_THAT(lost(unconfirmed, kStart + 30s), ElementsAre("2?"));
}

// covers SMX-15
TEST_F(UnconfirmedTest, LooksBackThirtySecondsOnADirectPathAndNinetyInBand) {
  for (Duration horizon : {Duration(30s), Duration(90s)}) {
    Unconfirmed fresh;
    if (horizon == 90s) fresh.set_in_band(true);
    for (Duration late : {horizon - 1ms, horizon}) {
      fresh.add(KeptStanza(stanza("message", "1")), 100);
      fresh.on_written(100, kStart);
      EXPECT_EQ(lost(fresh, kStart + late).size(), late < horizon ? 1U : 0U);
    }
  }
}

TEST_F(UnconfirmedTest, CountsNoTimeInBandWhileTheServerIsAway) {  // covers JGL-37
  unconfirmed.set_in_band(true);
  add("1", 100);
  unconfirmed.on_written(100, kStart);
  unconfirmed.on_server_away(kStart + 30s);
  add("2", 200);
  unconfirmed.on_written(200, kStart + 40s);
  unconfirmed.on_server_resumed(kStart + 500s);
  unconfirmed.on_written(200, kStart + 589s);
  EXPECT_THAT(lost(unconfirmed, kStart + 589s), ElementsAre("1?", "2?"));
}

TEST_F(UnconfirmedTest, GoesOnCountingOnADirectPathWhileTheServerIsAway) {  // covers JGL-37
  add("1", 100);
  unconfirmed.on_written(100, kStart);
  unconfirmed.on_server_away(kStart + 1s);
  EXPECT_THAT(lost(unconfirmed, kStart + 30s), IsEmpty());
}

TEST_F(UnconfirmedTest, KeepsWhatHasNotLeftHoweverLongItTakes) {
  add("1", 100);
  unconfirmed.on_written(50, kStart);
  EXPECT_THAT(lost(unconfirmed, kStart + std::chrono::hours(1)), ElementsAre("1"));
}

TEST_F(UnconfirmedTest, HoldsNoMoreThanTheHorizonNeeds) {
  add("1", 100);
  unconfirmed.on_written(100, kStart);
  add("2", 200);
  unconfirmed.on_written(200, kStart + 40s);
  EXPECT_THAT(lost(unconfirmed, kStart), ElementsAre("2?"));  // the first was given up meanwhile
}

TEST_F(UnconfirmedTest, ForgetsWhatThePeerAnswered) {  // covers SMX-15: receipts may resolve them
  add("1", 100);
  add("2", 200);
  add("3", 300);
  unconfirmed.on_written(200, kStart);
  unconfirmed.on_answered("1");
  unconfirmed.on_answered("3");
  unconfirmed.on_answered("never sent");
  add("4", 400);
  unconfirmed.on_written(300, kStart);
  EXPECT_THAT(lost(unconfirmed), ElementsAre("2?", "4"));
}

TEST_F(UnconfirmedTest, TakesNoAnswerForStanzasWithoutAnId) {
  unconfirmed.add(KeptStanza(stanza("message", "")), 100);
  unconfirmed.on_answered("");
  EXPECT_THAT(lost(unconfirmed), ElementsAre(""));
}

TEST_F(UnconfirmedTest, TellsOfMessagesAndRequestsOnly) {  // covers SMX-12
  EXPECT_FALSE(Unconfirmed::concerns(stanza("presence", "p")));
  EXPECT_FALSE(Unconfirmed::concerns(stanza("presence", "p", "unavailable")));
  EXPECT_FALSE(Unconfirmed::concerns(stanza("iq", "r", "result")));
  EXPECT_FALSE(Unconfirmed::concerns(stanza("iq", "e", "error")));
  EXPECT_TRUE(Unconfirmed::concerns(stanza("iq", "g", "get")));
  EXPECT_TRUE(Unconfirmed::concerns(stanza("iq", "s", "set")));
  EXPECT_TRUE(Unconfirmed::concerns(stanza("message", "m")));
}

// covers SMX-15
TEST_F(UnconfirmedTest, ForgetsWhatLiesFurtherBackThanAPathCanHold) {
  add("1", 100);
  add("2", 200);
  unconfirmed.on_written(100 + Unconfirmed::kMaxBehind, kStart);
  EXPECT_THAT(lost(unconfirmed), ElementsAre("1?", "2?"));
  add("3", 300);
  add("4", 400);
  unconfirmed.on_written(301 + Unconfirmed::kMaxBehind, kStart);
  EXPECT_THAT(lost(unconfirmed), ElementsAre("4?"));
}

// covers SMX-15
TEST_F(UnconfirmedTest, TakesAnAnswerForTheFirstOfTwoWithOneId) {
  add("1", 100);
  add("1", 200);
  unconfirmed.on_answered("1");
  unconfirmed.on_answered("1");
  EXPECT_THAT(lost(unconfirmed), ElementsAre("1"));
}

}  // namespace
}  // namespace balcony
