// SPDX-License-Identifier: MIT
#include "jingle/base/redacted.h"

#include <gtest/gtest.h>

#include <new>
#include <ostream>
#include <type_traits>

namespace balcony {
namespace {

const std::string kShort = "hunter2";
const std::string kLong = "correct horse battery staple, and then some";

template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};

TEST(Redacted, ConvertsToNothingThatCouldBePrinted) {
  EXPECT_FALSE((std::is_convertible_v<Redacted, std::string>));
  EXPECT_FALSE((std::is_convertible_v<std::string, Redacted>));
  EXPECT_FALSE(Printable<Redacted>);
}

TEST(Redacted, RevealsItsSecretToWhoeverAsks) {
  for (const std::string& secret : {kShort, kLong}) {
    Redacted redacted(secret);
    EXPECT_EQ(redacted.reveal(), secret);
    EXPECT_FALSE(redacted.empty());
  }
  EXPECT_TRUE(Redacted().empty());
}

TEST(Redacted, IsCopiedAndMovedLikeAValue) {
  for (const std::string& secret : {kShort, kLong}) {
    Redacted original(secret), copy(original), assigned, moved_to;
    assigned = copy;
    EXPECT_EQ(copy.reveal(), secret);
    EXPECT_EQ(assigned.reveal(), secret);
    moved_to = std::move(copy);
    Redacted moved(std::move(moved_to));
    EXPECT_EQ(moved.reveal(), secret);
    EXPECT_EQ(original.reveal(), secret);
  }
}

// Looks into the object's own memory, where short strings live.
bool holds(const void* memory, std::size_t size, std::string_view secret) {
  return std::string_view(static_cast<const char*>(memory), size).find(secret) !=
         std::string_view::npos;
}

TEST(Redacted, LeavesNothingBehindWhereItWasMovedFrom) {
  Redacted source(kShort);
  ASSERT_TRUE(holds(&source, sizeof source, kShort));
  Redacted target(std::move(source));
  EXPECT_FALSE(holds(&source, sizeof source, kShort));  // NOLINT(bugprone-use-after-move)
  Redacted other;
  other = std::move(target);
  EXPECT_FALSE(holds(&target, sizeof target, kShort));  // NOLINT(bugprone-use-after-move)
}

TEST(Redacted, LeavesNothingBehindWhereItIsOverwritten) {
  Redacted secret(kShort);
  secret = Redacted("x");
  EXPECT_FALSE(holds(&secret, sizeof secret, kShort.substr(1)));
}

}  // namespace
}  // namespace balcony
