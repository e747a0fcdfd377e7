// SPDX-License-Identifier: MIT
// What the user decided for single contacts comes back as it was, or not at all.
#include "plugin/contacts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temp_folder.h"

namespace balcony {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct ContactsTest : ::testing::Test {
  TempFolder folder;
  std::string path = folder / "contacts.ini";
  Jid juliet = *Jid::parse("juliet@example.net");
  Jid romeo = *Jid::parse("romeo@example.org");

  Contacts load() const { return *Contacts::load(path); }
};

TEST_F(ContactsTest, AreNobodyWhenThereIsNoFile) {
  EXPECT_THAT(load().all(), IsEmpty());
  EXPECT_EQ(load().choice(juliet).mode, std::nullopt);
  EXPECT_EQ(load().choice(juliet).reach, std::nullopt);
  EXPECT_FALSE(folder.has("contacts.ini"));
}

TEST_F(ContactsTest, KeepEachChoiceForItsContact) {
  Contacts contacts = load();
  for (Mode mode : {Mode::kOff, Mode::kAsk, Mode::kAuto, Mode::kRequire}) {
    ASSERT_TRUE(contacts.set_mode(juliet, mode));
    EXPECT_EQ(contacts.choice(juliet).mode, mode);
    EXPECT_EQ(load().choice(juliet).mode, mode);
  }
  for (Reach reach : {Reach::kRelay, Reach::kAny}) {
    ASSERT_TRUE(contacts.set_reach(romeo, reach));
    EXPECT_EQ(load().choice(romeo).reach, reach);
  }
  EXPECT_EQ(load().choice(juliet).reach, std::nullopt);
  EXPECT_EQ(load().choice(romeo).mode, std::nullopt);
  EXPECT_THAT(load().all(), SizeIs(2));
  EXPECT_EQ(folder.mode("contacts.ini"), 0600U);
}

TEST_F(ContactsTest, KeepOneChoiceWhenTheOtherIsMade) {
  ASSERT_TRUE(load().set_mode(juliet, Mode::kRequire));
  ASSERT_TRUE(load().set_reach(juliet, Reach::kRelay));
  EXPECT_EQ(load().choice(juliet).mode, Mode::kRequire);
  EXPECT_EQ(load().choice(juliet).reach, Reach::kRelay);
}

TEST_F(ContactsTest, MayHaveAnyAddress) {
  for (const char* text : {"[a]=b#%@example.net", "j\xc3\xbcliet@example.net", "example.net"}) {
    Jid jid = *Jid::parse(text);
    ASSERT_TRUE(load().set_mode(jid, Mode::kRequire)) << text;
    EXPECT_EQ(load().choice(jid).mode, Mode::kRequire) << text;
  }
}

TEST_F(ContactsTest, AreRefusedWhenDamagedAndLeftAlone) {
  for (const std::string text : {"mode=require\n", "[juliet@example.net]\nmode\n", "[\n"}) {
    folder.put("contacts.ini", text);
    EXPECT_EQ(Contacts::load(path).error().condition, "damaged-file") << text;
    EXPECT_EQ(folder.text("contacts.ini"), text);
  }
}

// SECURITY.md promise 4: what can't be read is never taken for a looser mode.
TEST_F(ContactsTest, AreRefusedWhenAChoiceCannotBeRead) {
  for (const std::string text :
       {"[juliet@example.net]\nmode=required\n", "[juliet@example.net]\nmode=\n",
        "[juliet@example.net]\nreach=never\n", "[@]\nmode=ask\n",
        "[juliet@example.net/balcony]\nmode=require\n", "[Juliet@example.net]\nmode=require\n",
        "[juliet@example.net]\nmode=require\n[JULIET@example.net]\nreach=relay\n"}) {
    folder.put("contacts.ini", text);
    auto contacts = Contacts::load(path);
    ASSERT_FALSE(contacts) << text;
    EXPECT_EQ(contacts.error().condition, "bad-value");
    EXPECT_THAT(contacts.error().text, HasSubstr(path));
  }
}

TEST_F(ContactsTest, AreRefusedWhenTheirFileWasEmptied) {
  folder.put("contacts.ini", "");
  EXPECT_EQ(Contacts::load(path).error().condition, "damaged-file");
}

TEST_F(ContactsTest, HoldForThisRunWhenTheyCannotBeWritten) {
  Contacts contacts = load();
  folder.remove();
  EXPECT_EQ(contacts.set_mode(juliet, Mode::kRequire).error().condition, "unwritable-file");
  EXPECT_EQ(contacts.set_reach(juliet, Reach::kRelay).error().condition, "unwritable-file");
  EXPECT_EQ(contacts.choice(juliet).mode, Mode::kRequire);
  EXPECT_EQ(contacts.choice(juliet).reach, Reach::kRelay);
}

}  // namespace
}  // namespace balcony
