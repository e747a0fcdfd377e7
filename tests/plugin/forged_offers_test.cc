// SPDX-License-Identifier: MIT
// Offers of strangers, and offers whose sender is forged: nothing of ours ends, waits or shows for
// them (JGL-40, DSC-10; SECURITY.md promises 3 and 8).
#include "tests/plugin/two_agents_fixture.h"

namespace balcony {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_F(TwoAgents, CallInSpiteOfForgedOffers) {  // covers JGL-40, promise 3
  meet(kAuto, kAuto, false);
  world.drop = [](const Element& stanza) {  // no proof ever comes
    const Element* jingle = stanza.child("jingle", ns::kJingle);
    return jingle && jingle->attr("action") == "session-info";
  };
  for (int i = 0; i < 5; ++i) romeo->incoming(offer("a" + std::to_string(i)));
  world.run();
  romeo->command("status");
  romeo->command("stop juliet@example.net");
  world.run();
  EXPECT_THAT(romeo->told<TellStatus>(), IsEmpty());
  EXPECT_FALSE(romeo->said_ok());
  world.drop = nullptr;
  open();
  EXPECT_THAT(romeo->states(), ElementsAre("negotiating", "open"));
}

TEST_F(TwoAgents, SendRequiredMessagesInSpiteOfForgedOffers) {  // covers JGL-40, STZ-21
  meet({"mode=require", "trust=tofu"}, kAuto, false);
  world.drop = [](const Element& stanza) {
    const Element* jingle = stanza.child("jingle", ns::kJingle);
    return jingle && jingle->attr("action") == "session-info" && jingle->attr("sid") == "a1";
  };
  romeo->incoming(offer("a1"));
  world.run();
  romeo->message(juliet->jid.to_bare(), "now");
  world.advance(3s);
  EXPECT_THAT(juliet->bodies("e2e"), ElementsAre("now"));
}

TEST_F(TwoAgents, KeepWhatTheyOweWhenAForgedOfferEnds) {  // covers STZ-11, JGL-40
  meet(kAuto, kAuto, false);
  open();
  juliet->answers_requests = true;
  romeo->outgoing(make_iq("get", kJuliet, "p1", Element("what", "urn:example:what")));
  world.advance(1s);
  juliet->incoming(offer("f1", kRomeo, kJuliet));
  world.advance(1s);
  Element reply = make_iq("result", kRomeo, "p1", Element("that", "urn:example:what"));
  EXPECT_EQ(juliet->outgoing(reply), OutgoingDecision::kTake);
  world.advance(1s);
  EXPECT_EQ(romeo->told<TellReceive>().size(), 1U);
}

TEST_F(TwoAgents, BearTenThousandForgedOffers) {  // covers JGL-11, JGL-40, promise 8
  meet(kAuto, {}, false);
  std::size_t before = world.scheduler.waiting();
  world.drop = [](const Element& stanza) { return stanza.attr("from") == kJuliet; };
  for (int i = 0; i < 10'000; ++i) {
    juliet->incoming(offer("f" + std::to_string(i), kRomeo, kJuliet));
    if (i % 100 == 0) world.run();
  }
  world.run();
  EXPECT_LE(world.scheduler.waiting(), before + 3 * 4);  // three links with a few timers each
  EXPECT_THAT(juliet->told<TellStream>(), IsEmpty());
  EXPECT_THAT(juliet->told<TellAsk>(), IsEmpty());
  world.drop = nullptr;
  world.advance(31s);
  romeo->command("start juliet@example.net");
  world.advance(1s);
  EXPECT_EQ(juliet->told<TellAsk>().size(), 1U);
}

TEST_F(TwoAgents, EndNoOfferForPresenceThatMayBeForged) {  // covers JGL-36
  meet({}, {});
  romeo->command("start juliet@example.net");
  world.advance(1s);
  romeo->incoming(
      *parse_stanza(std::string("<presence type='unavailable' from='") + kJuliet + "'/>"));
  world.advance(30s);
  EXPECT_EQ(romeo->state(), "negotiating");
  juliet->command("accept romeo@example.org");
  world.advance(2s);
  EXPECT_EQ(romeo->told<TellAsk>().size(), 1U);
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

TEST_F(TwoAgents, SayToTheHostWhoMayKnowOfThem) {  // covers DSC-10
  meet();
  world.run();
  auto may_know = [this](const char* asker) {
    return romeo->mailbox.with_snapshot(
        [asker](const Snapshot& s) { return s.may_know(*Jid::parse(asker)); });
  };
  EXPECT_TRUE(may_know(kJuliet));
  EXPECT_FALSE(may_know("paris@example.com/tomb"));
  romeo->mailbox.to_core(DirectedPresence{*Jid::parse("paris@example.com/tomb"), true});
  world.run();
  EXPECT_TRUE(may_know("paris@example.com/tomb"));
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

}  // namespace
}  // namespace balcony
