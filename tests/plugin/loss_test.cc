// SPDX-License-Identifier: MIT
// What becomes of stanzas and streams when something ends: orderly and abrupt goodbyes, loss,
// back-pressure, mode require (JGL-33, -36, -37, SMX-15, STZ-21; SECURITY.md promises 4 and 6).
#include "tests/plugin/two_agents_fixture.h"

namespace balcony {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string sid_of_stream(const World& world) {
  std::string sid;
  for (const std::string& line : world.jingle())
    if (line.starts_with("session-initiate")) sid = line.substr(line.find(' ') + 1);
  return sid;
}

// ---- goodbyes ----

TEST_F(TwoAgents, DeliverWhatCameBeforeASessionTerminate) {  // covers JGL-33
  meet();
  open();
  juliet->message(romeo->jid, "parting is", "m1");
  world.advance(1s);
  juliet->message(romeo->jid, "such sweet sorrow", "m2");
  // The message's data and the terminate reach Romeo in one batch.
  std::vector<Element> held;
  world.drop = [&](const Element& stanza) {
    bool to_romeo = stanza.attr("to") == kRomeo;
    if (to_romeo) held.push_back(stanza);
    return to_romeo;
  };
  world.advance(200ms);
  world.drop = nullptr;
  ASSERT_THAT(held, Not(IsEmpty()));
  for (const Element& stanza : held) romeo->incoming(stanza);
  Element end = jingle("session-terminate", sid_of_stream(world), "<reason><gone/></reason>");
  romeo->incoming(end.set_attr("from", kJuliet).set_attr("to", kRomeo));
  world.advance(1s);
  EXPECT_THAT(romeo->bodies("e2e"), ElementsAre("parting is", "such sweet sorrow"));
  EXPECT_EQ(romeo->last_stream().info.reason, "gone");
  // told in this order
  ASSERT_TRUE(std::holds_alternative<TellStream>(romeo->events.back()) ||
              std::holds_alternative<TellWritable>(romeo->events.back()));
}

TEST_F(TwoAgents, SayGoodbyeInOrder) {  // covers JGL-33, STM-18
  meet();
  open();
  std::size_t since = world.seen.size();
  romeo->command("stop juliet@example.net");
  world.advance(3s);
  std::vector<std::string> requests;
  for (std::size_t i = since; i < world.seen.size(); ++i) {
    const Element* payload = world.seen[i].first_child();
    if (is_iq_request(world.seen[i]) && payload && payload->name() != "data")
      requests.push_back(std::string(world.seen[i].attr("from")) + ' ' +
                         std::string(payload->name()));
  }
  ASSERT_GE(requests.size(), 2U);
  EXPECT_EQ(requests.back(), std::string(kRomeo) + " jingle");
  EXPECT_THAT(requests.front(), HasSubstr(" close"));
  EXPECT_THAT(world.jingle(since),
              ElementsAre("session-terminate " + sid_of_stream(world) + " success"));
}

TEST_F(TwoAgents, ReportWhatWasQueuedWhenThePathBreaksInTheGoodbye) {  // covers promise 6
  meet();
  open();
  world.drop = [&](const Element& stanza) {  // nothing of Romeo's data arrives any more
    return stanza.child("data", ns::kIbb) && stanza.attr("from") == kRomeo;
  };
  romeo->message(juliet->jid, "unheard", "m1");
  juliet->command("stop romeo@example.org");
  world.advance(60s);
  EXPECT_EQ(romeo->state(), "closed");
  EXPECT_THAT(romeo->lost(), ElementsAre("m1"));
  EXPECT_THAT(juliet->bodies("e2e"), IsEmpty());
}

TEST_F(TwoAgents, ReportNoPresenceThatIsLost) {  // covers SMX-12
  meet();
  open();
  romeo->outgoing(*parse_stanza(std::string("<presence id='p1' to='") + kJuliet + "'/>"));
  romeo->message(juliet->jid, "farewell", "m1");
  world.run();
  world.remove(*juliet);
  world.advance(200s);
  EXPECT_THAT(romeo->lost(), ElementsAre("m1"));
}

TEST_F(TwoAgents, SendAllThatIsQueuedBeforeTheyClose) {
  meet();
  open();
  std::string large(100'000, 'x');
  EXPECT_EQ(romeo->message(juliet->jid, large, "m1"), OutgoingDecision::kTake);
  romeo->command("stop juliet@example.net");
  world.advance(5s);
  EXPECT_THAT(juliet->bodies("e2e"), ElementsAre(large));
  EXPECT_THAT(romeo->lost(), IsEmpty());
  EXPECT_EQ(romeo->last_stream().info.reason, "success");
}

TEST_F(TwoAgents, EndTheSessionThemselvesWhenThePeerSkipsIt) {  // covers JGL-33, C-08
  meet();
  open();
  std::size_t since = world.seen.size();
  world.drop = [](const Element& stanza) {  // Romeo's last word is lost
    const Element* jingle = stanza.child("jingle", ns::kJingle);
    return jingle && stanza.attr("from") == kRomeo;
  };
  romeo->command("stop juliet@example.net");
  world.advance(15s);
  EXPECT_EQ(world.jingle(since).size(), 2U);  // both said it
  romeo->command("status");
  juliet->command("status");
  world.run();
  EXPECT_THAT(juliet->told<TellStatus>(), IsEmpty());
}

TEST_F(TwoAgents, ShutDownThoughThePeerIsGone) {  // covers "the user quitting in each state"
  meet();
  open();
  world.drop = [](const Element&) { return true; };
  romeo->message(juliet->jid, "anyone?", "m1");
  romeo->shutdown();
  world.advance(11s);
  EXPECT_TRUE(romeo->mailbox.with_snapshot([](Snapshot& s) { return s.closed; }));
  EXPECT_EQ(romeo->state(), "closed");
  EXPECT_THAT(romeo->lost(), ElementsAre("m1"));
}

TEST_F(TwoAgents, TellThatACallEndsWithTheProgram) {
  meet();
  world.drop = [](const Element& stanza) { return stanza.child("query", ns::kDiscoInfo); };
  romeo->command("start juliet@example.net/elsewhere");
  world.run();
  romeo->shutdown();
  world.advance(1s);
  EXPECT_EQ(romeo->last_stream().info.reason, "gone");
  EXPECT_TRUE(romeo->mailbox.with_snapshot([](Snapshot& s) { return s.closed; }));
}

// ---- the server and the peer ----

TEST_F(TwoAgents, KeepAStreamWhosePeerStillAnswers) {  // covers JGL-36
  meet();
  open();
  Element presence =
      *parse_stanza(std::string("<presence type='unavailable' from='") + kJuliet + "'/>");
  romeo->incoming(presence);
  world.advance(9s);
  romeo->incoming(presence);
  world.advance(20s);
  EXPECT_EQ(romeo->state(), "open");
  world.drop = [](const Element& stanza) { return stanza.attr("from") == kJuliet; };
  romeo->incoming(presence);
  world.advance(11s);
  EXPECT_EQ(romeo->state(), "closed");
  EXPECT_EQ(romeo->last_stream().info.reason, "gone");
}

TEST_F(TwoAgents, NoticeALoginThatComesWithoutWarning) {  // covers JGL-37
  meet({}, {});
  romeo->command("start juliet@example.net");
  world.advance(1s);
  romeo->online();
  world.advance(1s);
  EXPECT_THAT(romeo->states(), ElementsAre("negotiating", "closed"));
  EXPECT_EQ(romeo->last_stream().info.reason, "connectivity-error");
}

TEST_F(TwoAgents, CallAtOnceAgainAfterALoginInModeRequire) {  // covers STZ-21, JGL-37
  meet({"mode=require", "trust=tofu"}, {});
  romeo->command("start juliet@example.net");
  world.advance(1s);
  romeo->offline();
  world.run();
  romeo->online();
  world.run();
  romeo->incoming(*parse_stanza(std::string("<presence from='") + kJuliet + "'/>"));
  world.run();
  romeo->message(juliet->jid.to_bare(), "back", "m1");
  world.advance(1s);
  EXPECT_THAT(romeo->lost(), IsEmpty());
  EXPECT_EQ(romeo->state(), "negotiating");
}

// ---- a slow host ----

TEST_F(TwoAgents, StopReadingWhileTheHostIsStuck) {  // covers promise 8, C-13
  meet();
  open();
  juliet->dispatches = false;
  std::string large(60'000, 'x');
  int taken = 0;
  for (int i = 0; i < 400; ++i) {
    auto decision = romeo->message(juliet->jid, large, "m" + std::to_string(i));
    if (decision == OutgoingDecision::kTake) ++taken;
    world.run();
    if (decision == OutgoingDecision::kBusy) break;
  }
  EXPECT_LT(taken, 400);
  juliet->dispatches = true;
  world.advance(8s);
  EXPECT_FALSE(romeo->told<TellWritable>().empty());
}

TEST_F(TwoAgents, StampNothingLaterThanNow) {  // covers STZ-17
  meet();
  open();
  auto send = [&](const std::string& stamp) {
    juliet->outgoing(*parse_stanza(
        "<message xmlns='jabber:client' type='chat' to='" + std::string(kRomeo) +
        "'><body>x</body><delay xmlns='urn:xmpp:delay' stamp='" + stamp + "'/></message>"));
    world.advance(1s);
    Element got = *parse_stanza(romeo->told<TellReceive>().back().stanza.xml);
    return std::string(got.child("delay", ns::kDelay)->attr("stamp"));
  };
  EXPECT_EQ(send("2020-01-01T00:00:00Z"), "2020-01-01T00:00:00Z");
  EXPECT_EQ(send("2020-01-01T00:00:00.123Z"), "2020-01-01T00:00:00.123Z");
  EXPECT_THAT(send("2100-01-01T00:00:00Z"), HasSubstr("2026-11-1"));
  EXPECT_THAT(send("yesterday"), HasSubstr("2026-11-1"));
}

TEST_F(TwoAgents, OweNoPeerMoreRepliesThanItsShare) {  // covers STZ-11
  meet();
  open();
  juliet->answers_requests = true;
  for (int i = 0; i < 130; ++i)
    romeo->outgoing(
        make_iq("get", kJuliet, "p" + std::to_string(i), Element("what", "urn:example:what")));
  world.advance(2s);
  EXPECT_EQ(juliet->told<TellReceive>().size(), 128U);
  ASSERT_EQ(romeo->told<TellReceive>().size(), 2U);
  EXPECT_EQ(stanza_error(*parse_stanza(romeo->told<TellReceive>()[0].stanza.xml)).condition,
            "resource-constraint");
  world.advance(60s);
  EXPECT_EQ(romeo->told<TellReceive>().size(), 130U);
}

TEST_F(TwoAgents, TellWhatMayBeLostWhenThePeerDies) {  // covers SMX-15, JGL-36
  meet();
  open();
  world.drop = [](const Element&) { return true; };
  romeo->message(juliet->jid, "into the void", "m7");
  world.advance(60s);
  EXPECT_EQ(romeo->state(), "closed");
  auto lost = romeo->told<TellUndelivered>();
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_EQ(lost[0].stanza.id, "m7");
  EXPECT_TRUE(lost[0].unknown);
}

TEST_F(TwoAgents, SurviveAResumedServerSession) {  // covers JGL-37
  meet();
  open();
  romeo->offline();
  romeo->message(juliet->jid, "while away");
  world.advance(5s);
  romeo->online(true);
  world.advance(5s);
  EXPECT_THAT(juliet->bodies("e2e"), ElementsAre("while away"));
  EXPECT_EQ(romeo->state(), "open");
}

// The server does not say again who is online.
TEST_F(TwoAgents, KnowWhoIsOnlineWhenALoginIsResumed) {  // covers DSC-09
  meet();
  romeo->offline();
  world.advance(1s);
  romeo->online(true);
  world.advance(1s);
  open();
}

TEST_F(TwoAgents, AnswerACommandBeforeTheyTellWhatFollows) {
  meet();
  for (const char* line :
       {"start juliet@example.net", "stop juliet@example.net", "set ca /nowhere.pem"}) {
    std::size_t since = romeo->events.size();
    romeo->command(line);
    world.run();
    bool is_told = false;
    for (std::size_t i = since; i < romeo->events.size() && !is_told; ++i) {
      if (std::holds_alternative<TellReply>(romeo->events[i])) break;
      is_told = std::holds_alternative<TellStream>(romeo->events[i]) ||
                std::holds_alternative<TellNotice>(romeo->events[i]);
    }
    EXPECT_FALSE(is_told) << line;
    EXPECT_TRUE(romeo->said_ok()) << line;
  }
}

TEST_F(TwoAgents, StayVisibleToWhomTheyShowedThemselvesWhenALoginIsResumed) {  // covers DSC-10
  meet({}, {});
  FakeHost& paris = world.add("paris@example.net/x");
  paris.online();
  romeo->mailbox.to_core(DirectedPresence{paris.jid, true});
  auto answer_to_paris = [&] {
    paris.outgoing(make_iq("set", kRomeo, "q", Element("open", ns::kIbb).set_attr("sid", "s1")));
    world.advance(1s);
    return stanza_error(paris.from_server.back()).condition;
  };
  romeo->offline();
  world.advance(1s);
  romeo->online(true);
  EXPECT_EQ(answer_to_paris(), "not-acceptable");  // a stranger gets service-unavailable
  romeo->offline();
  world.advance(1s);
  romeo->online(false);
  EXPECT_EQ(answer_to_paris(), "service-unavailable");
}

TEST_F(TwoAgents, LoseAnInBandStreamWithANewLogin) {  // covers JGL-37
  meet();
  open();
  romeo->offline();
  world.run();
  romeo->message(juliet->jid, "too late", "m9");
  romeo->online(false);
  world.advance(5s);
  EXPECT_EQ(romeo->state(), "closed");
  ASSERT_EQ(romeo->told<TellUndelivered>().size(), 1U);
  EXPECT_EQ(romeo->told<TellUndelivered>()[0].stanza.id, "m9");
}

// Nothing leaves while the server is away, so no time makes it safe.
TEST_F(TwoAgents,
       LoseNothingSilentlyInBandHoweverLongTheServerIsAway) {  // covers JGL-37, promise 6
  meet();
  open();
  world.drop = [](const Element& stanza) { return stanza.child("data", ns::kIbb) != nullptr; };
  romeo->message(juliet->jid, "on its way when it broke", "m1");
  world.advance(1s);
  romeo->offline();
  romeo->message(juliet->jid, "while away", "m2");
  world.advance(140s);
  world.drop = nullptr;
  romeo->online(false);
  world.advance(5s);
  EXPECT_THAT(romeo->lost(), ElementsAre("m1", "m2"));
}

// The backlog of a slow path is not for a peer that is trusted no more.
TEST_F(TwoAgents, SendNoBacklogToWhomTheyTrustNoMore) {  // covers TLS-21
  meet_on_a_network();
  open();
  juliet->dispatches = false;
  int taken = 0;
  while (taken < 100 && romeo->message(juliet->jid, Bytes(150'000, 'x'),
                                       "m" + std::to_string(taken)) == OutgoingDecision::kTake) {
    ++taken;
    world.run();
  }
  ASSERT_LT(taken, 100);
  romeo->command("untrust juliet@example.net");
  world.run();
  juliet->dispatches = true;
  world.advance(30s);
  EXPECT_EQ(romeo->last_stream().info.reason, "security-error");
  EXPECT_LT(juliet->bodies("e2e").size() + 3, static_cast<std::size_t>(taken));
  EXPECT_THAT(romeo->lost(), Contains("m" + std::to_string(taken - 1)));
}

TEST_F(TwoAgents, TellAllThatIsOpenWhenTheHostCanWaitNoLonger) {  // covers promise 6
  meet();
  open();
  world.drop = [](const Element&) { return true; };
  romeo->message(juliet->jid, "anyone?", "m1");
  romeo->shutdown();
  world.advance(1s);
  EXPECT_THAT(romeo->lost(), IsEmpty());
  romeo->shutdown();
  world.run();
  EXPECT_THAT(romeo->lost(), ElementsAre("m1"));
  EXPECT_EQ(romeo->state(), "closed");
  EXPECT_TRUE(romeo->mailbox.with_snapshot([](Snapshot& s) { return s.closed; }));
}

// Whichever task of the set-up the user's word comes behind, `closed` is the last of the stream.
TEST(TwoAgentsAtEachTask, TellNoOpenStreamAfterItWasClosed) {
  for (std::size_t tasks = 1;; ++tasks) {
    World world;
    world.befriend(kRomeo, kJuliet);
    FakeHost& romeo = world.add(kRomeo, kAuto, true, {"192.0.2.10"});
    FakeHost& juliet = world.add(kJuliet, kAuto, true, {"198.51.100.20"});
    romeo.command("start juliet@example.net");
    std::size_t ran = 0;
    while (ran < tasks && romeo.state() != "open") {
      if (!romeo.turn() && !juliet.turn() && world.scheduler.run_due(1) == 1)
        ++ran;
      else
        world.env.set_now(world.env.now() + 1ms);
    }
    if (romeo.state() == "open") break;
    romeo.command("stop juliet@example.net");
    romeo.turn();
    world.advance(20s);
    ASSERT_EQ(romeo.broken_law(), "") << tasks;
    ASSERT_THAT(romeo.state(), testing::AnyOf("closed", "none")) << tasks;
  }
}

TEST_F(TwoAgents, ShutDownInOrderWithinTenSeconds) {
  meet();
  open();
  romeo->message(juliet->jid, "last words");
  romeo->shutdown();
  world.advance(3s);
  EXPECT_TRUE(romeo->mailbox.with_snapshot([](Snapshot& s) { return s.closed; }));
  EXPECT_EQ(romeo->last_stream().info.reason, "success");
  EXPECT_EQ(juliet->last_stream().info.reason, "success");
  EXPECT_THAT(juliet->bodies("e2e"), ElementsAre("last words"));
}

}  // namespace
}  // namespace balcony
