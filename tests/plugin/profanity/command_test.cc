// SPDX-License-Identifier: MIT
#include "plugin/profanity/command.h"

#include "tests/plugin/profanity/fixture.h"

namespace {

using profanity_host::contact_of;
using profanity_host::core_line;
using testing::ElementsAre;

std::string line(std::vector<std::string> words, const std::string& window = "j@x") {
  return core_line(std::move(words), window, [](const std::string& name) {
    return name == "Nurse" ? std::string("nurse@x") : std::string();
  });
}

TEST(ProfanityCommandLine, TakesTheContactOfTheWindowWhereNoneIsNamed) {
  EXPECT_EQ(line({"start"}), "start j@x");
  EXPECT_EQ(line({"start", "ibb"}), "start j@x ibb");
  EXPECT_EQ(line({"mode", "auto"}), "mode j@x auto");
  EXPECT_EQ(line({"trust", "abcd"}), "trust j@x abcd");
  EXPECT_EQ(line({"stop"}), "stop j@x");
}

TEST(ProfanityCommandLine, LeavesANamedContactAndOtherWordsAlone) {
  EXPECT_EQ(line({"start", "k@x/phone", "ibb"}), "start k@x/phone ibb");
  EXPECT_EQ(line({"mode", "k@x", "auto"}), "mode k@x auto");
  EXPECT_EQ(line({"set", "trust", "tofu"}), "set trust tofu");
  EXPECT_EQ(line({"list"}), "list");
  EXPECT_EQ(line({"help", "start"}), "help start");
}

TEST(ProfanityCommandLine, FindsTheAddressBehindANameOfTheRoster) {
  EXPECT_EQ(line({"start", "Nurse"}), "start nurse@x");
  EXPECT_EQ(line({"mode", "Nurse", "off"}), "mode nurse@x off");
}

TEST(ProfanityCommandLine, MeansAllStreamsAndTheOwnKeyWithoutAContact) {
  EXPECT_EQ(line({"status"}), "status");
  EXPECT_EQ(line({}), "status");
  EXPECT_EQ(line({"fingerprint"}), "fingerprint");
}

TEST(ProfanityCommandLine, NamesNobodyInTheConsole) { EXPECT_EQ(line({"start"}, ""), "start"); }

TEST(ProfanityCommandLine, TellsWhomItIsAbout) {
  EXPECT_EQ(contact_of("mode k@x/phone auto"), "k@x");
  EXPECT_EQ(contact_of("start k@x"), "k@x");
  EXPECT_EQ(contact_of("set mode auto"), std::nullopt);
  EXPECT_EQ(contact_of("list"), std::nullopt);
}

using ProfanityCommand = ProfanityTest;

TEST_F(ProfanityCommand, GoesToTheCoreAndItsReplyToTheSameWindow) {
  go_online();
  host_.type({"start"});
  EXPECT_THAT(core_.commands, ElementsAre("start juliet@localhost"));
  host_.in_front.clear();  // the user goes to the console meanwhile
  host_.type({"list"});
  tell([](const balcony_host& host) {
    host.reply(host.user, "start juliet@localhost", 1, "Calling.");
    host.reply(host.user, "list", 1, "one\ntwo");
  });
  EXPECT_THAT(host_.lines, ElementsAre("juliet@localhost: Calling.", "e2e: one", "e2e: two"));
}

TEST_F(ProfanityCommand, WritesCommandsAsTheUserTypesThem) {
  go_online();
  host_.type({"start"});
  tell([](const balcony_host& host) {
    host.reply(host.user, "start", 0,
               "The mode is off; change it first: mode juliet@localhost ask");
  });
  EXPECT_TRUE(host_.saw_line("change it first: /e2e mode juliet@localhost ask"));
}

// covers SVC-04
TEST_F(ProfanityCommand, IsRefusedForSomebodyInARoom) {
  go_online();
  host_.rooms = {"room@muc.localhost"};
  host_.type({"start", "room@muc.localhost/nick"});
  EXPECT_TRUE(core_.commands.empty());
  EXPECT_TRUE(host_.saw_line("room@muc.localhost is a room"));
}

TEST_F(ProfanityCommand, IsRefusedInARoomsWindowAndThereItIsSaid) {  // covers SVC-04
  go_online();
  host_.rooms = {"room@muc.localhost"};
  host_.in_front = "room@muc.localhost";
  host_.type({"start"});
  EXPECT_TRUE(core_.commands.empty());
  EXPECT_TRUE(host_.saw_line("room@muc.localhost: room@muc.localhost is a room"));
}

TEST_F(ProfanityCommand, WaitsForTheUserToGoOnline) {
  host_.load();
  host_.type({"start"});
  EXPECT_TRUE(host_.saw_line("/connect first"));
}

TEST_F(ProfanityCommand, CompletesContactsModesAndKeysThatWereAskedAbout) {
  host_.roster = {{"juliet@localhost", {}}};
  go_online();
  EXPECT_TRUE(host_.completions.contains("/e2e"));
  EXPECT_EQ(host_.completions.find("/e2e start")->second, kJuliet);
  EXPECT_EQ(host_.completions.count("/e2e mode juliet@localhost"), 4u);
  tell([](const balcony_host& host) {
    balcony_question question{sizeof question, "key", kJulietsClient, "abcd", nullptr, 0};
    host.ask(host.user, &question);
  });
  EXPECT_EQ(host_.completions.find("/e2e trust juliet@localhost")->second, "abcd");
  EXPECT_TRUE(host_.saw_line("/e2e trust juliet@localhost abcd"));
}

}  // namespace
