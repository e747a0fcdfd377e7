// SPDX-License-Identifier: MIT
// The responder's session: which offers it takes, how it proves them, its accept.
#include "tests/jingle/session/side.h"

namespace balcony {
namespace {

class ResponderTest : public testing::Test {
 protected:
  FakeEnv env;
  Side ben{Role::kResponder, env};
  Session& session = ben.session;
};

Result<void> only_ibb(const Element& transport) {
  if (transport.ns() != ns::kJingleIbb) return fail(Blame::kPeer, "unsupported-transports", "");
  if (transport.attr("block-size").empty()) return fail(Blame::kPeer, "bad-request", "");
  if (transport.attr("stanza") == "message")
    return fail(Blame::kPeer, "incompatible-parameters", "");
  return {};
}

class PickyResponderTest : public testing::Test {
 protected:
  FakeEnv env;
  Side ben{Role::kResponder, env,
           Session::Config{.local = {}, .peer = {}, .sid = {}, .check_transport = only_ibb}};
};

// covers JGL-05 JGL-40
TEST_F(ResponderTest, AcknowledgesBeforeItAsks) {
  EXPECT_EQ(ben.on("session-initiate", kOffer), (Events{"result", "offered ibb-7d10"}));
  EXPECT_EQ(session.state(), SessionState::kPending);
}

// covers JGL-03 JGL-23 STM-08
TEST_F(ResponderTest, AcceptsUnderTheOfferedNameAndIsProvenByTheResult) {
  ben.on("session-initiate",
         "<content creator='initiator' name='wire'>" + kDescription + kIbb + "</content>");
  session.accept(xmlstream_content(transport(kIbb), ""));
  EXPECT_EQ(ben.drain(), (Events{"send session-accept"}));
  EXPECT_EQ(ben.last_request.attr("responder"), kBen);
  EXPECT_FALSE(ben.last_request.has_attr("initiator"));
  EXPECT_EQ(ben.last_request.first_child()->attr("name"), "wire");
  EXPECT_EQ(ben.succeeds(ben.tag), (Events{"accept proven"}));
  EXPECT_EQ(session.state(), SessionState::kActive);
}

// covers JGL-40
TEST_F(ResponderTest, DropsSilentlyWhenItsAcceptMeetsNoSession) {
  ben.active();
  EXPECT_EQ(ben.fails(ben.tag, "item-not-found", "unknown-session"),
            (Events{"ended general-error by peer"}));
}

TEST_F(ResponderTest, EndsWhenItsAcceptIsRefused) {
  ben.active();
  EXPECT_EQ(ben.fails(ben.tag, "bad-request"),
            (Events{"send session-terminate failed-application", "ended failed-application"}));
}

TEST_F(ResponderTest, EndsWhenItsAcceptIsNeverAnswered) {
  ben.active();
  EXPECT_EQ(ben.gets_no_reply(ben.tag),
            (Events{"send session-terminate timeout", "ended timeout: timeout"}));
}

// covers JGL-40
TEST_F(ResponderTest, ProvesAnOfferByAnEmptySessionInfo) {
  ben.offered();
  session.prove();
  EXPECT_EQ(ben.drain(), (Events{"send session-info"}));
  EXPECT_EQ(ben.last_request.first_child(), nullptr);
  EXPECT_EQ(ben.succeeds(ben.tag), (Events{"genuine"}));
}

// covers JGL-40
TEST_F(ResponderTest, TakesAnyOtherAnswerForAForgery) {
  ben.offered();
  session.prove();
  ben.drain();
  EXPECT_EQ(ben.fails(ben.tag, "item-not-found", "unknown-session"), (Events{"forged"}));
  session.prove();
  ben.drain();
  EXPECT_EQ(ben.gets_no_reply(ben.tag), (Events{"forged"}));
  session.drop();
  EXPECT_EQ(ben.drain(), (Events{"ended general-error"}));
}

TEST_F(ResponderTest, WaitsForItsUserLongerThanTheInitiatorButNotForEver) {
  ben.offered();
  env.advance(149s);
  session.on_deadline();
  EXPECT_EQ(ben.drain(), Events{});
  env.advance(1s);
  session.on_deadline();
  EXPECT_EQ(ben.drain(), (Events{"send session-terminate timeout", "ended timeout"}));
}

// covers JGL-04
TEST_F(ResponderTest, RefusesAnOfferInTheNameOfSomebodyElse) {
  EXPECT_EQ(ben.on("session-initiate", kOffer, "initiator='mallory@example.org/desk'"),
            (Events{"error not-acceptable", "ended security-error"}));
}

// covers JGL-04
TEST_F(ResponderTest, RefusesAnInitiatorThatIsNoAddress) {
  EXPECT_EQ(ben.on("session-initiate", kOffer, "initiator='@'"),
            (Events{"error not-acceptable", "ended security-error"}));
}

// covers JGL-04
TEST_F(ResponderTest, IgnoresAnotherResourceOfTheSameInitiator) {
  EXPECT_EQ(ben.on("session-initiate", kOffer, "initiator='ada@example.org/other'"),
            (Events{"result", "offered ibb-7d10"}));
}

// covers JGL-10
TEST_F(ResponderTest, AcknowledgesAndEndsAnOfferOfAnotherApplication) {
  EXPECT_EQ(ben.on("session-initiate",
                   content_xml("<description xmlns='urn:xmpp:jingle:apps:rtp:1'/>" + kIbb)),
            (Events{"result", "send session-terminate unsupported-applications",
                    "ended unsupported-applications"}));
}

// covers JGL-10
TEST_F(ResponderTest, AcknowledgesAndEndsAnOfferThatGoesOneWay) {
  EXPECT_EQ(ben.on("session-initiate", content_xml(kDescription + kIbb, "senders='initiator'")),
            (Events{"result", "send session-terminate incompatible-parameters",
                    "ended incompatible-parameters"}));
}

// covers JGL-10
TEST_F(PickyResponderTest, AcknowledgesAndEndsAnOfferByAnUnknownTransport) {
  EXPECT_EQ(ben.on("session-initiate", content_xml(kDescription + kSocks)),
            (Events{"result", "send session-terminate unsupported-transports",
                    "ended unsupported-transports"}));
}

// covers JGL-10
TEST_F(PickyResponderTest, AcknowledgesAndEndsAnOfferWithUnusableParameters) {
  std::string messages =
      "<transport xmlns='urn:xmpp:jingle:transports:ibb:1' block-size='4096' "
      "sid='i' stanza='message'/>";
  EXPECT_EQ(ben.on("session-initiate", content_xml(kDescription + messages)),
            (Events{"result", "send session-terminate incompatible-parameters",
                    "ended incompatible-parameters"}));
}

// covers JGL-09
TEST_F(PickyResponderTest, RefusesAMalformedTransport) {
  EXPECT_EQ(
      ben.on("session-initiate",
             content_xml(kDescription + "<transport xmlns='urn:xmpp:jingle:transports:ibb:1'/>")),
      (Events{"error bad-request", "ended general-error"}));
}

// covers JGL-08
TEST_F(PickyResponderTest, TakesTheFirstUsableAlternativeAndAcceptsOnlyThat) {
  std::string other_application =
      content_xml("<description xmlns='urn:xmpp:jingle:apps:rtp:1'/>" + kIbb);
  std::string other_transport = content_xml(kDescription + kSocks);
  EXPECT_EQ(ben.on("session-initiate", other_application + other_transport + kOffer),
            (Events{"result", "offered ibb-7d10"}));
  ben.session.accept(xmlstream_content(transport(kIbb), ""));
  ben.drain();
  EXPECT_EQ(ben.last_request.children().size(), 1U);
}

}  // namespace
}  // namespace balcony
