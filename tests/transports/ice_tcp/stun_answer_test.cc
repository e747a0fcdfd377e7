// SPDX-License-Identifier: MIT
// Answers to connectivity checks, and what gets none.
#include "transports/ice_tcp/stun_answer.h"

#include <gtest/gtest.h>

#include "tests/transports/ice_tcp/stun_check.h"

namespace balcony {
namespace {

StunAnswer answerer(const char* from = "192.0.2.10", bool is_controlling = false) {
  return {kOurs, {*IpAddress::parse(from), 40121}, is_controlling};
}

class StunAnswerFrom : public testing::TestWithParam<const char*> {};

TEST_P(StunAnswerFrom, SatisfiesTheLibraryThatAsks) {
  StunAgent peer = stun_agent();
  Bytes answer = answerer(GetParam())(check(peer));
  Endpoint from{*IpAddress::parse(GetParam()), 40121};
  EXPECT_EQ(mapped_address(peer, answer), from);
}

INSTANTIATE_TEST_SUITE_P(, StunAnswerFrom, testing::Values("192.0.2.10", "2001:db8::1"));

TEST(StunAnswer, IsGivenAsOftenAsItIsAskedFor) {
  StunAgent peer = stun_agent();
  Bytes once = check(peer);
  StunAnswer answer = answerer();
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(answer(once).empty());
}

TEST(StunAnswer, IsForThePeerAlone) {
  StunAgent peer = stun_agent();
  EXPECT_TRUE(answerer()(check(peer, "ours:them", "a-password-of-a-stranger")).empty());
  EXPECT_TRUE(answerer()(check(peer, "them:ours")).empty());
  EXPECT_TRUE(answerer()(check(peer, "ours")).empty());
  EXPECT_TRUE(answerer()("").empty());
  EXPECT_TRUE(answerer()(Bytes(20, '\0')).empty());
}

TEST(StunAnswer, IsNotGivenToAnswers) {
  StunAgent peer = stun_agent();
  Bytes answer = answerer()(check(peer));
  ASSERT_FALSE(answer.empty());
  EXPECT_TRUE(answerer()(answer).empty());
}

TEST(StunAnswer, SurvivesEveryOctetThatIsWrong) {
  StunAgent peer = stun_agent();
  Bytes good = check(peer);
  StunAnswer answer = answerer();
  for (std::size_t i = 0; i < good.size(); ++i) {
    EXPECT_TRUE(answer(good.substr(0, i)).empty()) << i;
    for (char flip : {'\x01', '\x80', '\xff'}) {
      Bytes bad = good;
      bad[i] = static_cast<char>(bad[i] ^ flip);
      EXPECT_TRUE(answer(bad).empty()) << i;
    }
  }
}

TEST(StunCheck, IsKnownByOurNameAndPassword) {
  StunAgent peer = stun_agent();
  EXPECT_TRUE(is_check_for(kOurs, check(peer)));
  EXPECT_TRUE(is_check_for(kOurs, check(peer, "ours:whoever")));
  EXPECT_FALSE(is_check_for(kOurs, check(peer, "ours")));
  EXPECT_FALSE(is_check_for(kOurs, check(peer, "them:ours")));
  EXPECT_FALSE(is_check_for(kOurs, check(peer, "ours:them", "a-password-of-a-stranger")));
  EXPECT_FALSE(is_check_for(kOurs, answerer()(check(peer))));
}

}  // namespace
}  // namespace balcony
