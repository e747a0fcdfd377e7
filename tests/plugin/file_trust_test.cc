// SPDX-License-Identifier: MIT
// Pins on disk: they come back whole, or not at all.
#include "plugin/file_trust.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace balcony {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kKey(64, 'a');
const std::string kOtherKey(64, 'b');

struct FileTrustTest : ::testing::Test {
  std::filesystem::path folder = make_folder();
  std::string path = folder / "trust";
  Jid romeo = *Jid::parse("romeo@example.net");
  Jid balcony = *Jid::parse("balcony");

  ~FileTrustTest() override { std::filesystem::remove_all(folder); }

  static std::filesystem::path make_folder() {
    std::string name = std::filesystem::temp_directory_path() / "balcony-XXXXXX";
    return mkdtemp(name.data());
  }
  void put(const std::string& text) const { std::ofstream(path, std::ios::binary) << text; }
  std::string text() const {
    std::ostringstream out;
    out << std::ifstream(path, std::ios::binary).rdbuf();
    return out.str();
  }
  std::unique_ptr<FileTrust> open() const {
    auto store = FileTrust::open(path);
    EXPECT_TRUE(store) << store.error().text;
    return store ? *std::move(store) : nullptr;
  }
  std::string file_with(const std::string& pin_line, const std::string& pins = "1") const {
    return "[@trust]\nformat=1\npins=" + pins + "\n\n[romeo@example.net]\n" + pin_line + "\n";
  }
};

// covers TLS-19
TEST_F(FileTrustTest, GivesBackWhatWasAdded) {
  ASSERT_TRUE(open()->add(romeo, {kKey, true, "fingerprint", 1795000000, 1795000100}));
  ASSERT_TRUE(open()->add(romeo, {kOtherKey, false, "", -1, 5}));
  ASSERT_TRUE(open()->add(balcony, {kKey, false, "tofu", 1, 2}));
  auto store = open();
  EXPECT_THAT(store->contacts(), ElementsAre(balcony, romeo));
  std::vector<Pin> pins = store->pins(romeo);
  ASSERT_EQ(pins.size(), 2U);
  EXPECT_EQ(pins[0].fingerprint, kKey);
  EXPECT_TRUE(pins[0].verified);
  EXPECT_EQ(pins[0].how, "fingerprint");
  EXPECT_EQ(pins[0].first_seen, 1795000000);
  EXPECT_EQ(pins[0].last_seen, 1795000100);
  EXPECT_FALSE(pins[1].verified);
  EXPECT_EQ(pins[1].how, "");
  EXPECT_EQ(pins[1].first_seen, -1);
}

TEST_F(FileTrustTest, KeepsContactsOfAnyName) {
  for (const char* text : {"[a]=b#%@example.net", "j\xc3\xbcliet@example.net", "trust"}) {
    Jid jid = *Jid::parse(text);
    ASSERT_TRUE(open()->add(jid, {kKey, false, "tofu", 1, 2}));
    EXPECT_EQ(open()->pins(jid).size(), 1U) << text;
  }
}

// covers TLS-19
TEST_F(FileTrustTest, NeverLowersAPinOnDisk) {
  ASSERT_TRUE(open()->add(romeo, {kKey, true, "fingerprint", 10, 10}));
  ASSERT_TRUE(open()->add(romeo, {kKey, false, "tofu", 20, 20}));
  EXPECT_TRUE(open()->pins(romeo).at(0).verified);
}

TEST_F(FileTrustTest, ForgetsWhatIsRemoved) {
  ASSERT_TRUE(open()->add(romeo, {kKey, true, "user", 1, 2}));
  ASSERT_TRUE(open()->add(romeo, {kOtherKey, true, "user", 1, 2}));
  EXPECT_EQ(*open()->remove(romeo, kKey), 1U);
  EXPECT_EQ(open()->pins(romeo).size(), 1U);
  EXPECT_EQ(*open()->remove(romeo, ""), 1U);
  EXPECT_EQ(*open()->remove(romeo, ""), 0U);
  EXPECT_EQ(open()->remove(romeo, "zz").error().condition, "bad-fingerprint");
  EXPECT_THAT(open()->contacts(), IsEmpty());
}

TEST_F(FileTrustTest, IsForItsOwnerOnly) {
  ASSERT_TRUE(open()->add(romeo, {kKey, true, "user", 1, 2}));
  struct stat facts {};
  ASSERT_EQ(stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600U);
}

TEST_F(FileTrustTest, WritesNothingBeforeTheFirstPin) {
  open();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(FileTrustTest, KeepsNoPinThatCouldNotBeWritten) {
  auto store = open();
  ASSERT_TRUE(store->add(romeo, {kKey, false, "tofu", 1, 2}));
  std::filesystem::remove_all(folder);
  EXPECT_EQ(store->add(romeo, {kOtherKey, true, "user", 1, 2}).error().condition,
            "unwritable-file");
  EXPECT_EQ(store->remove(romeo, "").error().condition, "unwritable-file");
  EXPECT_EQ(store->pins(romeo).size(), 1U);
}

TEST_F(FileTrustTest, RefusesAPinThatIsNone) {
  EXPECT_EQ(open()->add(romeo, {"short", true, "user", 1, 2}).error().condition, "bad-fingerprint");
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(FileTrustTest, RefusesEveryKindOfDamageAndLeavesTheFileAlone) {
  const std::string good = kKey + "=pinned 1 2 tofu";
  put(file_with(good));
  ASSERT_TRUE(open());
  for (const std::string& damage : {std::string(),
                                    std::string("[@trust]\n"),
                                    std::string("[romeo@example.net]\n") + good,
                                    file_with(good, "2"),
                                    file_with(good, "0"),
                                    file_with(good, ""),
                                    file_with("abc=pinned 1 2 tofu"),
                                    file_with(std::string(64, 'A') + "=pinned 1 2 tofu"),
                                    file_with(kKey + "=pinned 1 2 to\\nfu"),
                                    file_with(kKey + "=pinned 1 2 tofu user"),
                                    file_with(kKey + "=trusted 1 2 tofu"),
                                    file_with(kKey + "=verified 1"),
                                    file_with(kKey + "=verified x 2 user"),
                                    file_with(kKey + "=verified 1 2x user"),
                                    file_with(kKey + "="),
                                    file_with(good) + "[Romeo@example.net]\n" + good,
                                    file_with(good) + "[romeo@example.net/orchard]\n" + good,
                                    file_with(good) + "[@example.net]\n",
                                    file_with(good + "\n" + good, "2"),
                                    std::string("[@trust]\nformat=2\npins=0\n")}) {
    put(damage);
    auto store = FileTrust::open(path);
    ASSERT_FALSE(store) << damage;
    EXPECT_EQ(store.error().condition, "damaged-file");
    EXPECT_EQ(store.error().blame, Blame::kEnvironment);
    EXPECT_THAT(store.error().text, HasSubstr(path));
    EXPECT_EQ(text(), damage);
  }
}

TEST_F(FileTrustTest, IsRefusedWhereverTheFileWasCut) {
  ASSERT_TRUE(open()->add(romeo, {kKey, true, "fingerprint", 1795000000, 1795000100}));
  ASSERT_TRUE(open()->add(balcony, {kOtherKey, true, "user", 1, 2}));
  const std::string whole = text();
  // The last word tells how a key was checked, and may be any: what decides stands before it.
  for (std::size_t size = 0; size <= whole.rfind(' '); ++size) {
    put(whole.substr(0, size));
    EXPECT_FALSE(FileTrust::open(path)) << whole.substr(0, size);
  }
}

TEST_F(FileTrustTest, RefusesWhatItCannotRead) {
  std::filesystem::create_directory(path);
  EXPECT_EQ(FileTrust::open(path).error().condition, "unreadable-file");
}

}  // namespace
}  // namespace balcony
