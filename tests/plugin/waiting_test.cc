// SPDX-License-Identifier: MIT
// Stanzas that wait for a stream: bounded, in order, none for longer than its time.
#include "plugin/waiting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jingle/base/ns.h"

namespace balcony {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr TimePoint kStart{1000s};

Element message(const std::string& id, std::size_t text = 0) {
  return Element("message", ns::kClient).set_attr("id", id).add_text(std::string(text, 'x'));
}

std::vector<std::string> ids(const std::vector<Element>& stanzas) {
  std::vector<std::string> found;
  for (const Element& stanza : stanzas) found.emplace_back(stanza.attr("id"));
  return found;
}

TEST(Waiting, GivesBackAllInOrder) {
  Waiting waiting;
  EXPECT_TRUE(waiting.empty());
  for (const char* id : {"1", "2", "3"}) ASSERT_TRUE(waiting.add(message(id), kStart));
  EXPECT_FALSE(waiting.empty());
  EXPECT_THAT(ids(waiting.take_all()), ElementsAre("1", "2", "3"));
  EXPECT_TRUE(waiting.empty());
}

TEST(Waiting, HasRoomForAHundredStanzas) {  // covers C-19
  Waiting waiting;
  for (std::size_t i = 0; i < 100; ++i) ASSERT_TRUE(waiting.add(message("m"), kStart));
  EXPECT_FALSE(waiting.add(message("m"), kStart));
  EXPECT_THAT(waiting.take_all(), SizeIs(100));
  EXPECT_TRUE(waiting.add(message("m"), kStart));
}

TEST(Waiting, HasRoomFor256Kibibytes) {  // covers C-19
  Waiting waiting;
  const std::size_t around = to_xml(message("m", 1), ns::kClient).size() - 1;
  ASSERT_TRUE(waiting.add(message("m", 200 * 1024 - around), kStart));
  EXPECT_FALSE(waiting.add(message("m", 56 * 1024 - around + 1), kStart));
  EXPECT_TRUE(waiting.add(message("m", 56 * 1024 - around), kStart));
  EXPECT_FALSE(waiting.add(message("m"), kStart));
  waiting.take_all();
  EXPECT_TRUE(waiting.add(message("m", 256 * 1024 - around), kStart));
}

TEST(Waiting, HasRoomAgainForWhatWasOverdue) {
  Waiting waiting;
  ASSERT_TRUE(waiting.add(message("old", 200 * 1024), kStart));
  ASSERT_FALSE(waiting.add(message("new", 200 * 1024), kStart + 60s));
  EXPECT_THAT(waiting.take_overdue(kStart), SizeIs(1));
  EXPECT_TRUE(waiting.add(message("new", 200 * 1024), kStart + 60s));
}

TEST(Waiting, GivesBackWhatIsOverdueAndKeepsTheRest) {  // covers STZ-21
  Waiting waiting;
  ASSERT_TRUE(waiting.add(message("1"), kStart + 60s));
  ASSERT_TRUE(waiting.add(message("2"), kStart + 61s));
  EXPECT_EQ(waiting.next_deadline(), kStart + 60s);
  EXPECT_THAT(waiting.take_overdue(kStart + 59s), IsEmpty());
  EXPECT_THAT(ids(waiting.take_overdue(kStart + 60s)), ElementsAre("1"));
  EXPECT_EQ(waiting.next_deadline(), kStart + 61s);
  EXPECT_THAT(ids(waiting.take_all()), ElementsAre("2"));
  EXPECT_EQ(waiting.next_deadline(), std::nullopt);
}

TEST(Waiting, KeepsNothingBeyondItsTimeWhenTheWaitWasShortened) {  // require.wait may be set
  Waiting waiting;
  ASSERT_TRUE(waiting.add(message("1"), kStart + 60s));
  ASSERT_TRUE(waiting.add(message("2"), kStart + 5s));
  ASSERT_TRUE(waiting.add(message("3"), kStart + 6s));
  ASSERT_TRUE(waiting.add(message("4"), kStart + 70s));
  EXPECT_EQ(waiting.next_deadline(), kStart + 5s);
  EXPECT_THAT(ids(waiting.take_overdue(kStart + 6s)), ElementsAre("2", "3"));
  EXPECT_EQ(waiting.next_deadline(), kStart + 60s);
  EXPECT_THAT(ids(waiting.take_all()), ElementsAre("1", "4"));
}

}  // namespace
}  // namespace balcony
