// SPDX-License-Identifier: MIT
// The initiator's session, from its offer to the accept or an end before that.
#include "tests/jingle/session/side.h"

namespace balcony {
namespace {

Reason reason(std::string condition) {
  return {.condition = std::move(condition), .text = {}, .alternative_sid = {}};
}

class InitiatorTest : public testing::Test {
 protected:
  FakeEnv env;
  Side ada{Role::kInitiator, env};
  Session& session = ada.session;
};

// covers JGL-03 JGL-07
TEST_F(InitiatorTest, OffersOneContentAndNamesItself) {
  session.initiate(xmlstream_content(transport(kIbb), std::string(64, 'a')));
  EXPECT_EQ(ada.drain(), (Events{"send session-initiate"}));
  EXPECT_EQ(ada.last_request.attr("initiator"), kAda);
  EXPECT_FALSE(ada.last_request.has_attr("responder"));
  EXPECT_EQ(session.state(), SessionState::kPending);
  EXPECT_EQ(session.content_name(), "xmlstream");
}

TEST_F(InitiatorTest, IsAcknowledgedAndThenAccepted) {
  ada.offered();
  EXPECT_EQ(ada.succeeds(ada.tag), (Events{"acknowledged"}));
  EXPECT_EQ(ada.on("session-accept", kOffer), (Events{"result", "accepted ibb-7d10"}));
  EXPECT_EQ(session.state(), SessionState::kActive);
  EXPECT_EQ(session.next_deadline(), std::nullopt);
}

// covers JGL-13
TEST_F(InitiatorTest, ProcessesWhatOvertakesTheResultOfItsOffer) {
  ada.offered();
  std::uint32_t initiate = ada.tag;
  EXPECT_EQ(ada.on("transport-info", content_xml(kIbb)), (Events{"result", "info ibb-7d10"}));
  EXPECT_EQ(ada.on("session-accept", kOffer), (Events{"result", "accepted ibb-7d10"}));
  EXPECT_EQ(ada.succeeds(initiate), (Events{"acknowledged"}));
}

TEST_F(InitiatorTest, MindsNoLostResultOnceItIsAccepted) {
  ada.offered();
  std::uint32_t initiate = ada.tag;
  ada.on("session-accept", kOffer);
  EXPECT_EQ(ada.gets_no_reply(initiate), Events{});
  EXPECT_EQ(session.state(), SessionState::kActive);
}

// covers JGL-24
TEST_F(InitiatorTest, ToleratesAnAcceptThatRenamesTheContent) {
  ada.offered();
  std::string stub =
      "<content creator='responder' name='stub'>" + kDescription + kIbb + "</content>";
  EXPECT_EQ(ada.on("session-accept", stub), (Events{"result", "accepted ibb-7d10"}));
  session.send_transport_info(transport(kIbb));
  ada.drain();
  EXPECT_EQ(ada.last_request.first_child()->attr("name"), "xmlstream");
  EXPECT_EQ(ada.last_request.first_child()->attr("creator"), "initiator");
}

// covers JGL-23
TEST_F(InitiatorTest, RefusesAnAcceptWithAnotherTransport) {
  ada.offered();
  EXPECT_EQ(ada.on("session-accept", content_xml(kDescription + kSocks)),
            (Events{"error bad-request", "send session-terminate failed-transport",
                    "ended failed-transport"}));
}

// covers JGL-23
TEST_F(InitiatorTest, EndsAtAnAcceptWithAnotherDescription) {
  ada.offered();
  EXPECT_EQ(
      ada.on("session-accept", content_xml("<description xmlns='apps:stub'/>" + kIbb)),
      (Events{"result", "send session-terminate failed-application", "ended failed-application"}));
}

// covers JGL-04
TEST_F(InitiatorTest, EndsAtAnAcceptInTheNameOfSomebodyElse) {
  ada.offered();
  EXPECT_EQ(ada.on("session-accept", kOffer, "responder='mallory@example.net/lab'"),
            (Events{"result", "send session-terminate security-error", "ended security-error"}));
}

// covers JGL-04
TEST_F(InitiatorTest, IgnoresAnotherResourceOfTheSameResponder) {
  ada.offered();
  EXPECT_EQ(ada.on("session-accept", kOffer, "responder='ben@example.net/other'"),
            (Events{"result", "accepted ibb-7d10"}));
}

// covers JGL-39
TEST_F(InitiatorTest, GivesUpWhenNobodyAcceptsFor120Seconds) {
  ada.offered();
  ASSERT_EQ(session.next_deadline(), env.now() + 120s);
  env.advance(119s);
  session.on_deadline();
  EXPECT_EQ(ada.drain(), Events{});
  env.advance(1s);
  session.on_deadline();
  EXPECT_EQ(ada.drain(), (Events{"send session-terminate timeout", "ended timeout"}));
  EXPECT_EQ(session.next_deadline(), std::nullopt);
}

// covers JGL-38
TEST_F(InitiatorTest, IsEndedByAnErrorToItsOffer) {
  ada.offered();
  EXPECT_EQ(ada.fails(ada.tag, "service-unavailable"),
            (Events{"ended general-error by peer: service-unavailable"}));
  EXPECT_EQ(session.state(), SessionState::kNone);
}

TEST_F(InitiatorTest, WithdrawsAnOfferThatNobodyAcknowledges) {
  ada.offered();
  EXPECT_EQ(ada.gets_no_reply(ada.tag),
            (Events{"send session-terminate timeout", "ended timeout: timeout"}));
}

// covers JGL-15
TEST_F(InitiatorTest, LosesATieByTheConflictOfItsOwnOffer) {
  ada.offered();
  EXPECT_EQ(ada.fails(ada.tag, "conflict", "tie-break"), (Events{"lost tie"}));
  EXPECT_EQ(session.state(), SessionState::kNone);
  EXPECT_EQ(session.next_deadline(), std::nullopt);
}

// covers JGL-39
TEST_F(InitiatorTest, CancelsItsOffer) {
  ada.offered();
  session.terminate(reason("cancel"));
  EXPECT_EQ(ada.drain(), (Events{"send session-terminate cancel", "ended cancel"}));
}

TEST_F(InitiatorTest, TellsNobodyOfAnOfferThatItNeverMade) {
  session.terminate(reason("cancel"));
  EXPECT_EQ(ada.drain(), (Events{"ended cancel"}));
}

}  // namespace
}  // namespace balcony
