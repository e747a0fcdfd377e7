// SPDX-License-Identifier: MIT
#include "jingle/stream/stream_clocks.h"

#include <gtest/gtest.h>

namespace balcony {
namespace {

constexpr TimePoint kStart{100s};

TEST(NegotiationClock, IsDueByItsStepOrItsTotal) {  // covers C-06
  NegotiationClock clock;
  EXPECT_FALSE(clock.next());
  clock.start(kStart, 30s);
  clock.step(kStart, kStart + 10s);
  EXPECT_EQ(clock.next(), kStart + 10s);
  clock.step(kStart + 25s, kStart + 35s);
  EXPECT_EQ(clock.next(), kStart + 30s);
  clock.stop();
  EXPECT_FALSE(clock.next());
}

TEST(NegotiationClock, DoesNotCountWhileAUserIsAsked) {  // covers C-07
  NegotiationClock clock;
  clock.start(kStart, 30s);
  clock.stand_still(kStart + 5s, std::nullopt);
  EXPECT_FALSE(clock.next());
  clock.stand_still(kStart + 100s, kStart + 235s);
  EXPECT_EQ(clock.next(), kStart + 235s);
  clock.step(kStart + 200s, std::nullopt);
  EXPECT_EQ(clock.next(), kStart + 225s);
}

TEST(KeepaliveClock, ChecksTwiceAfterAnIdleTime) {  // covers C-11
  Keepalive keepalive(120s, 15s);
  EXPECT_FALSE(keepalive.next());
  keepalive.start(kStart);
  EXPECT_EQ(keepalive.due(kStart + 119s), Keepalive::Due::kNothing);
  EXPECT_EQ(keepalive.due(kStart + 120s), Keepalive::Due::kCheck);
  keepalive.on_check_sent(kStart + 120s);
  EXPECT_EQ(keepalive.due(kStart + 135s), Keepalive::Due::kCheck);
  keepalive.on_check_sent(kStart + 135s);
  EXPECT_EQ(keepalive.due(kStart + 149s), Keepalive::Due::kNothing);
  EXPECT_EQ(keepalive.due(kStart + 150s), Keepalive::Due::kLost);
}

TEST(KeepaliveClock, IsCalmedByAnyOctet) {
  Keepalive keepalive(120s, 15s);
  keepalive.start(kStart);
  keepalive.on_check_sent(kStart + 120s);
  EXPECT_TRUE(keepalive.is_checking());
  keepalive.on_octets(kStart + 121s);
  EXPECT_FALSE(keepalive.is_checking());
  EXPECT_EQ(keepalive.next(), kStart + 241s);
}

}  // namespace
}  // namespace balcony
