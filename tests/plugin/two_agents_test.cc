// SPDX-License-Identifier: MIT
// The main job in memory: two agents negotiate, secure, talk and part, and everything that can go
// wrong on the way has a clear outcome.
#include "tests/support/two_agents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace balcony {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kRomeo = "romeo@example.org/orchard";
constexpr const char* kJuliet = "juliet@example.net/balcony";

class TwoAgents : public ::testing::Test {
 protected:
  void SetUp() override { world.befriend(kRomeo, kJuliet); }

  // Both trust at first use and accept at once, but for what a test sets otherwise.
  void meet(std::vector<std::string> romeos = {"mode=auto", "trust=tofu"},
            std::vector<std::string> juliets = {"mode=auto", "trust=tofu"},
            bool parser_is_sound = true) {
    romeo = &world.add(kRomeo, std::move(romeos), parser_is_sound);
    juliet = &world.add(kJuliet, std::move(juliets), parser_is_sound);
  }
  void open() {
    romeo->command("start juliet@example.net");
    world.advance(2s);
    ASSERT_EQ(romeo->state(), "open") << romeo->last_stream().info.text;
    ASSERT_EQ(juliet->state(), "open");
  }

  World world;
  FakeHost* romeo = nullptr;
  FakeHost* juliet = nullptr;
};

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

TEST_F(TwoAgents, AskAboutOfferAndKeyWhereTheUserWantsIt) {  // covers TLS-11, TLS-16
  meet({}, {});
  romeo->command("start juliet@example.net");
  world.advance(1s);
  ASSERT_EQ(juliet->told<TellAsk>().size(), 1U);
  EXPECT_EQ(juliet->told<TellAsk>()[0].kind, "offer");
  juliet->command("accept romeo@example.org");
  world.advance(2s);
  ASSERT_EQ(romeo->told<TellAsk>().size(), 1U);
  ASSERT_EQ(juliet->told<TellAsk>().size(), 2U);
  EXPECT_EQ(romeo->told<TellAsk>()[0].kind, "key");
  EXPECT_EQ(romeo->state(), "negotiating");
  juliet->command("trust romeo@example.org " + juliet->told<TellAsk>()[1].fingerprint);
  world.advance(1s);
  romeo->command("trust juliet@example.net " + romeo->told<TellAsk>()[0].fingerprint);
  world.advance(2s);
  EXPECT_EQ(romeo->state(), "open");
  EXPECT_EQ(juliet->state(), "open");
  EXPECT_EQ(juliet->last_stream().info.trust, "new");
}

TEST_F(TwoAgents, EndWithSecurityErrorWhenTheKeyIsDeclined) {
  for (bool initiator_declines : {true, false}) {
    World fresh;
    fresh.befriend(kRomeo, kJuliet);
    FakeHost& a = fresh.add(kRomeo, {"mode=auto", initiator_declines ? "trust=ask" : "trust=tofu"});
    FakeHost& b =
        fresh.add(kJuliet, {"mode=auto", initiator_declines ? "trust=tofu" : "trust=ask"});
    a.command("start juliet@example.net");
    fresh.advance(2s);
    FakeHost& judge = initiator_declines ? a : b;
    judge.command(initiator_declines ? "decline juliet@example.net" : "decline romeo@example.org");
    fresh.advance(2s);
    EXPECT_EQ(a.state(), "closed");
    EXPECT_EQ(b.state(), "closed");
    EXPECT_EQ(a.last_stream().info.reason, "security-error") << initiator_declines;
    EXPECT_EQ(b.last_stream().info.reason, "security-error") << initiator_declines;
  }
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

TEST_F(TwoAgents, RefuseAChangedKeyLoudlyAndKeepThePin) {  // covers TLS-16 rule 4, flow 9.7
  meet();
  open();
  std::string old = romeo->last_stream().info.fingerprint;
  romeo->command("stop juliet@example.net");
  world.advance(1s);
  world.remove(*juliet);
  std::filesystem::remove(world.folder + "/juliet@example.net/identity.pem");
  juliet = &world.add(kJuliet, {"mode=auto", "trust=tofu"});
  romeo->command("start juliet@example.net");
  world.advance(3s);
  EXPECT_EQ(romeo->state(), "closed");
  EXPECT_EQ(romeo->last_stream().info.reason, "security-error");
  TellAsk question = romeo->told<TellAsk>().back();
  EXPECT_THAT(question.known, ElementsAre(old));
  romeo->command("fingerprint juliet@example.net");
  world.run();
  EXPECT_THAT(romeo->reply(), HasSubstr(old));

  romeo->command("trust juliet@example.net " + question.fingerprint);
  romeo->command("start juliet@example.net");
  world.advance(3s);
  EXPECT_EQ(romeo->state(), "open");
}

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

TEST_F(TwoAgents, AnswerAStrangerAsIfThereWereNoBalcony) {  // covers DSC-10
  meet();
  FakeHost& mallory = world.add("mallory@example.org/x", {"trust=tofu"});
  mallory.command("start juliet@example.net/balcony");
  world.advance(2s);
  EXPECT_EQ(mallory.state(), "closed");
  EXPECT_EQ(mallory.last_stream().info.reason, "unsupported-applications");
  EXPECT_THAT(juliet->told<TellStream>(), IsEmpty());
}

TEST_F(TwoAgents, ShowNobodyAForgedOffer) {  // covers JGL-40, promise 3
  meet({}, {}, false);
  Element offer = *parse_stanza(
      "<iq type='set' id='f1' to='juliet@example.net/balcony' from='romeo@example.org/orchard'>"
      "<jingle xmlns='urn:xmpp:jingle:1' action='session-initiate' sid='forged1'>"
      "<content creator='initiator' name='xmlstream'><description "
      "xmlns='urn:xmpp:jingle:apps:xmlstream:0'/>"
      "<transport xmlns='urn:xmpp:jingle:transports:ibb:1' block-size='4096' "
      "sid='i1'/></content></jingle></iq>");
  for (int i = 0; i < 100; ++i) juliet->incoming(offer);
  world.advance(5s);
  EXPECT_THAT(juliet->told<TellAsk>(), IsEmpty());
  EXPECT_THAT(juliet->told<TellStream>(), IsEmpty());
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
