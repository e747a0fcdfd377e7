// SPDX-License-Identifier: MIT
// What either side's session does once it lives: pings, changes of content, ends.
#include "tests/jingle/session/side.h"

namespace balcony {
namespace {

Reason just(std::string condition) {
  return {.condition = std::move(condition), .text = {}, .alternative_sid = {}};
}

class LiveSessionTest : public testing::Test {
 protected:
  FakeEnv env;
  Side ben{Role::kResponder, env};
  Session& session = ben.session;
};

// covers JGL-34 JGL-35
TEST_F(LiveSessionTest, IsEndedByATerminateWhateverItsReason) {
  ben.active();
  EXPECT_EQ(ben.on("session-terminate", "<reason><connectivity-error/></reason>"),
            (Events{"result", "ended connectivity-error by peer"}));
}

// covers JGL-34
TEST_F(LiveSessionTest, ReadsNoReasonAsGeneralError) {
  ben.active();
  EXPECT_EQ(ben.on("session-terminate"), (Events{"result", "ended general-error by peer"}));
}

// covers JGL-32
TEST_F(LiveSessionTest, KnowsItsSessionNoLongerAfterATerminateOfItsOwn) {
  ben.active();
  session.terminate(just("success"));
  ben.drain();
  std::uint32_t terminate = ben.tag;
  EXPECT_EQ(ben.on("session-terminate"), (Events{"error item-not-found unknown-session"}));
  EXPECT_EQ(ben.gets_no_reply(terminate), Events{});
  session.terminate(just("gone"));
  session.drop();
  EXPECT_EQ(ben.drain(), Events{});
}

// covers JGL-26
TEST_F(LiveSessionTest, HearsFromAPingWhetherThePeerKnowsTheSession) {
  ben.active();
  session.ping();
  EXPECT_EQ(ben.drain(), (Events{"send session-info"}));
  EXPECT_EQ(ben.succeeds(ben.tag), (Events{"alive"}));
  session.ping();
  ben.drain();
  EXPECT_EQ(ben.fails(ben.tag, "feature-not-implemented", "unsupported-info"), (Events{"alive"}));
  session.ping();
  ben.drain();
  EXPECT_EQ(ben.gets_no_reply(ben.tag), (Events{"silent"}));
  session.ping();
  ben.drain();
  EXPECT_EQ(ben.fails(ben.tag, "item-not-found", "unknown-session"), (Events{"unknown there"}));
  EXPECT_EQ(session.state(), SessionState::kActive);
}

// covers JGL-25
TEST_F(LiveSessionTest, TakesAModifyToBothAsNothingNew) {
  ben.active();
  EXPECT_EQ(ben.on("content-modify", content_xml("", "senders='both'")), (Events{"result"}));
  EXPECT_EQ(session.state(), SessionState::kActive);
}

// covers JGL-25
TEST_F(LiveSessionTest, EndsAtAModifyToOneWay) {
  ben.active();
  EXPECT_EQ(ben.on("content-modify", content_xml("", "senders='none'")),
            (Events{"result", "send session-terminate incompatible-parameters",
                    "ended incompatible-parameters"}));
}

// covers JGL-25
TEST_F(LiveSessionTest, CancelsWhenTheContentIsRemovedBeforeTheAccept) {
  ben.offered();
  EXPECT_EQ(ben.on("content-remove", content_xml("")),
            (Events{"result", "send session-terminate cancel", "ended cancel"}));
}

// covers JGL-25
TEST_F(LiveSessionTest, EndsWellWhenTheContentIsRemovedLater) {
  ben.active();
  EXPECT_EQ(ben.on("content-remove", content_xml("")),
            (Events{"result", "send session-terminate success", "ended success"}));
}

// covers JGL-21
TEST_F(LiveSessionTest, RejectsEachContentThatIsAdded) {
  ben.active();
  EXPECT_EQ(ben.on("content-add", "<content creator='initiator' name='video'/>"),
            (Events{"result", "send content-reject"}));
  EXPECT_EQ(ben.last_request.first_child()->attr("name"), "video");
  EXPECT_EQ(ben.last_request.first_child()->attr("creator"), "initiator");
}

TEST_F(LiveSessionTest, DropsTransportInfoOfATransportThatNobodyNegotiates) {
  ben.active();
  EXPECT_EQ(ben.on("transport-info", content_xml(kSocks)), (Events{"result"}));
}

TEST_F(LiveSessionTest, PassesOnTransportInfoThatComesBeforeConsent) {
  ben.offered();
  EXPECT_EQ(ben.on("transport-info", content_xml(kIbb)), (Events{"result", "info ibb-7d10"}));
}

}  // namespace
}  // namespace balcony
