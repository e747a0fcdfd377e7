// SPDX-License-Identifier: MIT
#include "jingle/base/bytes.h"

#include <gtest/gtest.h>

namespace balcony {
namespace {

TEST(Hex, IsLowerCaseAndKeepsEveryBit) {
  EXPECT_EQ(hex(""), "");
  EXPECT_EQ(hex(ByteView("\x00\x0f\xa5\xff", 4)), "000fa5ff");
}

TEST(Base64, EncodesTheVectorsOfRfc4648) {
  EXPECT_EQ(base64_encode(""), "");
  EXPECT_EQ(base64_encode("f"), "Zg==");
  EXPECT_EQ(base64_encode("fo"), "Zm8=");
  EXPECT_EQ(base64_encode("foo"), "Zm9v");
  EXPECT_EQ(base64_encode("foobar"), "Zm9vYmFy");
}

TEST(Base64, DecodesWhatItEncodes) {
  Bytes octets;
  for (int i = 0; i < 256; ++i) {
    octets += static_cast<char>(i);
    EXPECT_EQ(base64_decode(base64_encode(octets)), octets) << octets.size();
  }
  EXPECT_EQ(base64_decode(""), "");
}

TEST(Base64, RefusesWhatIsNotExactlyBase64) {
  for (std::string_view text :
       {"Z", "Zg", "Zg=", "Zg===", "=", "====", "A===", "Zg==Zg==", "=g==", "Zm9v\n", "Zm 9v",
        "Zm9*", "Z=9v", "Zm9v====", "Zm-_", "\xC3\xA9=="})
    EXPECT_FALSE(base64_decode(text)) << text;
}

TEST(Base64, RefusesBitsThatNoOctetOwns) {
  EXPECT_FALSE(base64_decode("Zh=="));
  EXPECT_FALSE(base64_decode("Zm9="));
}

TEST(ByteQueue, GivesOctetsInTheOrderTheyCame) {
  ByteQueue queue;
  EXPECT_TRUE(queue.empty());
  queue.append("abc");
  queue.append("def");
  queue.consume(4);
  EXPECT_EQ(queue.view(), "ef");
  queue.append("g");
  EXPECT_EQ(queue.view(), "efg");
  EXPECT_EQ(queue.size(), 3U);
}

TEST(ByteQueue, KeepsItsOrderWhileItsFrontIsReclaimed) {
  ByteQueue queue;
  std::string sent, received;
  for (int i = 0; i < 5000; ++i) {
    std::string block = std::to_string(i) + ",";
    queue.append(block);
    sent += block;
    if (i % 3 == 0) continue;
    received += queue.view().substr(0, 6);
    queue.consume(std::min<std::size_t>(6, queue.size()));
  }
  received += queue.view();
  EXPECT_EQ(received, sent);
}

TEST(ByteQueue, IsEmptyOnceClearedHoweverMuchItHeld) {
  ByteQueue queue;
  for (std::size_t size : {1U, 100'000U}) {
    queue.append(Bytes(size, 'x'));
    queue.clear();
    EXPECT_TRUE(queue.empty());
    queue.append("again");
    EXPECT_EQ(queue.view(), "again");
    queue.consume(5);
    EXPECT_TRUE(queue.empty());
  }
}

}  // namespace
}  // namespace balcony
