// SPDX-License-Identifier: MIT
// The main job in memory: two agents negotiate, secure, talk and part, and everything that can go
// wrong on the way has a clear outcome.
#include <filesystem>

#include "tests/plugin/two_agents_fixture.h"

namespace balcony {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::ResultOf;

TEST_F(TwoAgents, OpenAStreamInBandUnderTls13) {
  meet();
  open();
  StreamInfo info = romeo->last_stream().info;
  EXPECT_EQ(info.transport, "ibb");
  EXPECT_EQ(info.tls, "TLSv1.3");
  EXPECT_EQ(info.trust, "new");
  EXPECT_EQ(info.role, "initiator");
  EXPECT_EQ(info.fingerprint.size(), 64U);
  EXPECT_THAT(romeo->states(), ElementsAre("negotiating", "open"));
  EXPECT_THAT(juliet->states(), ElementsAre("negotiating", "open"));
}

TEST_F(TwoAgents, CarryMessagesBothWaysThatTheServerNeverSees) {
  meet();
  open();
  EXPECT_EQ(romeo->message(juliet->jid, "But soft!"), OutgoingDecision::kTake);
  EXPECT_EQ(juliet->message(romeo->jid.to_bare(), "Ay me!"), OutgoingDecision::kTake);
  world.advance(1s);
  EXPECT_THAT(juliet->bodies("e2e"), ElementsAre("But soft!"));
  EXPECT_THAT(romeo->bodies("e2e"), ElementsAre("Ay me!"));
  EXPECT_THAT(world.everything_the_server_saw(), Not(HasSubstr("soft")));
}

TEST_F(TwoAgents, OpenAStreamWhereTheHostsParserMakesProofNecessary) {  // covers JGL-40
  meet({"mode=auto", "trust=tofu"}, {"mode=auto", "trust=tofu"}, false);
  open();
}

TEST_F(TwoAgents, KeepAThousandMessagesInOrder) {
  meet();
  open();
  std::vector<std::string> sent;
  for (int i = 0; i < 1000; ++i) {
    sent.push_back("line " + std::to_string(i));
    ASSERT_EQ(romeo->message(juliet->jid, sent.back()), OutgoingDecision::kTake);
    world.run();
  }
  world.advance(5s);
  EXPECT_EQ(juliet->bodies("e2e"), sent);
}

TEST_F(TwoAgents, CloseFromEitherSideInOrder) {  // covers JGL-33
  for (bool romeo_closes : {true, false}) {
    World fresh;
    fresh.befriend(kRomeo, kJuliet);
    FakeHost& a = fresh.add(kRomeo, {"mode=auto", "trust=tofu"});
    FakeHost& b = fresh.add(kJuliet, {"mode=auto", "trust=tofu"});
    a.command("start juliet@example.net");
    fresh.advance(2s);
    (romeo_closes ? a : b)
        .command(romeo_closes ? "stop juliet@example.net" : "stop romeo@example.org");
    fresh.advance(2s);
    EXPECT_EQ(a.state(), "closed");
    EXPECT_EQ(b.state(), "closed");
    EXPECT_EQ(a.last_stream().info.reason, "success");
    EXPECT_EQ(b.last_stream().info.reason, "success");
    std::string seen = fresh.everything_the_server_saw();
    EXPECT_THAT(seen, HasSubstr("<success/>"));
    EXPECT_THAT(a.told<TellUndelivered>(), IsEmpty());
  }
}

TEST_F(TwoAgents, OpenAgainAfterTheyClosed) {
  meet();
  open();
  romeo->command("stop juliet@example.net");
  world.advance(1s);
  open();
  EXPECT_EQ(romeo->last_stream().info.trust, "pinned");
}

TEST_F(TwoAgents, TellTheCallerWhenTheOfferIsDeclined) {
  meet({}, {});
  romeo->command("start juliet@example.net");
  world.advance(1s);
  juliet->command("decline romeo@example.org");
  world.advance(1s);
  EXPECT_EQ(romeo->state(), "closed");
  EXPECT_EQ(romeo->last_stream().info.reason, "decline");
}

TEST_F(TwoAgents, StartByThemselvesInModeAutoWhileTheServerCarriesTheFirstMessage) {
  meet();
  EXPECT_EQ(romeo->message(juliet->jid.to_bare(), "first"), OutgoingDecision::kPassAndAttempt);
  world.advance(2s);
  EXPECT_EQ(romeo->state(), "open");
  EXPECT_EQ(romeo->message(juliet->jid.to_bare(), "second"), OutgoingDecision::kTake);
  world.advance(1s);
  EXPECT_THAT(juliet->bodies("server"), ElementsAre("first"));
  EXPECT_THAT(juliet->bodies("e2e"), ElementsAre("second"));
}

TEST_F(TwoAgents, AgreeOnOneStreamWhenBothCallAtOnce) {  // covers JGL-14, JGL-15, JGL-16
  meet({"trust=tofu"}, {"trust=tofu"});
  romeo->command("start juliet@example.net");
  juliet->command("start romeo@example.org");
  world.advance(3s);
  EXPECT_EQ(romeo->state(), "open");
  EXPECT_EQ(juliet->state(), "open");
  EXPECT_THAT(romeo->told<TellAsk>(), IsEmpty());
  EXPECT_THAT(juliet->told<TellAsk>(), IsEmpty());
  EXPECT_NE(romeo->last_stream().info.role, juliet->last_stream().info.role);
  romeo->message(juliet->jid, "one");
  world.advance(1s);
  EXPECT_THAT(juliet->bodies("e2e"), ElementsAre("one"));
}

TEST_F(TwoAgents, ReplaceTheStreamOfAClientThatCrashedAndCameBack) {  // covers JGL-18, JGL-36
  meet();
  open();
  world.remove(*juliet);
  juliet = &world.add(kJuliet, {"mode=auto", "trust=tofu"});
  juliet->command("start romeo@example.org");
  world.advance(15s);
  EXPECT_EQ(juliet->state(), "open");
  EXPECT_EQ(romeo->message(juliet->jid, "again"), OutgoingDecision::kTake);
  world.advance(1s);
  EXPECT_THAT(juliet->bodies("e2e"), ElementsAre("again"));
}

TEST_F(TwoAgents, AnswerPingAndOtherRequestsOnTheStream) {  // covers STZ-11
  meet();
  open();
  Element ping = make_iq("get", kJuliet, "p1", Element("ping", ns::kPing));
  Element strange = make_iq("get", kJuliet, "p2", Element("what", "urn:example:what"));
  EXPECT_EQ(romeo->outgoing(ping), OutgoingDecision::kTake);
  EXPECT_EQ(romeo->outgoing(strange), OutgoingDecision::kTake);
  world.advance(1s);
  auto replies = romeo->told<TellReceive>();
  ASSERT_EQ(replies.size(), 2U);
  EXPECT_EQ(parse_stanza(replies[0].stanza.xml)->attr("type"), "result");
  EXPECT_EQ(stanza_error(*parse_stanza(replies[1].stanza.xml)).condition, "service-unavailable");
}

TEST_F(TwoAgents, AnswerARequestThatTheHostForgets) {  // covers STZ-11
  meet();
  open();
  juliet->answers_requests = true;
  romeo->outgoing(make_iq("get", kJuliet, "p1", Element("what", "urn:example:what")));
  world.advance(59s);
  EXPECT_THAT(romeo->told<TellReceive>(), IsEmpty());
  world.advance(2s);
  EXPECT_EQ(romeo->told<TellReceive>().size(), 1U);
}

TEST_F(TwoAgents, KeepAReplyThatComesTooLateFromTheServer) {  // covers STZ-02, STZ-11
  meet();
  open();
  juliet->answers_requests = true;
  romeo->outgoing(make_iq("get", kJuliet, "p1", Element("what", "urn:example:what")));
  world.advance(61s);
  EXPECT_EQ(juliet->outgoing(make_iq("result", kRomeo, "p1", {})), OutgoingDecision::kTake);
  world.advance(1s);
  EXPECT_EQ(romeo->told<TellReceive>().size(), 1U);  // the reply that Balcony gave
  EXPECT_THAT(romeo->from_server, Each(ResultOf(is_iq_reply, false)));

  romeo->outgoing(make_iq("get", kJuliet, "p2", Element("what", "urn:example:what")));
  world.advance(1s);
  romeo->command("stop " + std::string(kJuliet));
  world.advance(5s);
  EXPECT_EQ(juliet->outgoing(make_iq("result", kRomeo, "p2", {})), OutgoingDecision::kTake);
}

TEST_F(TwoAgents, GiveClearAnswersToCommandsThatCannotBe) {
  meet({}, {});
  auto reply_to = [&](const std::string& line) {
    romeo->command(line);
    world.run();
    return romeo->told<TellReply>().back();
  };
  EXPECT_FALSE(reply_to("dance").ok);
  EXPECT_FALSE(reply_to("start").ok);
  EXPECT_THAT(reply_to("start romeo@example.org").text, HasSubstr("yourself"));
  EXPECT_THAT(reply_to("start paris@example.org").text, HasSubstr("not online"));
  EXPECT_FALSE(reply_to("start juliet@example.net telepathy").ok);
  EXPECT_FALSE(reply_to("start @@").ok);
  EXPECT_FALSE(reply_to("stop juliet@example.net").ok);
  EXPECT_FALSE(reply_to("accept juliet@example.net").ok);
  EXPECT_FALSE(reply_to("mode juliet@example.net sometimes").ok);
  EXPECT_FALSE(reply_to("trust juliet@example.net beef").ok);
  EXPECT_FALSE(reply_to("set colour blue").ok);
  EXPECT_FALSE(reply_to("verify juliet@example.net").ok);
  EXPECT_TRUE(reply_to("fingerprint").ok);
  EXPECT_TRUE(reply_to("help").ok);
  EXPECT_TRUE(reply_to("status").ok);
}

TEST_F(TwoAgents, SayNothingOfTheRelaysPasswordInAnAnswer) {
  meet(kAuto, kAuto);
  for (const char* typed : {"set ice.turn ada:secret@turn.example.org", "set ice.turn ada:secret",
                            "set ice.turn secret", "set ice.turn=ada:secret@turn.example.org",
                            "set ice_turn ada:secret", "sett ice.turn ada:secret"}) {
    romeo->command(typed);
    world.run();
    EXPECT_THAT(romeo->reply(), Not(HasSubstr("secret"))) << typed;
    EXPECT_EQ(romeo->told<TellReply>().back().line, typed);
  }
}

TEST_F(TwoAgents, AreToldThatAMethodIsStillOff) {
  meet(kAuto, kAuto);
  for (auto [typed, is_off] : {std::pair("set transports ptcp,ibb", true),
                               {"set transports s5b,ibb", false},
                               {"set ice.ptcp true", false},
                               {"set transports ptcp,ibb", false}}) {
    romeo->command(typed);
    world.run();
    EXPECT_TRUE(romeo->said_ok());
    EXPECT_EQ(romeo->reply().find("off until ice.ptcp is true") != std::string::npos, is_off)
        << typed;
  }
}

// The server loses one stanza after another, from the first of the negotiation on: every attempt
// ends, on both sides, and nothing stays behind.
TEST_F(TwoAgents, EndInADefinedStateWhicheverStanzaIsLost) {
  for (std::size_t lost = 0; lost < 24; ++lost) {
    World fresh;
    fresh.befriend(kRomeo, kJuliet);
    FakeHost& a = fresh.add(kRomeo, {"mode=auto", "trust=tofu"});
    FakeHost& b = fresh.add(kJuliet, {"mode=auto", "trust=tofu"});
    std::size_t start = fresh.seen.size();
    fresh.drop = [&](const Element&) { return fresh.seen.size() == start + lost + 1; };
    a.command("start juliet@example.net");
    fresh.advance(200s);
    bool both_open = a.state() == "open" && b.state() == "open";
    bool both_over = a.state() == "closed" && (b.state() == "closed" || b.state() == "none");
    EXPECT_TRUE(both_open || both_over)
        << "lost " << lost << ": " << a.state() << ", " << b.state();
  }
}

// The same for the server's whole path going away at that moment.
TEST_F(TwoAgents, EndWhenTheServerGoesAwayAtAnyMoment) {
  for (std::size_t at = 0; at < 24; ++at) {
    World fresh;
    fresh.befriend(kRomeo, kJuliet);
    FakeHost& a = fresh.add(kRomeo, {"mode=auto", "trust=tofu"});
    FakeHost& b = fresh.add(kJuliet, {"mode=auto", "trust=tofu"});
    std::size_t start = fresh.seen.size();
    fresh.drop = [&](const Element&) { return fresh.seen.size() > start + at; };
    a.command("start juliet@example.net");
    fresh.advance(300s);
    EXPECT_EQ(a.state(), "closed") << at;
    EXPECT_NE(b.state(), "negotiating") << at;
    EXPECT_NE(b.state(), "open") << at;
  }
}

}  // namespace
}  // namespace balcony
