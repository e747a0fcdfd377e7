// SPDX-License-Identifier: MIT
// The trial of the peer's key between two agents: questions, proofs, pins, revocation (TLS-11, -16,
// -21; C-07; SECURITY.md promises 2 and 3).
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/plugin/two_agents_fixture.h"

namespace balcony {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

bool is_reply_to_accept(const World& world, const Element& stanza) {
  if (!is_iq_reply(stanza)) return false;
  return std::any_of(world.seen.begin(), world.seen.end(), [&](const Element& sent) {
    const Element* jingle = sent.child("jingle", ns::kJingle);
    return jingle && jingle->attr("action") == "session-accept" &&
           sent.attr("id") == stanza.attr("id");
  });
}

TEST_F(TwoAgents, WaitForTheProofBeforeTheyPinAKey) {  // covers STM-08, TLS-16 rule 5, promise 3
  meet();
  Element held;
  world.drop = [&](const Element& stanza) {
    bool holds = is_reply_to_accept(world, stanza);
    if (holds) held = stanza;
    return holds;
  };
  romeo->command("start juliet@example.net");
  world.advance(3s);
  juliet->command("fingerprint romeo@example.org");
  world.run();
  EXPECT_FALSE(juliet->said_ok());
  EXPECT_THAT(juliet->told<TellAsk>(), IsEmpty());
  ASSERT_TRUE(held);
  juliet->incoming(held);
  world.advance(2s);
  EXPECT_EQ(juliet->state(), "open");
  EXPECT_EQ(juliet->last_stream().info.trust, "new");
}

TEST_F(TwoAgents, EndWithoutAPinWhenTheProofNeverComes) {  // covers STM-08, C-01
  meet();
  world.drop = [&](const Element& stanza) { return is_reply_to_accept(world, stanza); };
  romeo->command("start juliet@example.net");
  world.advance(60s);
  EXPECT_EQ(juliet->state(), "closed");
  EXPECT_EQ(romeo->state(), "closed");
  juliet->command("fingerprint romeo@example.org");
  world.run();
  EXPECT_FALSE(juliet->said_ok());
}

TEST_F(TwoAgents, KeepThePeerWaitingWhileAUserThinksForTwoMinutes) {  // covers C-07, C-05
  for (bool initiator_thinks : {true, false}) {
    World fresh;
    fresh.befriend(kRomeo, kJuliet);
    FakeHost& a = fresh.add(kRomeo, {"mode=auto", initiator_thinks ? "trust=ask" : "trust=tofu"});
    FakeHost& b = fresh.add(kJuliet, {"mode=auto", initiator_thinks ? "trust=tofu" : "trust=ask"});
    a.command("start juliet@example.net");
    fresh.advance(115s);
    FakeHost& thinker = initiator_thinks ? a : b;
    ASSERT_EQ(thinker.told<TellAsk>().size(), 1U);
    thinker.command("trust " + thinker.told<TellAsk>()[0].peer + " " +
                    thinker.told<TellAsk>()[0].fingerprint);
    fresh.advance(3s);
    EXPECT_EQ(a.state(), "open") << initiator_thinks;
    EXPECT_EQ(b.state(), "open") << initiator_thinks;
  }
}

TEST_F(TwoAgents, EndWhenTheQuestionAboutAKeyIsNotAnswered) {  // covers C-07
  meet({"mode=auto"}, kAuto);
  romeo->command("start juliet@example.net");
  world.advance(125s);
  EXPECT_EQ(romeo->last_stream().info.reason, "security-error");
  EXPECT_THAT(romeo->last_stream().info.text, HasSubstr("not answered"));
  EXPECT_EQ(juliet->last_stream().info.reason, "security-error");
  romeo->command("trust juliet@example.net " + fingerprint_asked(*romeo));
  world.run();
  EXPECT_TRUE(romeo->said_ok());  // for the next stream
  open();
  EXPECT_EQ(romeo->last_stream().info.trust, "pinned");
}

TEST_F(TwoAgents, SayHowAQuestionAboutAKeyIsAnswered) {
  meet({"mode=auto"}, kAuto);
  romeo->command("start juliet@example.net");
  world.advance(2s);
  romeo->command("accept juliet@example.net");
  world.run();
  EXPECT_FALSE(romeo->said_ok());
  EXPECT_THAT(romeo->reply(),
              HasSubstr("trust " + std::string(kJuliet) + " " + fingerprint_asked(*romeo)));
  romeo->command("trust juliet@example.net " + std::string(64, 'a'));
  world.run();
  EXPECT_FALSE(romeo->said_ok());
  EXPECT_EQ(romeo->state(), "negotiating");
}

TEST_F(TwoAgents, RefuseAKeyThatCanNotBeKept) {  // covers promise 10
  meet({"mode=auto"}, kAuto);
  romeo->command("start juliet@example.net");
  world.advance(2s);
  std::string own = world.folder + "/romeo@example.org";
  std::filesystem::remove_all(own);
  std::ofstream(own) << "a file where the folder was";
  romeo->command("trust juliet@example.net " + fingerprint_asked(*romeo));
  world.advance(2s);
  EXPECT_FALSE(romeo->said_ok());
  EXPECT_EQ(romeo->state(), "closed");
  EXPECT_EQ(romeo->last_stream().info.reason, "security-error");
}

TEST_F(TwoAgents, CloseTheStreamOfAKeyThatIsTrustedNoMore) {  // covers TLS-21
  meet();
  open();
  romeo->command("untrust juliet@example.net");
  EXPECT_EQ(romeo->message(juliet->jid, "too late", "m1"), OutgoingDecision::kTake);
  world.advance(2s);
  EXPECT_THAT(romeo->last_stream().info.text, HasSubstr("trusted no more"));
  EXPECT_EQ(romeo->last_stream().info.reason, "security-error");
  EXPECT_EQ(juliet->last_stream().info.reason, "security-error");
  EXPECT_THAT(romeo->lost(), ElementsAre("m1"));
  EXPECT_THAT(juliet->bodies("e2e"), IsEmpty());
}

TEST_F(TwoAgents, EndTheStreamOfAContactWhoIsBlocked) {  // covers STZ-19
  meet({"mode=require", "trust=tofu"}, kAuto);
  open();
  world.blocked.push_back(juliet->jid.to_bare());
  romeo->incoming(
      *parse_stanza("<iq type='set' id='b1'><block xmlns='urn:xmpp:blocking'><item "
                    "jid='juliet@example.net'/></block></iq>"));
  world.advance(2s);
  EXPECT_EQ(romeo->state(), "closed");
  EXPECT_THAT(romeo->last_stream().info.text, HasSubstr("blocked"));
  EXPECT_EQ(juliet->state(), "closed");
  EXPECT_EQ(juliet->last_stream().info.text.find("blocked"), std::string::npos);
  romeo->message(juliet->jid.to_bare(), "hello?", "m1");
  world.run();
  EXPECT_THAT(romeo->lost(), ElementsAre("m1"));
}

TEST_F(TwoAgents, AskAboutOneKeyOfAContactAtATime) {  // covers "questions" limit
  meet({"mode=auto"}, kAuto);
  FakeHost& other = world.add("juliet@example.net/tomb", kAuto);
  juliet->command("start romeo@example.org");
  other.command("start romeo@example.org");
  world.advance(3s);
  EXPECT_EQ(romeo->told<TellAsk>().size(), 1U);
  romeo->command("trust juliet@example.net " + fingerprint_asked(*romeo));
  world.advance(3s);
  EXPECT_TRUE((juliet->state() == "open") != (other.state() == "open"));
}

TEST_F(TwoAgents, AnswerAChangedKeyByEachCommand) {  // covers TLS-16 rule 4
  meet();
  open();
  romeo->command("stop juliet@example.net");
  world.advance(1s);
  world.remove(*juliet);
  std::filesystem::remove(world.folder + "/juliet@example.net/identity.pem");
  juliet = &world.add(kJuliet, kAuto);
  romeo->command("start juliet@example.net");
  world.advance(3s);
  EXPECT_EQ(juliet->last_stream().info.reason, "security-error");
  auto reply_to = [&](const std::string& line) {
    romeo->command(line);
    world.run();
    return romeo->told<TellReply>().back();
  };
  EXPECT_THAT(reply_to("accept juliet@example.net").text,
              HasSubstr("trust juliet@example.net " + fingerprint_asked(*romeo)));
  EXPECT_TRUE(reply_to("decline juliet@example.net").ok);
  EXPECT_FALSE(reply_to("decline juliet@example.net").ok);
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

TEST_F(TwoAgents, EndAStreamWhoseCertificateExpiresAndCallAgain) {  // covers TLS-22, STE-16
  meet();
  open();
  world.advance(61min);
  EXPECT_EQ(romeo->state(), "open");
  std::size_t since = world.seen.size();
  world.env.set_unix_start(world.env.unix_time() + 400 * 86400);
  world.advance(61min);
  EXPECT_EQ(romeo->told<TellStream>()[2].info.state, "closed");
  EXPECT_EQ(romeo->told<TellStream>()[2].info.reason, "security-error");
  EXPECT_THAT(romeo->told<TellStream>()[2].info.text, HasSubstr("has expired"));
  std::vector<std::string> later = world.jingle(since);
  EXPECT_EQ(std::count_if(later.begin(), later.end(),
                          [](const auto& line) { return line.starts_with("session-initiate"); }),
            1);  // nobody renewed anything meanwhile
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

}  // namespace
}  // namespace balcony
