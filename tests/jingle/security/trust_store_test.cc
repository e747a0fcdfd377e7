// SPDX-License-Identifier: MIT
// Pins in memory, and fingerprints as people type them.
#include "jingle/security/trust_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace balcony {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string key(int number) {
  std::string digits = std::to_string(number);
  return std::string(64 - digits.size(), '0') + digits;
}

TEST(Fingerprint, ForgivesCaseColonsAndSpaces) {
  std::string normal = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
  EXPECT_EQ(*read_fingerprint(normal), normal);
  EXPECT_EQ(*read_fingerprint("01:23:45:67:89:AB:CD:EF 01:23:45:67:89:AB:CD:EF "
                              "01:23:45:67:89:ab:cd:ef 01:23:45:67:89:ab:cd:ef"),
            normal);
}

TEST(Fingerprint, HasSixtyFourHexadecimalDigits) {
  for (const std::string& text : {std::string(), std::string(63, 'a'), std::string(65, 'a'),
                                  std::string(63, 'a') + 'g', std::string(64, '-')}) {
    auto read = read_fingerprint(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().condition, "bad-fingerprint");
    EXPECT_EQ(read.error().blame, Blame::kCaller);
  }
}

struct MemoryTrustTest : ::testing::Test {
  MemoryTrust trust;
  Jid romeo = *Jid::parse("romeo@example.net");
  Jid nurse = *Jid::parse("nurse@example.net");
};

// covers TLS-19
TEST_F(MemoryTrustTest, KeepsASetOfKeysForEachContact) {
  ASSERT_TRUE(trust.add(romeo, {key(1), false, "tofu", 10, 10}));
  ASSERT_TRUE(trust.add(*Jid::parse("romeo@example.net/orchard"), {key(2), true, "user", 20, 20}));
  ASSERT_TRUE(trust.add(nurse, {key(1), false, "tofu", 10, 10}));
  EXPECT_EQ(trust.pins(romeo).size(), 2U);
  EXPECT_EQ(trust.pins(romeo)[1].fingerprint, key(2));
  EXPECT_THAT(trust.contacts(), ElementsAre(nurse, romeo));
  EXPECT_THAT(trust.pins(*Jid::parse("tybalt@example.net")), IsEmpty());
}

// covers TLS-19
TEST_F(MemoryTrustTest, NeverLowersAPin) {
  ASSERT_TRUE(trust.add(romeo, {key(1), true, "fingerprint", 10, 10}));
  ASSERT_TRUE(trust.add(romeo, {key(1), false, "tofu", 50, 50}));
  Pin pin = trust.pins(romeo).at(0);
  EXPECT_TRUE(pin.verified);
  EXPECT_EQ(pin.how, "fingerprint");
  EXPECT_EQ(pin.first_seen, 10);
  EXPECT_EQ(pin.last_seen, 50);
}

// covers TLS-19
TEST_F(MemoryTrustTest, RaisesAPinThatIsVerifiedLater) {
  ASSERT_TRUE(trust.add(romeo, {key(1), false, "tofu", 10, 40}));
  ASSERT_TRUE(trust.add(romeo, {key(1), true, "secret", 30, 30}));
  Pin pin = trust.pins(romeo).at(0);
  EXPECT_TRUE(pin.verified);
  EXPECT_EQ(pin.how, "secret");
  EXPECT_EQ(pin.first_seen, 10);
  EXPECT_EQ(pin.last_seen, 40);
}

TEST_F(MemoryTrustTest, KeepsTheNormalFormOfAFingerprint) {
  std::string typed(64, 'A');
  ASSERT_TRUE(trust.add(romeo, {typed, false, "user", 1, 1}));
  EXPECT_EQ(trust.pins(romeo).at(0).fingerprint, std::string(64, 'a'));
  EXPECT_EQ(*trust.remove(romeo, typed), 1U);
}

TEST_F(MemoryTrustTest, RefusesWhatIsNoFingerprint) {
  EXPECT_EQ(trust.add(romeo, {"abc", true, "user", 1, 1}).error().condition, "bad-fingerprint");
  EXPECT_EQ(trust.remove(romeo, "abc").error().condition, "bad-fingerprint");
  EXPECT_THAT(trust.contacts(), IsEmpty());
}

TEST_F(MemoryTrustTest, RemovesOnePinOrAll) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(trust.add(romeo, {key(i), false, "tofu", 1, 1}));
  EXPECT_EQ(*trust.remove(romeo, key(1)), 1U);
  EXPECT_EQ(*trust.remove(romeo, key(1)), 0U);
  EXPECT_EQ(*trust.remove(romeo, ""), 2U);
  EXPECT_EQ(*trust.remove(romeo, ""), 0U);
  EXPECT_EQ(*trust.remove(romeo, key(0)), 0U);
  EXPECT_THAT(trust.contacts(), IsEmpty());
}

TEST_F(MemoryTrustTest, ForgetsAContactWithItsLastPin) {
  ASSERT_TRUE(trust.add(romeo, {key(1), false, "tofu", 1, 1}));
  EXPECT_EQ(*trust.remove(romeo, key(1)), 1U);
  EXPECT_THAT(trust.contacts(), IsEmpty());
}

TEST_F(MemoryTrustTest, BoundsThePinsOfAContact) {
  for (int i = 0; i < 64; ++i) ASSERT_TRUE(trust.add(romeo, {key(i), false, "tofu", 1, 1}));
  auto more = trust.add(romeo, {key(64), false, "tofu", 1, 1});
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().condition, "too-many-pins");
  EXPECT_THAT(more.error().text, HasSubstr("romeo@example.net"));
  EXPECT_TRUE(trust.add(romeo, {key(63), true, "user", 1, 2}));  // known ones go on
  EXPECT_EQ(trust.pins(romeo).size(), 64U);
}

}  // namespace
}  // namespace balcony
