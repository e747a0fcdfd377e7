// SPDX-License-Identifier: MIT
// Mode require: what waits for a stream, for how long, and that it never leaves through the server
// (STZ-21, C-19; SECURITY.md promise 4).
#include "tests/plugin/two_agents_fixture.h"

namespace balcony {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST_F(TwoAgents, ReportARequiredMessageWhenTheContactIsOffline) {  // covers STZ-21, promise 4
  romeo = &world.add(kRomeo, {"trust=tofu", "require.wait=10"});
  romeo->command("mode juliet@example.net require");
  world.run();
  EXPECT_EQ(romeo->message(*Jid::parse("juliet@example.net"), "poison", "m1"),
            OutgoingDecision::kTake);
  world.advance(9s);
  EXPECT_THAT(romeo->told<TellUndelivered>(), IsEmpty());
  world.advance(2s);
  auto lost = romeo->told<TellUndelivered>();
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_EQ(lost[0].stanza.id, "m1");
  EXPECT_FALSE(lost[0].unknown);
  EXPECT_THAT(world.everything_the_server_saw(), Not(HasSubstr("poison")));
}

TEST_F(TwoAgents, DeliverARequiredMessageOnceTheContactComes) {
  romeo = &world.add(kRomeo, {"trust=tofu"});
  romeo->command("mode juliet@example.net require");
  romeo->message(*Jid::parse("juliet@example.net"), "wait for me");
  world.advance(1s);
  juliet = &world.add(kJuliet, {"mode=auto", "trust=tofu"});
  world.advance(3s);
  EXPECT_THAT(juliet->bodies("e2e"), ElementsAre("wait for me"));
  EXPECT_THAT(world.everything_the_server_saw(), Not(HasSubstr("wait for me")));
}

TEST_F(TwoAgents, OpenAStreamToTheClientThatARequiredMessageIsFor) {  // covers STZ-01, STZ-21
  meet({"mode=require", "trust=tofu"}, kAuto);
  open();
  FakeHost& tomb = world.add("juliet@example.net/tomb", kAuto);
  EXPECT_EQ(romeo->message(tomb.jid, "there", "m1"), OutgoingDecision::kTake);
  world.advance(3s);
  EXPECT_THAT(tomb.bodies("e2e"), ElementsAre("there"));
  EXPECT_THAT(juliet->bodies("e2e"), IsEmpty());
}

TEST_F(TwoAgents, SendARequiredMessageForAClientThatIsGoneToAnotherOfTheContact) {  // covers STZ-21
  meet({"mode=require", "trust=tofu"}, kAuto);
  open();
  romeo->message(*Jid::parse("juliet@example.net/gone"), "wherever", "m1");
  world.advance(1s);
  EXPECT_THAT(juliet->bodies("e2e"), ElementsAre("wherever"));
}

TEST_F(TwoAgents, CallAgainForAMessageThatCameWhileTheStreamBroke) {  // covers STZ-21
  meet({"mode=require", "trust=tofu"}, kAuto);
  open();
  juliet->command("stop romeo@example.org");
  std::size_t taken = 0;
  for (; taken < 20 && romeo->state() == "open"; ++taken) {
    std::string n = std::to_string(taken);
    romeo->message(juliet->jid.to_bare(), "line " + n, "m" + n);
    world.scheduler.advance(20ms);
    for (auto& host : world.hosts) host->turn();
  }
  world.advance(5s);
  ASSERT_GT(taken, 1U);
  EXPECT_EQ(juliet->bodies("e2e").size() + romeo->lost().size(), taken);
  romeo->message(juliet->jid.to_bare(), "last", "z");
  world.advance(5s);
  EXPECT_THAT(juliet->bodies("e2e"), Contains("last"));
  EXPECT_THAT(world.everything_the_server_saw(), Not(HasSubstr("line ")));
}

TEST_F(TwoAgents, GiveUpWaitingWhenTheModeOfAllChanges) {  // covers STZ-21
  romeo = &world.add(kRomeo, {"mode=require"});
  romeo->message(*Jid::parse("juliet@example.net"), "poison", "m1");
  romeo->message(*Jid::parse(kJuliet), "dagger", "m2");
  world.run();
  romeo->command("set mode ask");
  world.run();
  EXPECT_THAT(romeo->lost(), ElementsAre("m1", "m2"));
}

TEST_F(TwoAgents, ReportMoreThanMayWait) {  // covers C-19
  romeo = &world.add(kRomeo, {"mode=require"});
  for (int i = 0; i < 105; ++i)
    romeo->message(*Jid::parse("juliet@example.net"), "x", "m" + std::to_string(i));
  world.run();
  EXPECT_EQ(romeo->lost().size(), 5U);
  world.advance(61s);
  EXPECT_EQ(romeo->lost().size(), 105U);
}

TEST_F(TwoAgents, CloseTheStreamsOfModeOff) {
  meet();
  open();
  romeo->command("set mode off");
  world.advance(2s);
  EXPECT_EQ(romeo->last_stream().info.reason, "success");
  EXPECT_THAT(romeo->features, IsEmpty());
}

}  // namespace
}  // namespace balcony
