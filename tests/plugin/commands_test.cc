// SPDX-License-Identifier: MIT
// What a user may type after /e2e, and what is said when it makes no sense.
#include "plugin/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace balcony {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct Row {
  std::string name;
  Verb verb;
  std::size_t least, most;  // words after the verb
  bool rest = false;        // the last one may hold spaces
};

// HOST-CLI.md, "Input".
const std::vector<Row> kRows{
    {"start", Verb::kStart, 1, 2},
    {"stop", Verb::kStop, 1, 1},
    {"status", Verb::kStatus, 0, 1},
    {"list", Verb::kList, 0, 0},
    {"accept", Verb::kAccept, 1, 1},
    {"decline", Verb::kDecline, 1, 1},
    {"mode", Verb::kMode, 2, 2},
    {"reach", Verb::kReach, 2, 2},
    {"fingerprint", Verb::kFingerprint, 0, 1},
    {"trust", Verb::kTrust, 2, 2},
    {"untrust", Verb::kUntrust, 1, 2},
    {"verify", Verb::kVerify, 1, 2, true},
    {"confirm", Verb::kConfirm, 2, 2},
    {"export", Verb::kExport, 1, 1, true},
    {"import", Verb::kImport, 1, 1, true},
    {"set", Verb::kSet, 2, 2, true},
    {"help", Verb::kHelp, 0, 1},
};

std::string line_of(const Row& row, std::size_t words) {
  std::string line = row.name;
  for (std::size_t i = 0; i < words; ++i) line += " w" + std::to_string(i);
  return line;
}

std::vector<std::string> words_of(const std::string& line) {
  auto command = read_command(line);
  return command ? command->words : std::vector<std::string>{command.error().text};
}

TEST(Command, TakesAsManyWordsAsItsVerbNeeds) {
  for (const Row& row : kRows) {
    for (std::size_t words = row.least; words <= row.most; ++words) {
      auto command = read_command(line_of(row, words));
      ASSERT_TRUE(command) << line_of(row, words);
      EXPECT_EQ(command->verb, row.verb) << row.name;
      ASSERT_EQ(command->words.size(), words) << row.name;
      if (words > 0) {
        EXPECT_EQ(command->words.back(), "w" + std::to_string(words - 1));
      }
    }
  }
}

TEST(Command, SaysHowItIsWrittenWhenThereAreTooFewWords) {
  for (const Row& row : kRows) {
    if (row.least == 0) continue;
    auto command = read_command(line_of(row, row.least - 1));
    ASSERT_FALSE(command) << row.name;
    EXPECT_EQ(command.error().condition, "bad-command");
    EXPECT_EQ(command.error().blame, Blame::kCaller);
    EXPECT_THAT(command.error().text, HasSubstr(": " + row.name + " "));
  }
}

TEST(Command, SaysHowItIsWrittenWhenThereAreTooManyWords) {
  for (const Row& row : kRows) {
    auto command = read_command(line_of(row, row.most + 1));
    EXPECT_EQ(command.has_value(), row.rest) << row.name;
    if (!command) {
      EXPECT_EQ(command.error().condition, "bad-command");
      EXPECT_THAT(command.error().text, HasSubstr(row.name));
    }
  }
}

TEST(Command, KeepsTheSpacesOfItsLastWordWhereThatMayHoldSome) {
  EXPECT_THAT(words_of("set ca /home/my files/ca.pem"), ElementsAre("ca", "/home/my files/ca.pem"));
  EXPECT_THAT(words_of("verify a@b my  secret"), ElementsAre("a@b", "my  secret"));
  EXPECT_THAT(words_of("export my keys.pem "), ElementsAre("my keys.pem"));
  EXPECT_THAT(words_of(" import\tmy keys.pem"), ElementsAre("my keys.pem"));
}

TEST(Command, IgnoresSpaceAroundWords) {
  EXPECT_THAT(words_of("  mode \t a@b   auto  "), ElementsAre("a@b", "auto"));
  EXPECT_THAT(words_of("list \t "), IsEmpty());
  EXPECT_THAT(words_of("set   mode   ask  "), ElementsAre("mode", "ask"));
}

TEST(Command, IsHelpWhenNothingIsTyped) {
  for (const char* line : {"", " ", "\t "}) {
    auto command = read_command(line);
    ASSERT_TRUE(command);
    EXPECT_EQ(command->verb, Verb::kHelp);
    EXPECT_THAT(command->words, IsEmpty());
  }
}

TEST(Command, PointsToHelpWhenItIsUnknown) {
  for (const char* line : {"dance", "Start a@b", "star a@b", "e2e start a@b"}) {
    auto command = read_command(line);
    ASSERT_FALSE(command) << line;
    EXPECT_EQ(command.error().condition, "unknown-command");
    EXPECT_EQ(command.error().blame, Blame::kCaller);
    EXPECT_THAT(command.error().text, HasSubstr("help"));
  }
}

TEST(Command, ShowsAWordWithoutCuttingACharacterOrPassingControls) {
  std::string word(39, 'x'), shown = word;
  for (int i = 0; i < 9; ++i) word += "\xe2\x98\xba";
  shown += "\xe2\x98\xba\xe2\x80\xa6'";
  for (const std::string& text : {read_command(word).error().text, help_text(word).error().text})
    EXPECT_THAT(text, HasSubstr(shown));
  EXPECT_THAT(read_command("\x1b[2J").error().text, Not(HasSubstr("\x1b")));
}

TEST(Help, ListsEveryCommandOnALineOfItsOwn) {
  std::vector<std::string> names;
  std::string text = *help_text("") + "\n";
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
    names.push_back(text.substr(at, text.find_first_of(" \n", at) - at));
  std::vector<std::string> expected;
  for (const Row& row : kRows) expected.push_back(row.name);
  EXPECT_THAT(names, ElementsAreArray(expected));
}

TEST(Help, HasAPageForEveryCommand) {
  for (const Row& row : kRows) {
    std::string page = help_text(row.name).value_or("");
    EXPECT_TRUE(page.starts_with(row.name)) << page;
    EXPECT_GT(page.size(), page.find('\n') + 10) << page;
  }
}

TEST(Help, KnowsNoOtherWord) {
  auto page = help_text("dance");
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().condition, "unknown-command");
  EXPECT_THAT(page.error().text, HasSubstr("dance"));
}

}  // namespace
}  // namespace balcony
