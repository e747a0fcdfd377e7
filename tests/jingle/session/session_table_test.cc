// SPDX-License-Identifier: MIT
// JGL-21, every cell: each action of the peer in each state gets exactly one reply, the right one.
// covers JGL-05 JGL-21 JGL-22 JGL-32 XTL-06
#include <map>

#include "jingle/session/action.h"
#include "jingle/session/router.h"
#include "tests/jingle/session/side.h"

namespace balcony {
namespace {

constexpr const char* kResult = "result";
constexpr const char* kUnknown = "error item-not-found unknown-session";
constexpr const char* kOrder = "error unexpected-request out-of-order";
constexpr const char* kNoInfo = "error feature-not-implemented unsupported-info";
constexpr const char* kTie = "error conflict tie-break";
constexpr const char* kBad = "error bad-request";
constexpr const char* kNewOffer = "new offer";  // answered by the session that is made for it

const std::string kBareContent = content_xml("");
const std::string kOtherContent = content_xml(kDescription + kSocks);

struct Row {
  const char* action;
  std::string inner;
  const char* none;
  const char* pending_initiator;
  const char* pending_responder;
  const char* active;
  const char* replacing;
};

// The accept of another transport is refused as JGL-30 says; here it names the one that is offered.
const std::vector<Row> kRows{
    // Before the peer's accept, the same sid in an offer of its own is a tie (JGL-14).
    {"session-initiate", kOffer, kNewOffer, kTie, kOrder, kOrder, kOrder},
    {"session-accept", kOffer, kUnknown, kResult, kOrder, kOrder, kOrder},
    {"session-terminate", "", kUnknown, kResult, kResult, kResult, kResult},
    {"session-info", "", kUnknown, kResult, kResult, kResult, kResult},
    {"session-info", "<x xmlns='y'/>", kUnknown, kNoInfo, kNoInfo, kNoInfo, kNoInfo},
    {"description-info", kOffer, kUnknown, kNoInfo, kNoInfo, kNoInfo, kNoInfo},
    {"security-info", kBareContent, kUnknown, kNoInfo, kNoInfo, kNoInfo, kNoInfo},
    {"transport-info", content_xml(kIbb), kUnknown, kResult, kResult, kResult, kResult},
    {"transport-replace", content_xml(kSocks), kUnknown, kResult, kResult, kResult, nullptr},
    {"transport-accept", content_xml(kSocks), kUnknown, kOrder, kOrder, kOrder, kResult},
    {"transport-reject", content_xml(kSocks), kUnknown, kOrder, kOrder, kOrder, kResult},
    {"content-add", kOtherContent, kUnknown, kResult, kResult, kResult, kResult},
    {"content-accept", kOtherContent, kUnknown, kOrder, kOrder, kOrder, kOrder},
    {"content-reject", kBareContent, kUnknown, kOrder, kOrder, kOrder, kOrder},
    {"content-modify", kBareContent, kUnknown, kResult, kResult, kResult, kResult},
    {"content-remove", kBareContent, kUnknown, kResult, kResult, kResult, kResult},
    {"session-juggle", "", kBad, kBad, kBad, kBad, kBad},
};

// The table's columns.
enum class Column { kNone, kPending, kActive, kReplacing };

const char* expected(const Row& row, Role role, Column column) {
  switch (column) {
    case Column::kNone:
      return row.none;
    case Column::kPending:
      return role == Role::kInitiator ? row.pending_initiator : row.pending_responder;
    case Column::kActive:
      return row.active;
    case Column::kReplacing:
      break;
  }
  if (row.replacing) return row.replacing;
  return role == Role::kInitiator ? kTie : kResult;  // JGL-17
}

// The way of a request through the router to the session, and all that is answered.
Events answers(Side& side, const Row& row) {
  const Session::Config& config = side.session.config();
  Router router(config.local, {});
  if (side.session.state() != SessionState::kNone) router.add(&side.session);
  Element iq = iq_set(config.peer.full(), config.local.full(), jingle_xml(row.action, row.inner));
  Router::Route route = router.route(iq);
  if (auto* answer = std::get_if<Router::Answer>(&route)) {
    StanzaError error = stanza_error(answer->iq);
    EXPECT_EQ(answer->iq.attr("id"), "q1");
    EXPECT_EQ(answer->iq.attr("to"), config.peer.full());
    return {"error " + error.condition +
            (error.application ? " " + std::string(error.application.name()) : "")};
  }
  if (auto* deliver = std::get_if<Router::Deliver>(&route)) {
    deliver->session->on_request(iq, deliver->request);
  } else {
    EXPECT_EQ(side.session.state(), SessionState::kNone);
    return {kNewOffer};
  }
  Events replies;
  for (const std::string& event : side.drain())
    if (event == "result" || event.starts_with("error")) replies.push_back(event);
  return replies;
}

TEST(SessionTable, GivesEachActionInEachStateExactlyItsOneReply) {
  for (Role role : {Role::kInitiator, Role::kResponder}) {
    for (Column column : {Column::kNone, Column::kPending, Column::kActive, Column::kReplacing}) {
      for (const Row& row : kRows) {
        FakeEnv env;
        Side side(role, env);
        if (column == Column::kPending) side.offered();
        if (column == Column::kActive) side.active();
        if (column == Column::kReplacing) side.replacing();
        Events want{expected(row, role, column)};
        EXPECT_EQ(answers(side, row), want)
            << row.action << " " << row.inner << " in column " << static_cast<int>(column)
            << " as role " << static_cast<int>(role);
      }
    }
  }
}

TEST(SessionTable, HasARowForEachAction) {
  std::map<std::string_view, int> rows;
  for (const Row& row : kRows) ++rows[row.action];
  for (std::size_t i = 0; i < kActions; ++i)
    EXPECT_TRUE(rows.contains(to_string(static_cast<Action>(i)))) << i;
}

TEST(SessionTable, AnswersUnknownSessionToAnythingOnceASessionIsOver) {
  for (const Row& row : kRows) {
    if (!read_action(row.action)) continue;  // never reaches a session
    FakeEnv env;
    Side side(Role::kResponder, env);
    side.active().session.terminate({.condition = "success", .text = {}, .alternative_sid = {}});
    side.drain();
    EXPECT_EQ(side.on(row.action, row.inner), (Events{kUnknown})) << row.action;
  }
}

TEST(SessionTable, AnswersUnknownSessionToAnythingBeforeItsOwnOfferIsSent) {
  FakeEnv env;
  Side side(Role::kInitiator, env);
  EXPECT_EQ(side.on("session-accept", kOffer), (Events{kUnknown}));
  EXPECT_EQ(side.on("session-initiate", kOffer), (Events{kUnknown}));
}

TEST(Action, IsReadBackFromItsName) {
  for (std::size_t i = 0; i < kActions; ++i) {
    auto action = static_cast<Action>(i);
    EXPECT_EQ(read_action(to_string(action)), action);
  }
  EXPECT_EQ(read_action("session-juggle"), std::nullopt);
  EXPECT_EQ(read_action(""), std::nullopt);
}

TEST(Action, IsUnknownWithoutASession) {
  EXPECT_EQ(reaction(SessionState::kNone, Action::kSessionTerminate), Reaction::kUnknownSession);
  EXPECT_EQ(reaction(SessionState::kNone, Action::kSessionInitiate), Reaction::kProcess);
}

}  // namespace
}  // namespace balcony
