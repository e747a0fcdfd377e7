// SPDX-License-Identifier: MIT
#include "plugin/cli/lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace balcony_cli {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> rest(LineReader& reader) {
  std::vector<std::string> lines;
  while (auto line = reader.next()) lines.push_back(line->is_bad ? "BAD" : line->text);
  return lines;
}

TEST(Lines, AreTheSameHoweverTheBytesAreCut) {
  const std::string input = "one\ntwo\r\n\nthree";
  for (std::size_t cut = 0; cut <= input.size(); ++cut) {
    LineReader reader;
    reader.on_bytes(input.substr(0, cut));
    reader.on_bytes(input.substr(cut));
    reader.on_end();
    EXPECT_THAT(rest(reader), ElementsAre("one", "two", "", "three")) << cut;
  }
}

TEST(Lines, EndWithTheInput) {
  LineReader reader;
  reader.on_bytes("quit\n");
  reader.on_end();
  EXPECT_THAT(rest(reader), ElementsAre("quit"));
}

TEST(Lines, MayHaveAMebibyte) {
  LineReader reader;
  reader.on_bytes(std::string(LineReader::kMaxLine, 'x') + "\n");
  EXPECT_EQ(reader.next()->text.size(), LineReader::kMaxLine);
}

TEST(Lines, ThatAreTooLongLoseNothingOfTheNext) {
  LineReader reader;
  for (int i = 0; i < 3; ++i) reader.on_bytes(std::string(LineReader::kMaxLine / 2, 'x'));
  reader.on_bytes("\nquit\n");
  EXPECT_THAT(rest(reader), ElementsAre("BAD", "quit"));
}

TEST(Lines, ThatAreTooLongAreToldOfAtTheEndToo) {
  LineReader reader;
  reader.on_bytes(std::string(LineReader::kMaxLine + 1, 'x'));
  reader.on_end();
  EXPECT_THAT(rest(reader), ElementsAre("BAD"));
}

TEST(Lines, HoldNoNul) {
  LineReader reader;
  reader.on_bytes(std::string("a\0b\nc\n", 6));
  EXPECT_THAT(rest(reader), ElementsAre("BAD", "c"));
}

}  // namespace
}  // namespace balcony_cli
