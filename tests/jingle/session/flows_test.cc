// SPDX-License-Identifier: MIT
// The Jingle stanzas of the example flows (PROTOCOL.md section 9), octet by octet: what one session
// prints is the golden text, and the golden text is what the other session reads.
#include "jingle/session/router.h"
#include "tests/jingle/session/side.h"

namespace balcony {
namespace {

// Two sessions and a wire that speaks the texts of a flow.
class FlowTest : public testing::Test {
 protected:
  void begin(std::string sid) {
    ada.emplace(
        Session::Config{
            .role = Role::kInitiator, .local = jid(kAda), .peer = jid(kBen), .sid = sid},
        env);
    ben.emplace(
        Session::Config{
            .role = Role::kResponder, .local = jid(kBen), .peer = jid(kAda), .sid = sid},
        env);
  }

  template <class Fact>
  Fact take(Session& session) {
    std::optional<Session::Output> output = session.poll();
    if (!output || !std::holds_alternative<Fact>(*output)) {
      ADD_FAILURE() << "another output than expected, or none";
      return Fact{};
    }
    return std::get<Fact>(*output);
  }

  // `from` sends `golden` as the iq `id`; `to` reads it and acknowledges; the result goes back.
  void says(Session& from, Session& to, std::string id, const std::string& golden) {
    auto sent = take<Session::SendRequest>(from);
    Element iq = make_iq("set", to.config().local.full(), id, sent.jingle);
    iq.set_attr("from", from.config().local.full());
    EXPECT_EQ(to_xml(iq.first_child() ? *iq.first_child() : Element()), golden);
    Element read = iq_set(from.config().local.full(), to.config().local.full(), golden);
    read.set_attr("id", id);
    ASSERT_EQ(*read.first_child(), sent.jingle);
    to.on_request(read, *read_jingle(*read.first_child()));
    auto reply = take<Session::SendReply>(to);
    EXPECT_EQ(to_xml(reply.iq, ns::kClient), "<iq type='result' to='" + from.config().local.full() +
                                                 "' from='" + to.config().local.full() + "' id='" +
                                                 id + "'/>");
    from.on_reply(sent.tag, reply.iq);
  }

  FakeEnv env;
  std::optional<Session> ada, ben;
};

std::string golden_content(const std::string& transport, bool described = true) {
  return "<content creator='initiator' name='xmlstream'>" +
         (described ? kDescription : std::string()) + transport + "</content></jingle>";
}

// covers JGL-03 JGL-05 JGL-07 JGL-23 JGL-33
TEST_F(FlowTest, Opens91InBandAndEndsIt) {
  begin("j-5f2c91aa");
  const std::string smaller =
      "<transport xmlns='urn:xmpp:jingle:transports:ibb:1' block-size='2048' sid='ibb-7d10'/>";
  ada->initiate(xmlstream_content(transport(kIbb), ""));
  says(*ada, *ben, "a1",
       "<jingle xmlns='urn:xmpp:jingle:1' action='session-initiate' "
       "initiator='ada@example.org/desk' sid='j-5f2c91aa'>" +
           golden_content(kIbb));
  take<Session::Acknowledged>(*ada);
  EXPECT_EQ(take<Session::Offered>(*ben).content.transport, transport(kIbb));

  ben->accept(xmlstream_content(transport(smaller), ""));
  says(*ben, *ada, "b1",
       "<jingle xmlns='urn:xmpp:jingle:1' action='session-accept' "
       "responder='ben@example.net/lab' sid='j-5f2c91aa'>" +
           golden_content(smaller));
  take<Session::AcceptProven>(*ben);
  EXPECT_EQ(take<Session::Accepted>(*ada).content.transport, transport(smaller));

  ada->terminate({.condition = "success", .text = {}, .alternative_sid = {}});
  says(*ada, *ben, "a41",
       "<jingle xmlns='urn:xmpp:jingle:1' action='session-terminate' sid='j-5f2c91aa'>"
       "<reason><success/></reason></jingle>");
  EXPECT_EQ(take<Session::Ended>(*ben).reason.condition, "success");
}

// covers JGL-07: both certificates' fingerprints
TEST_F(FlowTest, Carries91sFingerprints) {
  begin("j-5f2c91aa");
  std::string digits(64, '5');
  ada->initiate(xmlstream_content(transport(kIbb), digits));
  says(*ada, *ben, "a1",
       "<jingle xmlns='urn:xmpp:jingle:1' action='session-initiate' "
       "initiator='ada@example.org/desk' sid='j-5f2c91aa'>"
       "<content creator='initiator' name='xmlstream'>" +
           kDescription + kIbb + "<fingerprint xmlns='urn:x-balcony:0' hash='sha-256'>" + digits +
           "</fingerprint></content></jingle>");
  EXPECT_EQ(take<Session::Offered>(*ben).content.fingerprint, digits);
  take<Session::Acknowledged>(*ada);
  ben->accept(xmlstream_content(transport(kIbb), digits));
  says(*ben, *ada, "b1",
       "<jingle xmlns='urn:xmpp:jingle:1' action='session-accept' "
       "responder='ben@example.net/lab' sid='j-5f2c91aa'>"
       "<content creator='initiator' name='xmlstream'>" +
           kDescription + kIbb + "<fingerprint xmlns='urn:x-balcony:0' hash='sha-256'>" + digits +
           "</fingerprint></content></jingle>");
  take<Session::AcceptProven>(*ben);
  EXPECT_EQ(take<Session::Accepted>(*ada).content.fingerprint, digits);
}

class ReplaceFlowTest : public FlowTest {
 protected:
  const std::string socks_error =
      "<transport xmlns='urn:xmpp:jingle:transports:s5b:1' "
      "sid='s-1'><candidate-error/></transport>";
  const std::string ibb =
      "<transport xmlns='urn:xmpp:jingle:transports:ibb:1' block-size='4096' sid='ibb-90f2'/>";

  static std::string jingle(const std::string& action) {
    return "<jingle xmlns='urn:xmpp:jingle:1' action='" + action + "' sid='j-77ac'>";
  }
  // Both have accepted SOCKS5, both have failed.
  void fail_over_socks() {
    begin("j-77ac");
    ada->initiate(xmlstream_content(transport(kSocks), ""));
    says(*ada, *ben, "a1",
         "<jingle xmlns='urn:xmpp:jingle:1' action='session-initiate' "
         "initiator='ada@example.org/desk' sid='j-77ac'>" +
             golden_content(kSocks));
    ben->accept(xmlstream_content(transport(kSocks), ""));
    take<Session::Acknowledged>(*ada);
    take<Session::Offered>(*ben);
    says(*ben, *ada, "b1",
         "<jingle xmlns='urn:xmpp:jingle:1' action='session-accept' "
         "responder='ben@example.net/lab' sid='j-77ac'>" +
             golden_content(kSocks));
    take<Session::AcceptProven>(*ben);
    take<Session::Accepted>(*ada);
    ada->send_transport_info(transport(socks_error));
    says(*ada, *ben, "a8", jingle("transport-info") + golden_content(socks_error, false));
    ben->send_transport_info(transport(socks_error));
    EXPECT_EQ(take<Session::TransportInfo>(*ben).transport, transport(socks_error));
    says(*ben, *ada, "b6", jingle("transport-info") + golden_content(socks_error, false));
    take<Session::TransportInfo>(*ada);
    ada->replace_transport(transport(ibb));
    says(*ada, *ben, "a9", jingle("transport-replace") + golden_content(ibb, false));
    EXPECT_EQ(take<Session::ReplaceOffered>(*ben).transport, transport(ibb));
  }
};

// covers JGL-27 JGL-28 JGL-30
TEST_F(ReplaceFlowTest, GoesOn94InBand) {
  fail_over_socks();
  ben->accept_transport(transport(ibb));
  says(*ben, *ada, "b7", jingle("transport-accept") + golden_content(ibb, false));
  EXPECT_EQ(take<Session::TransportAccepted>(*ada).transport, transport(ibb));
}

// covers JGL-35
TEST_F(ReplaceFlowTest, Ends94WhenRefused) {
  fail_over_socks();
  ben->reject_transport(transport(ibb));
  says(*ben, *ada, "b7", jingle("transport-reject") + golden_content(ibb, false));
  take<Session::TransportRejected>(*ada);
  ada->terminate({.condition = "failed-transport", .text = {}, .alternative_sid = {}});
  says(*ada, *ben, "a10",
       jingle("session-terminate") + "<reason><failed-transport/></reason></jingle>");
  EXPECT_EQ(take<Session::Ended>(*ben).reason.condition, "failed-transport");
}

// covers JGL-14 JGL-15
TEST_F(FlowTest, Decides95ForTheLowerSid) {
  begin("j-5f2c91aa");
  Session bens(
      {.role = Role::kInitiator, .local = jid(kBen), .peer = jid(kAda), .sid = "j-0b7e44d1"}, env);
  Router adas_router(jid(kAda), {}), bens_router(jid(kBen), {});
  adas_router.add(&*ada);
  bens_router.add(&bens);
  ada->initiate(xmlstream_content(transport(kIbb), ""));
  bens.initiate(xmlstream_content(transport(kIbb), ""));
  auto a1 = take<Session::SendRequest>(*ada);
  auto q1 = take<Session::SendRequest>(bens);

  Element iq = iq_set(kAda, kBen, to_xml(a1.jingle));
  iq.set_attr("id", "a1");
  Router::Route at_ben = bens_router.route(iq);
  ASSERT_TRUE(std::holds_alternative<Router::Answer>(at_ben));
  const Element& conflict = std::get<Router::Answer>(at_ben).iq;
  EXPECT_EQ(to_xml(conflict, ns::kClient),
            "<iq type='error' to='ada@example.org/desk' from='ben@example.net/lab' id='a1'>"
            "<error type='cancel'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
            "<tie-break xmlns='urn:xmpp:jingle:errors:1'/></error></iq>");

  Router::Route at_ada = adas_router.route(iq_set(kBen, kAda, to_xml(q1.jingle)));
  ASSERT_TRUE(std::holds_alternative<Router::NewOffer>(at_ada));
  EXPECT_EQ(std::get<Router::NewOffer>(at_ada).glare, &*ada);

  ada->on_reply(a1.tag, fail(Blame::kPeer, stanza_error(conflict).condition, ""),
                stanza_error(conflict).application);
  take<Session::LostTie>(*ada);
}

// covers JGL-34 JGL-39
TEST_F(FlowTest, Ends97WithSecurityError) {
  begin("j-5f2c91aa");
  ada->initiate(xmlstream_content(transport(kIbb), ""));
  take<Session::SendRequest>(*ada);
  ben->on_request(iq_set(kAda, kBen, jingle_xml("session-initiate", kOffer)),
                  *read_jingle(xml(jingle_xml("session-initiate", kOffer))));
  take<Session::SendReply>(*ben);
  take<Session::Offered>(*ben);
  ada->terminate({.condition = "security-error",
                  .text = "peer certificate does not match the stored one",
                  .alternative_sid = {}});
  says(*ada, *ben, "a21",
       "<jingle xmlns='urn:xmpp:jingle:1' action='session-terminate' sid='j-5f2c91aa'>"
       "<reason><security-error/><text>peer certificate does not match the stored one</text>"
       "</reason></jingle>");
  Session::Ended ended = take<Session::Ended>(*ben);
  EXPECT_EQ(ended.reason.condition, "security-error");
  EXPECT_EQ(ended.reason.text, "peer certificate does not match the stored one");
  EXPECT_TRUE(ended.by_peer);
}

}  // namespace
}  // namespace balcony
