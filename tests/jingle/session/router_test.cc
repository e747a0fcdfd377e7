// SPDX-License-Identifier: MIT
// Which session a request belongs to, and what becomes of a new offer.
#include "jingle/session/router.h"

#include <deque>

#include "tests/jingle/session/side.h"

namespace balcony {
namespace {

class RouterTest : public testing::Test {
 protected:
  Session& add(Role role, std::string_view peer, std::string_view sid) {
    Session& session = sessions_.emplace_back(
        Session::Config{
            .role = role, .local = jid(kAda), .peer = jid(peer), .sid = std::string(sid)},
        env);
    router.add(&session);
    return session;
  }
  // Our own offer, sent and not accepted yet.
  Session& offer(std::string_view sid, std::string_view peer = kBen) {
    Session& session = add(Role::kInitiator, peer, sid);
    session.initiate(xmlstream_content(transport(kIbb), ""));
    return session;
  }
  // An offer that came in and waits.
  Session& offered(std::string_view sid, std::string_view peer) {
    Session& session = add(Role::kResponder, peer, sid);
    Element iq = request("session-initiate", kOffer, sid, peer);
    session.on_request(iq, *read_jingle(*iq.first_child()));
    return session;
  }
  Session& active(std::string_view sid) {
    Session& session = offered(sid, kBen);
    session.accept(xmlstream_content(transport(kIbb), ""));
    return session;
  }

  static Element request(std::string_view action, std::string_view inner, std::string_view sid,
                         std::string_view from = kBen) {
    return iq_set(from, kAda, jingle_xml(action, inner, sid));
  }
  Router::Route route(std::string_view action, std::string_view inner, std::string_view sid,
                      std::string_view from = kBen) const {
    return router.route(request(action, inner, sid, from));
  }
  Router::Route route_offer(std::string_view sid, std::string_view from = kBen) const {
    return route("session-initiate", kOffer, sid, from);
  }

  static std::string error(const Router::Route& route) {
    auto* answer = std::get_if<Router::Answer>(&route);
    if (!answer) return "none";
    EXPECT_EQ(answer->iq.attr("id"), "q1");
    StanzaError e = stanza_error(answer->iq);
    return e.type + " " + e.condition +
           (e.application ? " " + std::string(e.application.name()) : "");
  }
  static Session* receiver(const Router::Route& route) {
    auto* deliver = std::get_if<Router::Deliver>(&route);
    return deliver ? deliver->session : nullptr;
  }
  static const Router::NewOffer* new_offer(const Router::Route& route) {
    return std::get_if<Router::NewOffer>(&route);
  }

  FakeEnv env;
  Router router{jid(kAda), {}};

 private:
  std::deque<Session> sessions_;
};

constexpr const char* kUnknownCall = "cancel item-not-found unknown-session";
constexpr const char* kOutOfOrder = "wait unexpected-request out-of-order";
constexpr const char* kTieBreak = "cancel conflict tie-break";

// covers JGL-02
TEST_F(RouterTest, FindsASessionByPeerAndSid) {
  Session& session = active("s");
  EXPECT_EQ(receiver(route("session-info", "", "s")), &session);
  EXPECT_EQ(router.find(jid(kBen), "s"), &session);
  router.remove(&session);
  EXPECT_EQ(router.find(jid(kBen), "s"), nullptr);
}

// covers JGL-02
TEST_F(RouterTest, TakesARightSidFromAWrongAddressForUnknown) {
  active("s");
  EXPECT_EQ(error(route("session-info", "", "s", "ben@example.net/other")), kUnknownCall);
  EXPECT_EQ(error(route("session-terminate", "", "s", "mallory@example.net/lab")), kUnknownCall);
  EXPECT_EQ(error(route("session-info", "", "t")), kUnknownCall);
}

// covers JGL-02
TEST_F(RouterTest, TakesARightSidToAWrongAddressForUnknown) {
  Session& session = active("s");
  Element iq = request("session-info", "", "s");
  iq.set_attr("to", "ada@example.org/old");
  EXPECT_EQ(error(router.route(iq)), kUnknownCall);
  router.set_local(jid("ada@example.org/old"));
  EXPECT_EQ(receiver(router.route(iq)), &session);
  iq.remove_attr("to");
  EXPECT_EQ(receiver(router.route(iq)), &session);
}

TEST_F(RouterTest, KnowsNoSessionOfASenderWithoutAddress) {
  Element iq = request("session-info", "", "s");
  iq.remove_attr("from");
  EXPECT_EQ(error(router.route(iq)), kUnknownCall);
}

// covers JGL-01 JGL-21
TEST_F(RouterTest, RefusesWhatIsMalformed) {
  active("s");
  EXPECT_EQ(error(route("session-juggle", "", "s")), "cancel bad-request");
  EXPECT_EQ(error(route("session-initiate", "", "t")), "cancel bad-request");
  EXPECT_EQ(error(router.route(iq_set(kBen, kAda, "<query xmlns='y'/>"))), "cancel bad-request");
  EXPECT_EQ(error(router.route(
                iq_set(kBen, kAda, jingle_xml("session-info", "", "s") + "<query xmlns='y'/>"))),
            "cancel bad-request");
}

TEST_F(RouterTest, TakesAFreshSidForANewOffer) {
  Router::Route r = route_offer("s");
  ASSERT_TRUE(new_offer(r));
  EXPECT_EQ(new_offer(r)->request.sid, "s");
  EXPECT_EQ(new_offer(r)->glare, nullptr);
  EXPECT_EQ(new_offer(r)->living, nullptr);
}

// covers JGL-19
TEST_F(RouterTest, RefusesAnOfferWithALiveSid) {
  active("s");
  EXPECT_EQ(error(route_offer("s")), kOutOfOrder);
  EXPECT_EQ(
      error(route("session-initiate", content_xml("<description xmlns='urn:other'/>" + kIbb), "s")),
      kOutOfOrder);
}

// covers JGL-14 JGL-15
TEST_F(RouterTest, KeepsItsOwnOfferIfItsSidIsLower) {
  offer("j-0b7e44d1");
  EXPECT_EQ(error(route_offer("j-5f2c91aa")), kTieBreak);
}

// covers JGL-14 JGL-15
TEST_F(RouterTest, LetsTheOfferWithTheLowerSidIn) {
  Session& ours = offer("j-5f2c91aa");
  Router::Route r = route_offer("j-0b7e44d1");
  ASSERT_TRUE(new_offer(r));
  EXPECT_EQ(new_offer(r)->glare, &ours);
  EXPECT_EQ(ours.state(), SessionState::kPending);  // ends by its own conflict, not before
}

// covers JGL-14
TEST_F(RouterTest, ComparesSidsAsOctets) {
  offer("a");
  EXPECT_TRUE(new_offer(route_offer("Z")));
  EXPECT_EQ(error(route_offer("é")), kTieBreak);
}

// covers JGL-14
TEST_F(RouterTest, OfEqualSidsKeepsTheOfferOfTheLowerAddress) {
  offer("s", "ben@example.net/lab");
  EXPECT_EQ(error(route_offer("s", "ben@example.net/lab")), kTieBreak);
  Session& ours = offer("s", "aaron@example.net/x");
  Router::Route r = route_offer("s", "aaron@example.net/x");
  ASSERT_TRUE(new_offer(r));
  EXPECT_EQ(new_offer(r)->glare, &ours);

  Session& theirs = offered("s", "aaron@example.net/x");
  EXPECT_EQ(router.find(jid("aaron@example.net/x"), "s"), &theirs);
  router.remove(&ours);
  EXPECT_EQ(router.find(jid("aaron@example.net/x"), "s"), &theirs);
}

TEST_F(RouterTest, KeepsItsOwnOfferThatComesBackToIt) {
  offer("s", kAda);
  EXPECT_EQ(error(route_offer("s", kAda)), kTieBreak);
}

// covers JGL-14: other applications have no glare with ours
TEST_F(RouterTest, SeesNoTieWithAnotherApplication) {
  offer("a");
  Router::Route r =
      route("session-initiate", content_xml("<description xmlns='urn:other'/>" + kIbb), "b");
  ASSERT_TRUE(new_offer(r));
  EXPECT_EQ(new_offer(r)->glare, nullptr);
}

// covers JGL-20
TEST_F(RouterTest, SeesNoTieBetweenOtherResources) {
  offer("a");
  Router::Route r = route_offer("b", "ben@example.net/other");
  ASSERT_TRUE(new_offer(r));
  EXPECT_EQ(new_offer(r)->glare, nullptr);
}

// covers JGL-18
TEST_F(RouterTest, TellsOfALivingSessionWithThePeer) {
  Session& living = active("s");
  Router::Route r = route_offer("t");
  ASSERT_TRUE(new_offer(r));
  EXPECT_EQ(new_offer(r)->living, &living);
  EXPECT_EQ(new_offer(route_offer("t", "ben@example.net/other"))->living, nullptr);
}

// covers JGL-11
TEST_F(RouterTest, LetsThreeOffersOfOnePeerWait) {
  offered("a", "ben@example.net/1");
  offered("b", "ben@example.net/2");
  EXPECT_TRUE(new_offer(route_offer("d", "ben@example.net/4")));
  Session& third = offered("c", "ben@example.net/3");
  EXPECT_EQ(error(route_offer("d", "ben@example.net/4")), "wait resource-constraint");
  EXPECT_TRUE(new_offer(route_offer("d", "cleo@example.net/1")));
  third.accept(xmlstream_content(transport(kIbb), ""));
  EXPECT_TRUE(new_offer(route_offer("d", "ben@example.net/4")));
}

// covers JGL-11
TEST_F(RouterTest, LetsSixteenOffersWaitInAll) {
  for (int i = 0; i < 15; ++i) offered("a", "p" + std::to_string(i) + "@example.net/x");
  offer("own");
  EXPECT_TRUE(new_offer(route_offer("b", "cleo@example.net/1")));
  offered("a", "p15@example.net/x");
  EXPECT_EQ(error(route_offer("b", "cleo@example.net/1")), "wait resource-constraint");
}

// covers JGL-11
TEST_F(RouterTest, LetsSixtyFourSessionsLive) {
  for (int i = 0; i < 64; ++i) {
    EXPECT_TRUE(new_offer(route_offer("b", "cleo@example.net/1")));
    offer("a", "p" + std::to_string(i) + "@example.net/x");
  }
  EXPECT_EQ(error(route_offer("b", "cleo@example.net/1")), "wait resource-constraint");
}

}  // namespace
}  // namespace balcony
