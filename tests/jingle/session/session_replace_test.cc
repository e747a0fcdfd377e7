// SPDX-License-Identifier: MIT
// transport-replace, as the session sees it: offers, answers, ties and silence.
#include "tests/jingle/session/side.h"

namespace balcony {
namespace {

class ReplaceTest : public testing::Test {
 protected:
  FakeEnv env;
  Side ada{Role::kInitiator, env};
  Side ben{Role::kResponder, env};
};

// covers JGL-28 JGL-30
TEST_F(ReplaceTest, IsAcceptedByThePeer) {
  ada.active();
  ada.session.replace_transport(transport(kSocks));
  EXPECT_EQ(ada.drain(), (Events{"send transport-replace"}));
  EXPECT_EQ(ada.session.state(), SessionState::kReplacing);
  EXPECT_EQ(ada.succeeds(ada.tag), Events{});
  EXPECT_EQ(ada.on("transport-accept", content_xml(kSocks)),
            (Events{"result", "transport accepted s-1"}));
  EXPECT_EQ(ada.session.state(), SessionState::kActive);
  EXPECT_EQ(ada.session.next_deadline(), std::nullopt);
  EXPECT_EQ(ada.on("transport-info", content_xml(kSocks)), (Events{"result", "info s-1"}));
}

// covers JGL-28
TEST_F(ReplaceTest, IsRejectedByThePeer) {
  ada.replacing();
  EXPECT_EQ(ada.on("transport-reject", content_xml(kSocks)),
            (Events{"result", "transport rejected"}));
  EXPECT_EQ(ada.session.state(), SessionState::kActive);
}

TEST_F(ReplaceTest, IsRejectedByAnErrorReply) {
  ada.replacing();
  EXPECT_EQ(ada.fails(ada.tag, "unexpected-request", "out-of-order"),
            (Events{"transport rejected"}));
  EXPECT_EQ(ada.session.state(), SessionState::kActive);
}

// covers JGL-27
TEST_F(ReplaceTest, IsRejectedBySilenceOf45Seconds) {
  ada.replacing();
  env.advance(44s);
  ada.session.on_deadline();
  EXPECT_EQ(ada.drain(), Events{});
  env.advance(1s);
  ada.session.on_deadline();
  EXPECT_EQ(ada.drain(), (Events{"transport rejected"}));
  EXPECT_EQ(ada.gets_no_reply(ada.tag), Events{});
  EXPECT_EQ(ada.on("transport-accept", content_xml(kSocks)),
            (Events{"error unexpected-request out-of-order"}));
}

// covers JGL-30
TEST_F(ReplaceTest, CountsTheAcceptOfAnotherTransportAsNone) {
  ada.replacing();
  EXPECT_EQ(ada.on("transport-accept", content_xml(kIbb)),
            (Events{"error bad-request", "transport rejected"}));
  EXPECT_EQ(ada.session.state(), SessionState::kActive);
}

TEST_F(ReplaceTest, TellsInfoOfTheOldTransportFromThatOfTheNew) {
  ada.replacing();
  EXPECT_EQ(ada.on("transport-info", content_xml(kIbb)), (Events{"result", "info ibb-7d10"}));
  EXPECT_EQ(ada.on("transport-info", content_xml(kSocks)), (Events{"result", "info s-1"}));
  EXPECT_EQ(ada.on("transport-info", content_xml("<transport xmlns='urn:other'/>")),
            (Events{"result"}));
}

// covers JGL-27
TEST_F(ReplaceTest, OfThePeerIsAcknowledgedAndThenAccepted) {
  ben.active();
  EXPECT_EQ(ben.on("transport-replace", content_xml(kSocks)), (Events{"result", "replace s-1"}));
  ben.session.accept_transport(transport(kSocks));
  EXPECT_EQ(ben.drain(), (Events{"send transport-accept"}));
  EXPECT_EQ(ben.last_request.first_child()->children().size(), 1U);
  EXPECT_EQ(ben.on("transport-info", content_xml(kSocks)), (Events{"result", "info s-1"}));
}

// covers JGL-27
TEST_F(ReplaceTest, OfThePeerIsAcknowledgedAndThenRejected) {
  ben.active();
  ben.on("transport-replace", content_xml(kSocks));
  ben.session.reject_transport(transport(kSocks));
  EXPECT_EQ(ben.drain(), (Events{"send transport-reject"}));
  EXPECT_EQ(ben.on("transport-replace", content_xml(kSocks)), (Events{"result", "replace s-1"}));
}

TEST_F(ReplaceTest, OfThePeerIsRejectedAtOnceWhileAnotherWaits) {
  ben.active();
  ben.on("transport-replace", content_xml(kSocks));
  EXPECT_EQ(ben.on("transport-replace", content_xml(kIbb)),
            (Events{"result", "send transport-reject"}));
  EXPECT_EQ(ben.last_request.first_child()->first_child()->attr("sid"), "ibb-7d10");
}

TEST_F(ReplaceTest, BeforeTheAcceptIsProcessedByTheResponder) {
  ben.offered();
  EXPECT_EQ(ben.on("transport-replace", content_xml(kSocks)), (Events{"result", "replace s-1"}));
  ben.session.accept_transport(transport(kSocks));
  ben.session.accept(xmlstream_content(transport(kSocks), ""));
  EXPECT_EQ(ben.drain(), (Events{"send transport-accept", "send session-accept"}));
}

// covers JGL-29: a gateway's replace, by the responder and before its accept
TEST_F(ReplaceTest, BeforeTheAcceptChangesWhatTheInitiatorTakesInTheAccept) {
  ada.offered();
  EXPECT_EQ(ada.on("transport-replace", content_xml(kSocks)), (Events{"result", "replace s-1"}));
  ada.session.accept_transport(transport(kSocks));
  ada.drain();
  EXPECT_EQ(ada.on("session-accept", content_xml(kDescription + kSocks)),
            (Events{"result", "accepted s-1"}));
}

// covers JGL-17
TEST_F(ReplaceTest, InATieTheInitiatorKeepsItsOwn) {
  ada.replacing();
  EXPECT_EQ(ada.on("transport-replace", content_xml(kIbb)), (Events{"error conflict tie-break"}));
  EXPECT_EQ(ada.session.state(), SessionState::kReplacing);
}

// covers JGL-17
TEST_F(ReplaceTest, InATieTheResponderDropsItsOwn) {
  ben.replacing();
  EXPECT_EQ(ben.on("transport-replace", content_xml(kIbb)),
            (Events{"result", "transport rejected", "replace ibb-7d10"}));
  EXPECT_EQ(ben.fails(ben.tag, "conflict", "tie-break"), Events{});
  ben.session.accept_transport(transport(kIbb));
  EXPECT_EQ(ben.drain(), (Events{"send transport-accept"}));
}

}  // namespace
}  // namespace balcony
