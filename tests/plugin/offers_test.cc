// SPDX-License-Identifier: MIT
// Offers that meet, that are forged, repeated, withdrawn or refused (JGL-11 to -20, -38, -40).
#include "jingle/session/errors.h"
#include "tests/plugin/two_agents_fixture.h"

namespace balcony {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// ---- glare ----

TEST_F(TwoAgents, ShowOneAttemptWhenBothCallAtOnce) {  // covers JGL-14, JGL-15, JGL-16
  for (bool sound : {true, false}) {
    World fresh;
    fresh.befriend(kRomeo, kJuliet);
    FakeHost& a = fresh.add(kRomeo, {"trust=tofu"}, sound);
    FakeHost& b = fresh.add(kJuliet, {"trust=tofu"}, sound);
    a.command("start juliet@example.net");
    b.command("start romeo@example.org");
    fresh.advance(3s);
    EXPECT_THAT(a.states(), ElementsAre("negotiating", "open")) << sound;
    EXPECT_THAT(b.states(), ElementsAre("negotiating", "open")) << sound;
    EXPECT_THAT(a.told<TellAsk>(), IsEmpty());
    EXPECT_THAT(b.told<TellAsk>(), IsEmpty());
  }
}

TEST_F(TwoAgents, TakeTheLowerOfferOfAPeerThatIgnoresGlare) {  // covers JGL-15
  meet_puppet({"trust=tofu"});
  Element ours = call_puppet();
  std::size_t since = world.seen.size();
  says(offer("a0"));
  EXPECT_THAT(world.jingle(since), IsEmpty());
  says(result_of(ours));
  std::string sid(ours.first_child()->attr("sid"));
  EXPECT_THAT(world.jingle(since), ElementsAre("session-terminate " + sid + " alternative-session",
                                               "session-accept a0"));
  EXPECT_THAT(romeo->states(), ElementsAre("negotiating"));
}

TEST_F(TwoAgents, KeepTheirOwnLowerOfferBesideOneThatCameBefore) {  // covers JGL-14
  meet_puppet({"trust=tofu"}, false);
  says(offer("zz"));  // to be proven first
  Element ours = call_puppet();
  ASSERT_TRUE(ours);
  says(result_of(ours));
  std::size_t since = world.seen.size();
  says(result_of(take_request("jingle", "session-info")));
  EXPECT_THAT(world.jingle(since), ElementsAre("session-terminate zz alternative-session"));
  EXPECT_THAT(romeo->states(), ElementsAre("negotiating"));
}

TEST_F(TwoAgents, DecideTheOthersOfferWhenTheirOwnFails) {  // covers JGL-15
  meet_puppet({"trust=tofu"});
  Element ours = call_puppet();
  says(offer("a0"));
  says(error_of(ours, {"not-acceptable", {}, {}, {}}));
  ASSERT_EQ(romeo->told<TellAsk>().size(), 1U);
  EXPECT_EQ(romeo->told<TellAsk>()[0].kind, "offer");
  EXPECT_THAT(romeo->states(), ElementsAre("negotiating", "closed", "negotiating"));
}

TEST_F(TwoAgents, SurviveAnOfferWithTheirOwnSid) {  // covers JGL-14
  meet_puppet();
  Element ours = call_puppet();
  says(offer(std::string(ours.first_child()->attr("sid"))));
  says(error_of(ours, {"conflict", {}, {}, {}}));
  world.advance(1s);
  EXPECT_THAT(world.jingle(), Contains(HasSubstr("session-accept")));
  romeo->command("stop juliet@example.net");
  world.advance(200s);
  EXPECT_EQ(romeo->state(), "closed");
}

// A client without the plugin answers nothing; it is loaded, and calls.
TEST_F(TwoAgents, CallAgainWhenThePeerNeverGotTheOfferThatBeatItsOwn) {  // covers JGL-14, JGL-26
  meet_puppet();
  call_puppet();
  says(offer("zz"));
  std::size_t since = world.seen.size();
  world.advance(2s);
  Element asked = take_request("jingle", "session-info");
  ASSERT_TRUE(asked);
  says(error_of(asked, unknown_session()));
  EXPECT_THAT(world.jingle(since),
              ElementsAre(HasSubstr("session-info "), HasSubstr("session-initiate ")));
  EXPECT_THAT(romeo->states(), ElementsAre("negotiating", "closed", "negotiating"));
}

TEST_F(TwoAgents, TakeTheLowerOfferOfAPeerThatNeverGotTheirs) {  // covers JGL-14, -16, -26
  meet_puppet({"trust=tofu"});
  call_puppet();
  says(offer("a0"));
  std::size_t since = world.seen.size();
  world.advance(2s);
  says(error_of(take_request("jingle", "session-info"), unknown_session()));
  EXPECT_THAT(world.jingle(since), ElementsAre(HasSubstr("session-info "), "session-accept a0"));
  EXPECT_THAT(romeo->states(), ElementsAre("negotiating"));
  EXPECT_THAT(romeo->told<TellAsk>(), IsEmpty());
}

TEST_F(TwoAgents, CallAgainOnceAndByTheSameMethods) {  // covers JGL-26
  meet_puppet();
  romeo->command("start juliet@example.net ibb");
  world.run();
  for (const char* sid : {"zy", "zz"}) {
    EXPECT_TRUE(take_request("jingle", "session-initiate")) << sid;
    says(offer(sid));
    world.advance(3s);
    Element asked = take_request("jingle", "session-info");
    if (asked) says(error_of(asked, unknown_session()));
  }
  EXPECT_FALSE(take_request("jingle", "session-initiate"));
  EXPECT_THAT(romeo->states(), ElementsAre("negotiating", "closed", "negotiating"));
}

TEST_F(TwoAgents, CallNobodyAgainWhoWentOffline) {  // covers JGL-26
  meet_puppet();
  call_puppet();
  says(offer("zz"));
  romeo->incoming(
      *parse_stanza(std::string("<presence type='unavailable' from='") + kJuliet + "'/>"));
  world.run();
  says(error_of(take_request("jingle", "session-info"), unknown_session()));
  world.advance(10s);
  EXPECT_FALSE(take_request("jingle", "session-initiate"));
  EXPECT_THAT(romeo->states(), ElementsAre("negotiating", "closed"));
}

TEST_F(TwoAgents, DoNotDoubtAnOfferThatWasAnswered) {  // covers JGL-26
  meet_puppet();
  Element ours = call_puppet();
  says(offer("zz"));
  says(result_of(ours));
  world.advance(5s);
  EXPECT_FALSE(take_request("jingle", "session-info"));
}

// ---- repeated and withdrawn offers ----

TEST_F(TwoAgents, AnswerAnOfferBesideALivingStreamWithItsSid) {  // covers JGL-18
  meet();
  open();
  std::size_t since = world.seen.size();
  romeo->incoming(offer("n1"));
  romeo->incoming(offer("n2"));
  world.advance(1s);
  EXPECT_THAT(world.jingle(since), ElementsAre("session-terminate n1 alternative-session",
                                               "session-terminate n2 alternative-session"));
  EXPECT_EQ(romeo->state(), "open");
}

TEST_F(TwoAgents, DecideEveryOfferThatWaitedForASilentStream) {  // covers JGL-18
  meet();
  open();
  world.drop = [](const Element& stanza) { return stanza.attr("to") == kJuliet; };
  world.advance(6s);
  std::size_t since = world.seen.size();
  romeo->incoming(offer("n1"));
  world.advance(1s);
  romeo->incoming(offer("n2"));
  world.advance(6s);
  EXPECT_THAT(world.jingle(since), Contains("session-terminate n1 alternative-session"));
  EXPECT_THAT(world.jingle(since), Contains("session-accept n2"));
}

TEST_F(TwoAgents, DecideAnOfferThatWaitedForAStreamThatEndsMeanwhile) {  // covers JGL-18
  meet({"trust=tofu"}, kAuto);
  juliet->command("start romeo@example.org");
  world.advance(1s);
  romeo->command("accept juliet@example.net");
  world.advance(8s);
  ASSERT_EQ(romeo->state(), "open");
  world.drop = [](const Element& stanza) { return stanza.attr("to") == kJuliet; };
  romeo->incoming(offer("n1"));
  world.run();
  romeo->offline();
  romeo->online();
  world.advance(1s);
  world.drop = nullptr;
  world.advance(1s);
  EXPECT_EQ(romeo->state(), "closed");
  EXPECT_THAT(romeo->told<TellAsk>(), Not(IsEmpty()));
}

TEST_F(TwoAgents, AskOnceWhenThePeerCallsAnewMeanwhile) {  // covers JGL-20, "questions" limit
  meet_puppet({});
  says(offer("n1"));
  says(offer("n2"));
  world.advance(1s);
  EXPECT_EQ(romeo->told<TellAsk>().size(), 1U);
  EXPECT_THAT(romeo->states(), ElementsAre("negotiating"));
  std::size_t since = world.seen.size();
  romeo->command("accept juliet@example.net");
  world.advance(1s);
  EXPECT_THAT(world.jingle(since), ElementsAre("session-accept n2"));
}

TEST_F(TwoAgents, TellThatAQuestionIsOverWhenTheOfferIsWithdrawn) {
  meet({}, {});
  romeo->command("start juliet@example.net");
  world.advance(1s);
  romeo->command("stop juliet@example.net");
  world.advance(1s);
  EXPECT_THAT(juliet->states(), ElementsAre("negotiating", "closed"));
  EXPECT_EQ(juliet->last_stream().info.reason, "cancel");
  EXPECT_THAT(juliet->last_stream().info.text, HasSubstr("called it off"));
  juliet->command("accept romeo@example.org");
  world.run();
  EXPECT_FALSE(juliet->said_ok());
}

TEST_F(TwoAgents, EndAnOfferThatNobodyAnswers) {  // covers C-02
  meet({}, {});
  romeo->command("start juliet@example.net");
  world.advance(119s);
  EXPECT_EQ(romeo->state(), "negotiating");
  world.advance(2s);
  EXPECT_EQ(romeo->last_stream().info.reason, "timeout");
  EXPECT_EQ(juliet->last_stream().info.reason, "timeout");
}

// Once the server has lost our question for it.
class RosterUnknown : public TwoAgents {
 protected:
  void log_in() {
    world.drop = [](const Element& stanza) { return stanza.child("query", ns::kRoster); };
    romeo = &world.add(kRomeo, kAuto);
    world.drop = {};
  }
  void learn_it() {
    auto asked = std::find_if(world.seen.rbegin(), world.seen.rend(), [](const Element& stanza) {
      return stanza.child("query", ns::kRoster);
    });
    Element item("item", ns::kRoster);
    item.set_attr("jid", "juliet@example.net").set_attr("subscription", "both");
    Element answer = result_of(*asked).set_attr("to", kRomeo);
    answer.add(Element("query", ns::kRoster).add(std::move(item))).remove_attr("from");
    romeo->incoming(answer);
    world.advance(1s);
  }
};

TEST_F(RosterUnknown, HoldsOffers) {  // covers DSC-10
  world.puppets[kJuliet];
  log_in();
  std::size_t since = world.seen.size();
  romeo->incoming(offer("n1"));
  world.advance(1s);
  EXPECT_EQ(world.seen.size(), since);
  learn_it();
  EXPECT_THAT(world.jingle(since), ElementsAre("session-accept n1"));
}

// A client that loads the plugin in the middle of a session says who is online at once.
TEST_F(RosterUnknown, HoldsCalls) {  // covers DSC-09
  juliet = &world.add(kJuliet, kAuto);
  log_in();
  romeo->incoming(*parse_stanza(std::string("<presence from='") + kJuliet + "'/>"));
  romeo->command("start juliet@example.net");
  world.run();
  EXPECT_EQ(romeo->reply(), "Calling juliet@example.net.");
  EXPECT_THAT(romeo->states(), IsEmpty());
  learn_it();
  EXPECT_EQ(romeo->state(), "open");
}

// Who is a contact says what may be shown to him.
TEST_F(RosterUnknown, HoldsACallToAFullAddressOfWhichAllIsKnown) {  // covers S5B-20
  juliet = &world.add(kJuliet, kAuto);
  log_in();
  romeo->command("start " + std::string(kJuliet));
  world.advance(1s);
  EXPECT_THAT(romeo->states(), IsEmpty());
  learn_it();
  EXPECT_EQ(romeo->state(), "open");
}

TEST_F(RosterUnknown, EndsACallThatIsOffByThen) {
  juliet = &world.add(kJuliet, kAuto);
  log_in();
  romeo->command("start juliet@example.net");
  romeo->command("mode juliet@example.net off");
  world.run();
  learn_it();
  EXPECT_EQ(romeo->last_stream().info.reason, "cancel");
}

TEST_F(RosterUnknown, ReportsInTimeWhatWaitsForNobodyThere) {  // covers STZ-01
  log_in();
  romeo->command("set require.wait 2");
  romeo->command("mode juliet@example.net require");
  romeo->message(*Jid::parse("juliet@example.net"), "psst", "m1");
  world.run();
  learn_it();
  world.advance(3s);
  EXPECT_THAT(romeo->lost(), ElementsAre("m1"));
}

TEST_F(RosterUnknown, GivesACallUpThatIsForNobodyThere) {
  log_in();
  romeo->command("start juliet@example.net");
  world.run();
  learn_it();
  EXPECT_EQ(romeo->last_stream().info.text, "juliet@example.net is not online");
}

TEST_F(TwoAgents, TakeAnOfferForTheAnswerToACallThatStillAsks) {  // covers DSC-06
  world.puppets[kJuliet];
  romeo = &world.add(kRomeo, kAuto);
  romeo->command("start " + std::string(kJuliet));  // disco#info is not answered
  world.run();
  says(offer("n1"));
  world.advance(1s);
  romeo->command("stop " + std::string(kJuliet));
  world.advance(1s);
  EXPECT_THAT(romeo->states(), ElementsAre("negotiating", "closed"));
}

// ---- refused offers ----

TEST_F(TwoAgents, TryAgainWhenThePeerIsBusyForAMoment) {  // covers JGL-38
  meet_puppet();
  romeo->command("start juliet@example.net");
  world.run();
  for (int i = 0; i < 3; ++i) {
    Element ours = take_request("jingle", "session-initiate");
    ASSERT_TRUE(ours) << i;
    says(error_of(ours, {"resource-constraint", "wait", {}, {}}));
    world.advance(31s);
  }
  EXPECT_FALSE(take_request("jingle", "session-initiate"));
  EXPECT_THAT(romeo->states(), ElementsAre("negotiating", "closed"));
  EXPECT_EQ(romeo->last_stream().info.reason, "busy");
}

TEST_F(TwoAgents, LeaveTheWaitForAnotherTryInEveryWay) {  // covers JGL-38
  std::vector<std::function<void(FakeHost&)>> ways = {
      [](FakeHost& host) { host.command("stop juliet@example.net"); },
      [](FakeHost& host) { host.offline(); },
      [](FakeHost& host) { host.shutdown(); },
      [](FakeHost& host) {
        host.incoming(
            *parse_stanza(std::string("<presence type='unavailable' from='") + kJuliet + "'/>"));
      },
      [](FakeHost& host) { host.command("mode juliet@example.net off"); },
  };
  for (auto& leave : ways) {
    world.hosts.clear();
    world.puppets.clear();
    meet_puppet();
    romeo->command("start juliet@example.net");
    world.run();
    says(error_of(take_request("jingle", "session-initiate"), {"resource-constraint", {}, {}, {}}));
    world.advance(1s);
    leave(*romeo);
    world.advance(60s);
    EXPECT_THAT(romeo->states(), ElementsAre("negotiating", "closed"));
    EXPECT_FALSE(take_request("jingle", "session-initiate"));
  }
}

TEST_F(TwoAgents, CallAPeerThatCallsWhileTheyWaitToTryAgain) {  // covers JGL-38, JGL-15
  meet_puppet({"trust=tofu"});
  romeo->command("start juliet@example.net");
  world.run();
  says(error_of(take_request("jingle", "session-initiate"), {"resource-constraint", {}, {}, {}}));
  says(offer("zz"));
  world.advance(1s);
  EXPECT_THAT(world.jingle(), Contains("session-accept zz"));
  EXPECT_THAT(romeo->states(), ElementsAre("negotiating"));
}

TEST_F(TwoAgents, RememberWhoCanNotTalkEndToEnd) {  // covers JGL-38
  meet_puppet();
  romeo->command("start juliet@example.net");
  world.run();
  says(error_of(take_request("jingle", "session-initiate"), {"service-unavailable", {}, {}, {}}));
  EXPECT_EQ(romeo->last_stream().info.reason, "unsupported-applications");
  EXPECT_EQ(romeo->told<TellPeer>().back().e2e, 0);
  romeo->command("start juliet@example.net");
  world.run();
  EXPECT_FALSE(take_request("jingle", "session-initiate"));
  EXPECT_EQ(romeo->state(), "closed");
}

// The refusal of an offer to Juliet's client, around the address that is to be called instead.
Element redirect_of(const Element& offer, const std::string& uri) {
  Element error("error", ns::kClient);
  error.set_attr("type", "modify");
  error.add(Element("redirect", ns::kStanzaErrors).add_text(uri));
  return result_of(offer).set_attr("type", "error").add(std::move(error));
}

TEST_F(TwoAgents, FollowARedirectToAnotherClientOfTheContactOnce) {  // covers JGL-12
  constexpr const char* kGarden = "juliet@example.net/garden";
  juliet = &world.add(kGarden, kAuto);
  meet_puppet();
  romeo->command(std::string("start ") + kJuliet);
  world.run();
  says(redirect_of(take_request("jingle", "session-initiate"),
                   std::string("xmpp:") + kGarden + "?message"));
  world.advance(2s);
  EXPECT_EQ(romeo->state(), "open");
  EXPECT_EQ(romeo->last_stream().info.peer, kGarden);
  EXPECT_THAT(romeo->told<TellStream>()[1].info.text, HasSubstr("another address"));

  romeo->command("stop juliet@example.net");
  world.advance(2s);
  world.puppets[kGarden];
  romeo->command(std::string("start ") + kJuliet);
  world.run();
  says(redirect_of(take_request("jingle", "session-initiate"), std::string("xmpp:") + kGarden));
  world.run();
  auto offered = world.puppets[kGarden].back();
  romeo->incoming(redirect_of(offered, std::string("xmpp:") + kJuliet));
  world.advance(1s);
  EXPECT_FALSE(take_request("jingle", "session-initiate"));
  EXPECT_EQ(romeo->state(), "closed");
}

TEST_F(TwoAgents, FollowNoRedirectToSomebodyElse) {  // covers JGL-12
  for (const char* uri : {"xmpp:paris@example.com/tomb", "xmpp:juliet@example.net", kJuliet,
                          "xmpp:juliet@example.net/balcony", "xmpp:@", ""}) {
    world.hosts.clear();
    world.puppets.clear();
    world.puppets["paris@example.com/tomb"];
    meet_puppet();
    romeo->command("start juliet@example.net");
    world.run();
    says(redirect_of(take_request("jingle", "session-initiate"), uri));
    world.advance(1s);
    EXPECT_THAT(romeo->states(), ElementsAre("negotiating", "closed")) << uri;
    EXPECT_TRUE(world.puppets["paris@example.com/tomb"].empty()) << uri;
    EXPECT_EQ(romeo->last_stream().info.reason, "gone");
  }
}

TEST_F(TwoAgents, CallAnewOnceTheOldStreamIsClosed) {
  for (bool caller_is_same : {true, false}) {
    World fresh;
    fresh.befriend(kRomeo, kJuliet);
    FakeHost& a = fresh.add(kRomeo, kAuto);
    FakeHost& b = fresh.add(kJuliet, kAuto);
    a.command("start juliet@example.net");
    fresh.advance(2s);
    FakeHost& user = caller_is_same ? a : b;
    std::string other(caller_is_same ? b.jid.bare() : a.jid.bare());
    user.command("stop " + other);
    user.command("start " + other + " ibb");
    fresh.run();
    EXPECT_THAT(user.reply(), HasSubstr("as soon as"));
    fresh.advance(3s);
    EXPECT_THAT(user.states(), ElementsAre("negotiating", "open", "closed", "negotiating", "open"));
  }
}

TEST_F(TwoAgents, OpenNoMoreStreamsThanTheLimitSays) {  // covers C-17
  meet({"mode=auto", "trust=tofu", "limits.sessions=1"}, kAuto);
  open();
  world.befriend(kRomeo, "nurse@example.net/house");
  FakeHost& nurse = world.add("nurse@example.net/house", kAuto);
  romeo->command("mode nurse@example.net auto");
  world.run();
  romeo->command("start nurse@example.net/house");
  world.advance(2s);
  EXPECT_EQ(romeo->last_stream().info.reason, "busy");
  EXPECT_EQ(nurse.state(), "none");
  romeo->command("set limits.sessions 2");
  romeo->command("start nurse@example.net/house");
  world.advance(2s);
  EXPECT_EQ(nurse.state(), "open");
}

// ---- what the transport says ----

TEST_F(TwoAgents, RefuseAnotherBytestreamInTheSameSession) {  // covers IBB-17
  meet();
  open();
  std::string sid;
  for (const std::string& line : world.jingle())
    if (line.starts_with("session-initiate")) sid = line.substr(line.find(' ') + 1);
  std::size_t since = world.seen.size();
  Element info = jingle("transport-info", sid,
                        "<content creator='initiator' name='xmlstream'>"
                        "<transport xmlns='urn:xmpp:jingle:transports:ibb:1' block-size='4096' "
                        "sid='second'/></content>");
  juliet->incoming(info.set_attr("from", kRomeo).set_attr("to", kJuliet));
  world.run();
  ASSERT_GT(world.seen.size(), since);
  StanzaError error = stanza_error(world.seen[since]);
  EXPECT_EQ(error.condition, "feature-not-implemented");
  EXPECT_EQ(error.application.name(), "unsupported-info");
}

TEST_F(TwoAgents, FollowATransportReplaceDuringSetUp) {  // covers JGL-27, JGL-29
  meet_puppet();
  says(offer("n1"));
  world.advance(1s);
  says(result_of(take_request("jingle", "session-accept")));
  says(jingle("transport-replace", "n1",
              "<content creator='initiator' name='xmlstream'>"
              "<transport xmlns='urn:xmpp:jingle:transports:ibb:1' block-size='4096' "
              "sid='again'/></content>"));
  world.advance(1s);
  EXPECT_THAT(world.jingle(), Contains("transport-accept n1"));
  auto opens = [&](const std::string& sid) {
    says(*parse_stanza("<iq type='set' id='op-" + sid +
                       "'><open xmlns='http://jabber.org/protocol/ibb' sid='" + sid +
                       "' block-size='4096' stanza='iq'/></iq>"));
    return world.puppets[kJuliet].back().attr("type");
  };
  EXPECT_EQ(opens("in1"), "error");  // the one that was replaced
  EXPECT_EQ(opens("again"), "result");
  world.advance(35s);  // the time of the first one passes
  EXPECT_EQ(romeo->state(), "negotiating");
}

}  // namespace
}  // namespace balcony
