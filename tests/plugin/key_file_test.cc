// SPDX-License-Identifier: MIT
// Files in the state folder: what comes back, what is refused, who may read them.
#include "plugin/key_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace balcony {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct KeyFileTest : ::testing::Test {
  std::filesystem::path folder = make_folder();
  std::string path = folder / "file";

  ~KeyFileTest() override { std::filesystem::remove_all(folder); }

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
  unsigned mode() const {
    struct stat facts {};
    stat(path.c_str(), &facts);
    return facts.st_mode & 0777;
  }
  KeyFile load() const { return *KeyFile::load(path); }
  std::string refusal() const {
    auto file = KeyFile::load(path);
    EXPECT_FALSE(file);
    if (file) return {};
    EXPECT_EQ(file.error().blame, Blame::kEnvironment);
    EXPECT_THAT(file.error().text, HasSubstr(path));
    return file.error().condition;
  }
};

TEST_F(KeyFileTest, IsEmptyWhenThereIsNoFile) {
  EXPECT_THAT(load().groups(), IsEmpty());
  EXPECT_TRUE(load().was_absent());
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(KeyFileTest, TakesACarriageReturnAtTheEndForTheEndOfTheLine) {
  put("[a]\nb=c\r");
  KeyFile file = load();
  EXPECT_EQ(file.get("a", "b"), "c");
  ASSERT_TRUE(file.save());
  EXPECT_EQ(load().get("a", "b"), "c");
}

TEST_F(KeyFileTest, GivesBackWhatWasSaved) {
  KeyFile file = KeyFile::empty(path);
  file.set("settings", "trust", "ask");
  file.set("settings", "folder", "  a b;c\\d\n\te  ");
  file.set("modes", "romeo@example.net", "require");
  ASSERT_TRUE(file.save());
  KeyFile again = load();
  EXPECT_THAT(again.groups(), ElementsAre("settings", "modes"));
  EXPECT_THAT(again.keys("settings"), ElementsAre("trust", "folder"));
  EXPECT_EQ(again.get("settings", "trust"), "ask");
  EXPECT_EQ(again.get("settings", "folder"), "  a b;c\\d\n\te  ");
  EXPECT_EQ(again.get("modes", "romeo@example.net"), "require");
  EXPECT_FALSE(again.was_absent());
}

TEST_F(KeyFileTest, TakesAnyNameAndValue) {
  for (const char* name :
       {"[a]=b", "#x", " x ", "50%", "%41", "a\nb", "\xe2\x98\xba", "x[de]", "="}) {
    KeyFile file = KeyFile::empty(path);
    file.set(name, name, name);
    ASSERT_TRUE(file.save());
    auto again = KeyFile::load(path);
    ASSERT_TRUE(again) << name << ": " << again.error().text;
    EXPECT_THAT(again->groups(), ElementsAre(name));
    EXPECT_THAT(again->keys(name), ElementsAre(name));
    EXPECT_EQ(again->get(name, name), name);
  }
}

TEST_F(KeyFileTest, ForgetsWhatIsRemoved) {
  KeyFile file = KeyFile::empty(path);
  file.set("a", "x", "1");
  file.set("a", "y", "2");
  file.set("b", "z", "3");
  file.remove("a", "x");
  file.remove("a", "never there");
  file.remove_group("b");
  file.remove_group("never there");
  ASSERT_TRUE(file.save());
  EXPECT_THAT(load().groups(), ElementsAre("a"));
  EXPECT_THAT(load().keys("a"), ElementsAre("y"));
  EXPECT_THAT(load().keys("b"), IsEmpty());
  EXPECT_FALSE(load().has_group("b"));
  EXPECT_EQ(load().get("a", "x"), std::nullopt);
}

TEST_F(KeyFileTest, KeepsAUsersComments) {
  put("# mine\n[a]\n# why\nx=1\n");
  KeyFile file = load();
  file.set("a", "y", "2");
  ASSERT_TRUE(file.save());
  EXPECT_THAT(text(), HasSubstr("# mine"));
  EXPECT_THAT(text(), HasSubstr("# why"));
}

TEST_F(KeyFileTest, RefusesADamagedFileAndLeavesItAlone) {
  using namespace std::string_literals;
  for (const std::string& damage :
       {"no group\n"s, "[a]\nno value\n"s, "[a\nx=1\n"s, "[a]\nx=\\q\n"s, "[a]\nx=\xff\n"s,
        "[a]\nx=1\0\n"s, "x=1\n"s, "[]\nx=1\n"s, "[a%]\nx=1\n"s, "[a%]\n"s, "[a]\nb%zz=1\n"s,
        "[a]\n=1\n"s}) {
    put(damage);
    EXPECT_EQ(refusal(), "damaged-file") << damage;
    EXPECT_EQ(text(), damage);
  }
}

TEST_F(KeyFileTest, RefusesWhatIsNoFile) {
  std::filesystem::create_directory(path);
  EXPECT_EQ(refusal(), "unreadable-file");
  std::filesystem::remove(path);
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(refusal(), "unreadable-file");
  std::filesystem::remove(path);
  std::filesystem::create_symlink(path, path);
  EXPECT_EQ(refusal(), "unreadable-file");
}

TEST_F(KeyFileTest, RefusesAFileBeyond4MiB) {
  put("[a]\nx=" + std::string(4 * 1024 * 1024, 'x') + "\n");
  EXPECT_EQ(refusal(), "unreadable-file");
}

TEST_F(KeyFileTest, WritesNoFileThatItWouldNotRead) {
  KeyFile file = KeyFile::empty(path);
  file.set("a", "x", std::string(4 * 1024 * 1024, 'x'));
  auto saved = file.save();
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().condition, "unwritable-file");
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(KeyFileTest, IsForItsOwnerOnly) {
  put("[a]\nx=1\n");
  chmod(path.c_str(), 0664);
  load();
  EXPECT_EQ(mode(), 0600U);
  chmod(path.c_str(), 0664);
  ASSERT_TRUE(KeyFile::empty(path).save());
  EXPECT_EQ(mode(), 0600U);
}

TEST_F(KeyFileTest, SaysWhenItCannotBeWritten) {
  KeyFile file = KeyFile::empty(folder / "absent" / "file");
  file.set("a", "x", "1");
  auto saved = file.save();
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().condition, "unwritable-file");
  EXPECT_EQ(saved.error().blame, Blame::kEnvironment);
}

}  // namespace
}  // namespace balcony
