// SPDX-License-Identifier: MIT
// An established stream: stanzas, keepalive, closing, errors.
#include "tests/jingle/stream/probe.h"

namespace balcony {
namespace {

struct Exchange : StreamTest {
  Exchange() { server.open(); }

  std::string ping_id() {
    std::string sent = server.take_sent();
    std::size_t at = sent.find(" id='") + 5;
    return sent.substr(at, sent.find('\'', at) - at);
  }
};

const Element kMessage = xml("<message type='chat' id='m1'><body>Hi</body></message>");
const std::string kAddressed =
    "<message type='chat' id='m1' from='ben@example.net/lab' to='ada@example.org/desk'>"
    "<body>Hi</body></message>";

Element message_of(std::size_t octets) {
  Element body("body", ns::kClient);
  body.add_text(std::string(octets, 'x'));
  return Element("message", ns::kClient).add(std::move(body));
}

// ---- stanzas ----

TEST_F(Exchange, SendsTheStanzasOfOneTurnInOneWrite) {
  EXPECT_TRUE(server.stream.send(kMessage));
  EXPECT_TRUE(server.stream.send(kMessage));
  server.drain();
  EXPECT_EQ(server.sent, kAddressed + kAddressed);
  EXPECT_EQ(server.writes, 1);
}

TEST_F(Exchange, SendsNothingBeforeItIsEstablished) {  // covers STM-08
  client.secured();
  EXPECT_FALSE(client.stream.send(kMessage));
  EXPECT_FALSE(client.stream.is_writable());
}

TEST_F(Exchange, SendsNothingOfTheServerPath) {  // covers STZ-03
  EXPECT_FALSE(
      server.stream.send(xml("<iq type='set' id='1'><jingle xmlns='urn:xmpp:jingle:1'/></iq>")));
  EXPECT_FALSE(server.stream.poll());
}

TEST_F(Exchange, SendsLargeStanzasOnlyToAPeerThatTakesThem) {  // covers STZ-20
  EXPECT_TRUE(server.stream.send(message_of(9'000)));
  EXPECT_FALSE(server.stream.send(message_of(10'000)));
  server.feed(to_xml(message_of(10'001), ns::kClient));  // it sends such itself
  EXPECT_TRUE(server.stream.send(message_of(200'000)));
  EXPECT_FALSE(server.stream.send(message_of(256 * 1024)));
  XmlStream::Config config = config_of(Role::kResponder);
  config.peer_takes_large = true;
  Probe told(env, config);
  told.open();
  EXPECT_TRUE(told.stream.send(message_of(200'000)));
}

TEST_F(Exchange, LeavesNoTraceOfARefusedStanza) {
  server.stream.send(kMessage);
  server.stream.send(message_of(20'000));
  server.drain();
  EXPECT_EQ(server.sent, kAddressed);
}

TEST_F(Exchange, HandsOverWhatPassesTheFilter) {  // covers STZ-05
  server.feed("<message><body>Hi</body></message> \n <presence/>");
  ASSERT_EQ(server.received.size(), 2U);
  EXPECT_EQ(server.received[0].attr("from"), kAda.full());
  EXPECT_EQ(server.received[0].attr("to"), kBen.full());
  EXPECT_EQ(server.received[0].attr("lang", ns::kXml), "en");
}

TEST_F(Exchange, DropsAndAnswersWhatMayNotPass) {  // covers STZ-03, STZ-11
  server.feed(
      "<message><received xmlns='urn:xmpp:carbons:2'/></message>"
      "<iq type='set' id='r'><query xmlns='jabber:iq:roster'/></iq>");
  EXPECT_TRUE(server.received.empty());
  EXPECT_EQ(server.dropped.size(), 1U);
  EXPECT_EQ(server.sent,
            "<iq type='error' id='r' from='ben@example.net/lab' to='ada@example.org/desk'>"
            "<error type='cancel'><service-unavailable "
            "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
}

TEST_F(Exchange, EndsAStreamWhosePeerSpeaksForAnother) {  // covers STZ-06, STE-09
  server.feed("<message from='mallory@example.org'><body>Hi</body></message><message/>");
  EXPECT_TRUE(server.received.empty());
  EXPECT_EQ(server.condition(), "invalid-from");
  EXPECT_EQ(server.reason(), "security-error");
}

TEST_F(Exchange, EndsAStreamThatTriesToRelayTenTimesAMinute) {  // covers STZ-07, STE-14
  std::string message = "<message to='eve@example.net'/>";
  std::string iq = "<iq type='get' id='1' to='eve@example.net'><ping xmlns='urn:xmpp:ping'/></iq>";
  for (int i = 0; i < 9; ++i) server.feed(i % 2 ? message : iq);
  env.advance(61s);
  for (int i = 0; i < 9; ++i) server.feed(i % 2 ? message : iq);
  EXPECT_FALSE(server.ended);
  server.feed(message);
  EXPECT_EQ(server.condition(), "policy-violation");
}

TEST_F(Exchange, RefusesElementsThatAreNoStanzas) {  // covers STM-16, STE-24
  for (std::string_view element :
       {"<x xmlns='urn:x'/>", "<odd/>", "<message xmlns='jabber:server'/>",
        "<enable xmlns='urn:xmpp:sm:3'/>", "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"}) {
    Probe fresh(env, config_of(Role::kResponder));
    fresh.open().feed(element);
    EXPECT_EQ(fresh.condition(), "unsupported-stanza-type") << element;
  }
}

TEST_F(Exchange, OverlooksFeaturesThatComeAgain) {
  client.open().feed(kNoFeatures);
  EXPECT_FALSE(client.ended);
}

TEST_F(Exchange, RefusesStarttls) {  // covers TLS-12
  server.feed("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  EXPECT_EQ(server.condition(), "policy-violation");
  EXPECT_EQ(server.reason(), "security-error");
}

TEST_F(Exchange, TakesElementsUpToItsLimit) {  // covers C-09, STM-15
  server.feed(to_xml(message_of(200'000), ns::kClient));
  EXPECT_EQ(server.received.size(), 1U);
  server.feed(to_xml(message_of(300'000), ns::kClient));
  EXPECT_EQ(server.condition(), "policy-violation");
  EXPECT_NE(server.sent.find("<stanza-too-big"), std::string::npos);
}

TEST_F(Exchange, PushesBackWhenTheByteStreamIsFull) {
  EXPECT_TRUE(server.stream.is_writable());
  server.stream.on_backlog(1024 * 1024);
  EXPECT_FALSE(server.stream.is_writable());
  server.stream.on_backlog(0);
  EXPECT_TRUE(server.stream.is_writable());
}

TEST_F(Exchange, EndsAPeerThatAsksButDoesNotRead) {  // covers STE-17
  server.stream.on_backlog(2 * 1024 * 1024);
  server.feed("<iq type='set' id='r'><query xmlns='jabber:iq:roster'/></iq>");
  EXPECT_EQ(server.condition(), "resource-constraint");
}

// ---- keepalive ----

TEST_F(Exchange, PingsASilentPeerAndGivesItUpAfterTwoMisses) {  // covers STM-17, C-11, STE-04
  server.advance(119s);
  EXPECT_EQ(server.sent, "");
  server.advance(1s);
  EXPECT_NE(server.sent.find("<ping xmlns='urn:xmpp:ping'/>"), std::string::npos);
  std::string first = ping_id();
  server.advance(15s);
  EXPECT_NE(ping_id(), first);
  server.advance(14s);
  EXPECT_FALSE(server.ended);
  server.advance(1s);
  EXPECT_EQ(server.condition(), "connection-timeout");
  EXPECT_EQ(server.reason(), "connectivity-error");
  EXPECT_TRUE(server.close_bytes);
}

TEST_F(Exchange, SwallowsAnswersToItsOwnPingsOnly) {  // covers STM-17
  for (std::string_view type : {"result", "error"}) {
    server.stream.ping();
    server.drain();
    std::string reply = "<iq type='" + std::string(type) + "' id='" + ping_id() + "'/>";
    server.feed(reply);
    EXPECT_TRUE(server.received.empty());
    server.feed(reply);  // a second one is none of ours
    EXPECT_EQ(std::exchange(server.received, {}).size(), 1U);
  }
  server.advance(119s);
  EXPECT_EQ(server.sent, "");
}

TEST_F(Exchange, CountsAnyOctetAsLife) {  // covers STM-17
  server.advance(130s);
  TimePoint before = env.now();
  server.feed(" ");
  EXPECT_EQ(server.stream.last_received(), before);
  server.take_sent();
  server.advance(119s);
  EXPECT_EQ(server.sent, "");
}

TEST_F(Exchange, JudgesThePeerSoonerWhenItsOwnerPings) {
  server.stream.ping();
  server.stream.ping();
  server.drain();
  server.advance(30s);
  EXPECT_EQ(server.condition(), "connection-timeout");
}

TEST_F(Exchange, SendsWhiteSpaceBetweenStanzasWhileItIsOpen) {
  server.take_sent();
  server.stream.space();
  server.drain();
  EXPECT_EQ(server.take_sent(), " ");
  server.stream.close();
  server.drain();
  server.take_sent();
  server.stream.space();
  server.drain();
  EXPECT_EQ(server.take_sent(), "");
}

TEST_F(Exchange, SendsNoKeepaliveWhenToldSo) {  // covers STM-17
  XmlStream::Config config = config_of(Role::kResponder);
  config.keepalive = false;
  Probe quiet(env, config);
  quiet.open();
  EXPECT_FALSE(quiet.stream.next_deadline());
  quiet.stream.ping();
  quiet.drain();
  EXPECT_NE(quiet.sent, "");
  EXPECT_FALSE(quiet.stream.next_deadline());
}

TEST_F(Exchange, RemembersABoundedNumberOfPings) {
  server.stream.ping();
  server.drain();
  std::string oldest = ping_id();
  for (int i = 0; i < 16; ++i) server.stream.ping();
  server.feed("<iq type='result' id='" + oldest + "'/>");
  EXPECT_EQ(server.received.size(), 1U);
}

// ---- closing ----

TEST_F(Exchange, SaysAllItHasAndClosesItsTag) {  // covers STM-18
  server.stream.send(kMessage);
  server.stream.close();
  server.drain();
  EXPECT_EQ(server.sent, kAddressed + "</stream:stream>");
  EXPECT_FALSE(server.close_bytes);
  EXPECT_TRUE(server.stream.is_closing());
  EXPECT_FALSE(server.stream.send(kMessage));
  server.stream.ping();
  server.stream.close();
  EXPECT_FALSE(server.stream.poll());
}

TEST_F(Exchange, DeliversWhatComesAfterItsClosingTag) {  // covers STM-18
  server.stream.close();
  server.drain();
  server.take_sent();
  server.feed("<message/><iq type='set' id='r'><query xmlns='jabber:iq:roster'/></iq>");
  EXPECT_EQ(server.received.size(), 1U);
  EXPECT_EQ(server.sent, "");
  server.feed("</stream:stream>");
  EXPECT_TRUE(server.close_bytes && server.ended && server.ended->clean);
  EXPECT_EQ(server.reason(), "success");
}

TEST_F(Exchange, WaitsTenSecondsForTheOtherClosingTag) {  // covers STM-18, C-08
  server.stream.close();
  server.drain();
  server.advance(9'999ms);
  EXPECT_FALSE(server.ended);
  server.advance(1ms);
  EXPECT_TRUE(server.close_bytes);
  EXPECT_FALSE(server.ended->clean);
  EXPECT_EQ(server.reason(), "success");
}

TEST_F(Exchange, LetsItsOwnerFinishWhenThePeerCloses) {  // covers STM-18
  server.stream.on_bytes("</stream:stream>");
  auto output = server.stream.poll();
  ASSERT_TRUE(output && std::holds_alternative<XmlStream::PeerClosing>(*output));
  EXPECT_TRUE(server.stream.is_closing());
  EXPECT_TRUE(server.stream.send(kMessage));
  server.drain();
  EXPECT_EQ(server.sent, kAddressed + "</stream:stream>");
  EXPECT_TRUE(server.close_bytes && server.ended->clean);
}

TEST_F(Exchange, MayBeClosedByItsOwnerWhenThePeerCloses) {
  server.stream.on_bytes("</stream:stream>");
  server.stream.close();
  server.drain();
  EXPECT_TRUE(server.peer_closing && server.ended && server.ended->clean);
}

TEST_F(Exchange, IgnoresANewHeaderOnAClosedStream) {  // covers STM-10
  server.feed("</stream:stream>" + kAdaHeader);
  EXPECT_TRUE(server.ended->clean);
  EXPECT_EQ(server.sent, "</stream:stream>");
  server.feed(kAdaHeader);
  EXPECT_FALSE(server.stream.poll());
}

TEST_F(Exchange, TakesAnEofWithoutAClosingTagForALoss) {  // covers STM-19
  server.stream.on_eof(std::nullopt);
  server.drain();
  EXPECT_FALSE(server.ended->clean);
  EXPECT_EQ(server.reason(), "connectivity-error");
  client.open();
  client.stream.on_tls_failed({Blame::kPeer, "bad-record", "bad record"});
  client.drain();
  EXPECT_EQ(client.reason(), "connectivity-error");
  EXPECT_EQ(client.ended->text, "bad record");
}

TEST_F(Exchange, TakesAnEofWhileItClosesForAnUncleanEnd) {  // covers STM-19
  server.stream.close();
  server.drain();
  server.stream.on_eof(std::nullopt);
  server.drain();
  EXPECT_FALSE(server.ended->clean);
  EXPECT_EQ(server.reason(), "success");
}

// ---- stream errors ----

struct Ending {
  std::string_view condition, reason;
};
const Ending kEndings[] = {
    // PROTOCOL.md 3.4, in its order
    {"bad-format", "failed-application"},
    {"bad-namespace-prefix", "failed-application"},
    {"conflict", "success"},
    {"connection-timeout", "connectivity-error"},
    {"host-gone", "failed-application"},
    {"host-unknown", "failed-application"},
    {"improper-addressing", "failed-application"},
    {"internal-server-error", "failed-application"},
    {"invalid-from", "failed-application"},
    {"invalid-namespace", "failed-application"},
    {"invalid-xml", "failed-application"},
    {"not-authorized", "security-error"},
    {"not-well-formed", "failed-application"},
    {"policy-violation", "failed-application"},
    {"remote-connection-failed", "failed-application"},
    {"reset", "connectivity-error"},
    {"resource-constraint", "failed-application"},
    {"restricted-xml", "failed-application"},
    {"see-other-host", "failed-application"},
    {"system-shutdown", "connectivity-error"},
    {"undefined-condition", "failed-application"},
    {"unsupported-encoding", "failed-application"},
    {"unsupported-feature", "failed-application"},
    {"unsupported-stanza-type", "failed-application"},
    {"unsupported-version", "failed-application"},
};

TEST_F(Exchange, SendsEachStreamErrorOnceAndEnds) {  // covers STM-20, STE-01 to STE-25
  for (const Ending& row : kEndings) {
    Probe fresh(env, config_of(Role::kResponder));
    fresh.open();
    fresh.stream.fail({std::string(row.condition), "", {}});
    fresh.stream.fail({"reset", "", {}});
    fresh.drain();
    EXPECT_EQ(fresh.sent,
              "<stream:error>" + error_xml(row.condition) + "</stream:error></stream:stream>");
    EXPECT_TRUE(fresh.close_bytes);
    EXPECT_EQ(fresh.reason(), row.reason) << row.condition;
    EXPECT_EQ(fresh.condition(), row.condition);
    EXPECT_FALSE(fresh.stream.is_established());
  }
}

TEST_F(Exchange, AnswersNoStreamErrorWithAnError) {  // covers STM-20, STM-21, STE-01 to STE-25
  for (const Ending& row : kEndings) {
    Probe fresh(env, config_of(Role::kInitiator));
    fresh.open();
    fresh.feed("<stream:error>" + error_xml(row.condition) +
               "<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>so it is</text></stream:error>"
               "</stream:stream>");
    EXPECT_EQ(fresh.sent, "</stream:stream>");
    EXPECT_TRUE(fresh.close_bytes);
    EXPECT_EQ(fresh.reason(), row.reason) << row.condition;
    EXPECT_EQ(fresh.condition(), row.condition);
    EXPECT_NE(fresh.ended->text.find("so it is"), std::string::npos);
    EXPECT_FALSE(fresh.ended->clean);
  }
}

TEST_F(Exchange, TakesAnUnknownStreamErrorForUndefined) {  // covers STM-21
  server.feed("<stream:error>" + error_xml("novel") + "</stream:error>");
  EXPECT_EQ(server.condition(), "undefined-condition");
}

TEST_F(Exchange, ReadsAStreamErrorBeforeItIsEstablished) {
  client.start();
  client.feed(kBenHeader + "<stream:error>" + error_xml("not-authorized") + "</stream:error>");
  EXPECT_EQ(client.reason(), "security-error");
}

TEST_F(Exchange, SendsNoErrorAfterItsClosingTag) {  // covers STM-18, STM-20
  server.stream.close();
  server.drain();
  server.take_sent();
  server.feed("<message from='mallory@example.org'/>");
  EXPECT_EQ(server.sent, "");
  EXPECT_EQ(server.condition(), "invalid-from");
  EXPECT_TRUE(server.close_bytes);
}

}  // namespace
}  // namespace balcony
