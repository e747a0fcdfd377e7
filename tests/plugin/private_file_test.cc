// SPDX-License-Identifier: MIT
// Files for their owner's eyes: whole or not at all (SECURITY.md promise 10).
#include "plugin/private_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/temp_folder.h"

namespace balcony {
namespace {

using ::testing::HasSubstr;

constexpr std::size_t kMost = 4 * 1024 * 1024;

struct PrivateFile : ::testing::Test {
  TempFolder folder;
  std::string path = folder / "file";

  std::string refusal() const {
    auto text = read_private_file(path);
    EXPECT_FALSE(text);
    if (text) return {};
    EXPECT_EQ(text.error().blame, Blame::kEnvironment);
    EXPECT_EQ(text.error().condition, "unreadable-file");
    EXPECT_THAT(text.error().text, HasSubstr(path));
    return text.error().text;
  }
};

TEST_F(PrivateFile, GivesBackWhatWasWrittenOctetByOctet) {
  const std::string octets("a\0\xff\r\n", 5);
  ASSERT_TRUE(write_private_file(path, octets));
  EXPECT_EQ(read_private_file(path)->value(), octets);
  ASSERT_TRUE(write_private_file(path, ""));
  EXPECT_EQ(read_private_file(path)->value(), "");
}

TEST_F(PrivateFile, IsNothingWhereThereIsNone) {
  auto text = read_private_file(path);
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, std::nullopt);
}

TEST_F(PrivateFile, IsWrittenForItsOwnerOnly) {
  folder.put("file", "old");
  chmod(path.c_str(), 0666);
  ASSERT_TRUE(write_private_file(path, "new"));
  EXPECT_EQ(folder.mode("file"), 0600U);
}

TEST_F(PrivateFile, IsTightenedWhenOthersMayReadIt) {
  folder.put("file", "secret");
  chmod(path.c_str(), 0640);
  ASSERT_TRUE(read_private_file(path));
  EXPECT_EQ(folder.mode("file"), 0600U);
}

TEST_F(PrivateFile, KeepsTheModeOfOneThatIsNotOurs) {
  folder.put("file", "authorities");
  chmod(path.c_str(), 0644);
  EXPECT_EQ(read_public_file(path)->value(), "authorities");
  EXPECT_EQ(folder.mode("file"), 0644U);
}

TEST_F(PrivateFile, KeepsTheModeOfOneThatIsPrivateAlready) {
  folder.put("file", "secret");
  chmod(path.c_str(), 0400);
  ASSERT_TRUE(read_private_file(path));
  EXPECT_EQ(folder.mode("file"), 0400U);
}

TEST_F(PrivateFile, IsRefusedWhereItIsNoFile) {
  std::filesystem::create_directory(path);
  EXPECT_THAT(refusal(), HasSubstr("regular file"));
  std::filesystem::remove(path);
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_THAT(refusal(), HasSubstr("regular file"));
  std::filesystem::remove(path);
  std::filesystem::create_symlink(path, path);
  EXPECT_THAT(refusal(), HasSubstr("symbolic links"));
}

TEST_F(PrivateFile, HoldsFourMebibytesAndNoMore) {
  ASSERT_TRUE(write_private_file(path, std::string(kMost, 'x')));
  EXPECT_EQ(read_private_file(path)->value().size(), kMost);
  EXPECT_EQ(write_private_file(path, std::string(kMost + 1, 'x')).error().condition,
            "unwritable-file");
  EXPECT_EQ(read_private_file(path)->value().size(), kMost);
  folder.put("file", std::string(kMost + 1, 'x'));
  EXPECT_THAT(refusal(), HasSubstr("4 MiB"));
}

TEST_F(PrivateFile, SaysWhenItCannotBeWritten) {
  auto written = write_private_file(folder / "absent/file", "x");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().blame, Blame::kEnvironment);
  EXPECT_EQ(written.error().condition, "unwritable-file");
  EXPECT_THAT(written.error().text, HasSubstr("absent/file"));
}

TEST_F(PrivateFile, LeavesNothingElseInTheFolder) {
  ASSERT_TRUE(write_private_file(path, "one"));
  ASSERT_TRUE(write_private_file(path, "two"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST_F(PrivateFile, FolderIsMadeForItsOwnerOnly) {
  ASSERT_TRUE(prepare_private_folder(folder / "a/b"));
  EXPECT_EQ(folder.mode("a"), 0700U);
  EXPECT_EQ(folder.mode("a/b"), 0700U);
  ASSERT_TRUE(prepare_private_folder(folder / "a/b"));
}

TEST_F(PrivateFile, FolderIsRefusedWhereAFileStands) {
  folder.put("file", "");
  for (const std::string& place : {path, path + "/below"}) {
    auto made = prepare_private_folder(place);
    ASSERT_FALSE(made) << place;
    EXPECT_EQ(made.error().condition, "unusable-folder");
    EXPECT_THAT(made.error().text, HasSubstr(place));
  }
}

}  // namespace
}  // namespace balcony
