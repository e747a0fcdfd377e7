// SPDX-License-Identifier: MIT
// Two in-band transports and the server between them.
#include "transports/ibb/ibb_transport.h"

#include <gtest/gtest.h>

#include <optional>

#include "jingle/base/ns.h"
#include "tests/support/fake_scheduler.h"
#include "tests/support/iq_pipe.h"
#include "tests/support/recorder.h"
#include "transports/ibb/ibb_element.h"

namespace balcony {
namespace {

// One side: its transport, what that told, and the stream it gave.
struct Side : Transport::Listener {
  void on_description_ready(Element ours) override { description = std::move(ours); }
  void on_transport_info(Element) override { FAIL() << "in-band has no transport-info"; }
  void on_connected(std::unique_ptr<ByteStream> connected, PathFacts told) override {
    EXPECT_FALSE(stream || failure) << "told twice";
    stream = std::move(connected);
    facts = std::move(told);
    transport.reset();  // as an owner may
    if (listens) stream->set_listener(&heard);
  }
  void on_failed(Error error) override {
    EXPECT_FALSE(stream || failure) << "told twice";
    failure = std::move(error);
    transport.reset();
  }

  Element description;
  std::optional<Error> failure;
  PathFacts facts;
  bool listens = true;
  Recorder heard;
  std::unique_ptr<Transport> transport;
  std::unique_ptr<ByteStream> stream;
};

class IbbTransportTest : public testing::Test {
 protected:
  void offer() {
    a.transport = factory_a.create(Role::kInitiator, peers, pipe.a(), Reach::kAny);
    a.transport->start(&a);
    scheduler.run_due();
  }
  void answer() {
    b.transport = factory_b.create(Role::kResponder, peers, pipe.b(), Reach::kAny);
    b.transport->start(&b);
    ASSERT_TRUE(b.transport->on_remote_description(a.description));
    scheduler.run_due();
  }
  void agree() {
    b.transport->on_agreed();
    ASSERT_TRUE(a.transport->on_remote_description(b.description));
    a.transport->on_agreed();
    scheduler.run_due();
  }
  void connect() {
    offer();
    answer();
    agree();
  }
  Bytes pattern(std::size_t size) {
    Bytes octets;
    for (std::size_t i = 0; i < size; ++i) octets += static_cast<char>(i * 7 % 251);
    return octets;
  }
  // Writes all of it, however little is taken at once.
  void send_all(Side& from, ByteView octets) {
    for (int rounds = 0; !octets.empty() && rounds < 10'000; ++rounds) {
      octets.remove_prefix(from.stream->write(octets));
      scheduler.advance(10ms);
    }
    ASSERT_TRUE(octets.empty());
    scheduler.advance(100ms);
  }

  FakeEnv env;
  FakeScheduler scheduler{env};
  IqPipe pipe{scheduler, env};
  Peers peers;
  IbbFactory factory_a{env, scheduler, {}};
  IbbFactory factory_b{env, scheduler, {}};
  Side a, b;
};

using IbbFactoryTest = IbbTransportTest;
using IbbStreamTest = IbbTransportTest;

TEST_F(IbbFactoryTest, HasItsNames) {
  EXPECT_EQ(factory_a.name(), "ibb");
  EXPECT_EQ(factory_a.ns(), "urn:xmpp:jingle:transports:ibb:1");
}

TEST_F(IbbFactoryTest, ChecksOffers) {  // covers IBB-01, IBB-02, IBB-07
  auto fault = [this](const Element& transport) {
    auto checked = factory_a.check_offer(transport);
    return checked ? "none" : checked.error().condition;
  };
  Element good = ibb_transport({"s", 65535});
  EXPECT_EQ(fault(good), "none");
  EXPECT_EQ(fault(Element(good).set_attr("block-size", "0")), "bad-request");
  EXPECT_EQ(fault(Element(good).set_attr("sid", "")), "bad-request");
  EXPECT_EQ(fault(Element(good).set_attr("stanza", "message")), "incompatible-parameters");
  EXPECT_EQ(fault(Element("transport", ns::kJingleSocks5)), "bad-request");
}

TEST_F(IbbTransportTest, OffersItsBlockSizeAndAFreshSid) {  // covers IBB-01, IBB-02
  offer();
  EXPECT_EQ(a.description.attr("block-size"), "4096");
  EXPECT_GE(a.description.attr("sid").size(), 32U);
  Element first = a.description;
  offer();
  EXPECT_NE(a.description.attr("sid"), first.attr("sid"));
}

TEST_F(IbbTransportTest, NeverOffersMoreThan16384) {  // covers IBB-02
  factory_a.set_block_size(65535);
  offer();
  EXPECT_EQ(a.description.attr("block-size"), "16384");
  factory_a.set_block_size(0);
  offer();
  EXPECT_EQ(a.description.attr("block-size"), "1");
}

TEST_F(IbbTransportTest, AnswersWithTheSmallerBlockSizeAndTheSameSid) {  // covers IBB-03
  factory_b.set_block_size(2048);
  offer();
  answer();
  EXPECT_EQ(b.description, ibb_transport({std::string(a.description.attr("sid")), 2048}));
}

TEST_F(IbbTransportTest, NeverRaisesTheBlockSize) {  // covers IBB-03
  factory_a.set_block_size(1024);
  offer();
  answer();
  EXPECT_EQ(b.description.attr("block-size"), "1024");
}

TEST_F(IbbTransportTest, KeepsItsSmallerValueIfTheAnswerRaisesIt) {  // covers IBB-03
  offer();
  Element raised = Element(a.description).set_attr("block-size", "8192");
  ASSERT_TRUE(a.transport->on_remote_description(raised));
  a.transport->on_agreed();
  EXPECT_EQ(pipe.a().sent("open").at(0).first_child()->attr("block-size"), "4096");
}

TEST_F(IbbTransportTest, RefusesAnUnusableAnswer) {
  offer();
  auto fault = [this](const Element& answer) {
    return a.transport->on_remote_description(answer).error().condition;
  };
  EXPECT_EQ(fault(Element(a.description).set_attr("sid", "other")), "bad-request");
  EXPECT_EQ(fault(Element(a.description).set_attr("block-size", "x")), "bad-request");
  EXPECT_EQ(fault(Element(a.description).set_attr("stanza", "message")), "not-acceptable");
  EXPECT_EQ(fault(Element("transport", ns::kJingleSocks5)), "bad-request");
}

TEST_F(IbbTransportTest, SupportsNoFurtherBytestreams) {  // covers IBB-17
  offer();
  auto told = a.transport->on_remote_info(ibb_transport({"another", 4096}));
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().condition, "feature-not-implemented");
}

TEST_F(IbbTransportTest, OffererOpensAndBothAreConnected) {  // covers IBB-04
  connect();
  ASSERT_TRUE(a.stream && b.stream);
  EXPECT_EQ(pipe.a().sent("open").size(), 1U);
  EXPECT_EQ(pipe.b().sent("open").size(), 0U);
  EXPECT_EQ(a.facts.transport, "ibb");
  EXPECT_TRUE(a.facts.in_band && b.facts.in_band);
}

TEST_F(IbbTransportTest, SpeaksLikeTheExampleFlow) {  // golden: PROTOCOL.md 9.1
  factory_b.set_block_size(2048);
  connect();
  const ByteView header =
      "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
      "xmlns:stream='http://etherx.jabber.org/streams' from='ada@example.org' "
      "to='ben@example.net' version='1.0' xml:lang='en'>";
  a.stream->write(header);
  scheduler.run_due();
  a.stream->write("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  scheduler.run_due();
  a.stream->close();
  scheduler.run_due();

  const std::string sid(a.description.attr("sid"));
  const std::string iq = "<iq type='set' to='ben@example.net/lab' id='",
                    from = "' from='ada@example.org/desk'>";
  const std::string in_band = " xmlns='http://jabber.org/protocol/ibb' sid='" + sid + "'";
  std::string wire;
  for (const Element& stanza : pipe.a().sent()) wire += to_xml(stanza, ns::kClient) + '\n';
  EXPECT_EQ(
      wire,
      iq + "a1" + from + "<open" + in_band + " block-size='2048' stanza='iq'/></iq>\n" + iq + "a2" +
          from + "<data" + in_band +
          " seq='0'>"
          "PD94bWwgdmVyc2lvbj0nMS4wJz8+PHN0cmVhbTpzdHJlYW0geG1sbnM9J2phYmJlcjpjbGllbnQnIHhtbG5zOn"
          "N0cmVhbT0naHR0cDovL2V0aGVyeC5qYWJiZXIub3JnL3N0cmVhbXMnIGZyb209J2FkYUBleGFtcGxlLm9yZycg"
          "dG89J2JlbkBleGFtcGxlLm5ldCcgdmVyc2lvbj0nMS4wJyB4bWw6bGFuZz0nZW4nPg==</data></iq>\n" +
          iq + "a3" + from + "<data" + in_band +
          " seq='1'>"
          "PHN0YXJ0dGxzIHhtbG5zPSd1cm46aWV0ZjpwYXJhbXM6eG1sOm5zOnhtcHAtdGxzJy8+</data></iq>\n" +
          iq + "a4" + from + "<close" + in_band + "/></iq>\n");
  std::string replies;
  for (const Element& stanza : pipe.b().sent())
    replies += std::string(stanza.attr("id")) + std::string(stanza.attr("type")) + ' ';
  EXPECT_EQ(replies, "a1result a2result a3result a4result ");
}

TEST_F(IbbTransportTest, FailsIfThePeerRefusesToOpen) {
  offer();
  answer();
  ASSERT_TRUE(a.transport->on_remote_description(b.description));
  a.transport->on_agreed();  // b did not agree, and claims nothing
  scheduler.run_due();
  EXPECT_EQ(a.failure->condition, "not-acceptable");
  EXPECT_EQ(pipe.a().claims(), 0U);
}

TEST_F(IbbTransportTest, FailsIfNobodyOpensInTime) {  // covers IBB-04
  offer();
  answer();
  b.transport->on_agreed();
  scheduler.advance(29'999ms);
  EXPECT_FALSE(b.failure);
  scheduler.advance(1ms);
  EXPECT_EQ(b.failure->condition, "timeout");
  EXPECT_EQ(pipe.b().claims(), 0U);
}

TEST_F(IbbTransportTest, FailsIfTheOpenIsLost) {  // covers IBB-04
  pipe.a().set_rule([](const Element&, IqPipe::Fate& fate) { fate.copies = 0; });
  connect();
  scheduler.advance(30s);
  EXPECT_EQ(a.failure->condition, "timeout");
  EXPECT_EQ(b.failure->condition, "timeout");
}

TEST_F(IbbTransportTest, DestroyingItCancels) {
  pipe.a().set_rule([](const Element&, IqPipe::Fate& fate) { fate.delay = 1s; });
  connect();
  a.transport.reset();
  b.transport.reset();
  EXPECT_EQ(pipe.a().claims() + pipe.b().claims(), 0U);
  scheduler.advance(60s);
  EXPECT_FALSE(a.stream || a.failure || b.stream || b.failure);
}

TEST_F(IbbStreamTest, CarriesOctetsBothWays) {
  connect();
  Bytes octets = pattern(100'000);
  send_all(a, octets);
  send_all(b, octets);
  EXPECT_EQ(b.heard.received, octets);
  EXPECT_EQ(a.heard.received, octets);
}

TEST_F(IbbStreamTest, CarriesOctetsThroughASlowServer) {
  auto slow = [n = 0](const Element&, IqPipe::Fate& fate) mutable {
    fate.delay = 100ms + 50ms * (n++ / 7 % 4);
  };
  // Requests stay in order, as servers keep them; replies come in any.
  pipe.a().set_rule([](const Element&, IqPipe::Fate& fate) { fate.delay = 100ms; });
  pipe.b().set_rule(slow);
  connect();
  scheduler.advance(5s);
  Bytes octets = pattern(600'000);
  send_all(a, octets);
  scheduler.advance(60s);
  EXPECT_EQ(b.heard.received, octets);
  EXPECT_EQ(a.heard.closes, 0);
}

TEST_F(IbbStreamTest, WritesOfOneTurnLeaveInOneBlock) {
  connect();
  for (auto word : {"one ", "turn ", "one ", "block"}) a.stream->write(word);
  EXPECT_EQ(pipe.a().sent("data").size(), 0U);
  scheduler.run_due();
  EXPECT_EQ(pipe.a().sent("data").size(), 1U);
  EXPECT_EQ(b.heard.received, "one turn one block");
}

TEST_F(IbbStreamTest, KeepsWhatCameBeforeTheFirstListener) {
  b.listens = false;
  connect();
  a.stream->write(pattern(64 * 1024));
  scheduler.run_due();
  b.stream->set_listener(&b.heard);
  EXPECT_EQ(b.heard.received, "");  // never inside the call
  scheduler.run_due();
  EXPECT_EQ(b.heard.received, pattern(64 * 1024));
}

TEST_F(IbbStreamTest, PausingHoldsThePeer) {  // covers IBB-11
  connect();
  b.stream->set_listener(nullptr);
  std::size_t taken = 0;
  for (int i = 0; i < 9; ++i) {
    taken += a.stream->write(Bytes(512 * 1024, 'x'));
    scheduler.advance(1s);
  }
  EXPECT_LE(taken, (256U + 64U + 16U) * 1024U);
  EXPECT_EQ(b.heard.received, "");
  b.stream->set_listener(&b.heard);
  scheduler.run_due();
  EXPECT_EQ(b.heard.received.size(), taken);
  EXPECT_EQ(a.heard.writables, 1);
  EXPECT_EQ(a.heard.closes, 0);
}

TEST_F(IbbStreamTest, EndsIfThePauseIsTooLong) {  // covers IBB-11
  connect();
  b.stream->set_listener(nullptr);
  a.stream->write(pattern(200'000));
  scheduler.advance(20s);
  EXPECT_TRUE(a.heard.is_lost());
  b.stream->set_listener(&b.heard);
  scheduler.run_due();
  EXPECT_GE(b.heard.received.size(), 64U * 1024U);
  EXPECT_TRUE(b.heard.is_lost());
}

TEST_F(IbbStreamTest, ClosesInOrderAfterItsLastOctets) {  // covers IBB-15, JGL-33
  connect();
  a.stream->write(pattern(50'000));
  a.stream->close();
  EXPECT_EQ(a.stream->write("more"), 0U);
  scheduler.run_due();
  EXPECT_EQ(b.heard.received, pattern(50'000));
  EXPECT_TRUE(b.heard.is_closed_in_order());
  EXPECT_TRUE(a.heard.is_closed_in_order());
}

TEST_F(IbbStreamTest, TellsTheEndOnlyAfterAllOctets) {
  b.listens = false;
  connect();
  a.stream->write("last words");
  a.stream->close();
  scheduler.run_due();
  b.stream->set_listener(&b.heard);
  scheduler.run_due();
  EXPECT_EQ(b.heard.received, "last words");
  EXPECT_TRUE(b.heard.is_closed_in_order());
}

TEST_F(IbbStreamTest, CrossingClosesEndBothInOrder) {  // covers IBB-15
  connect();
  a.stream->close();
  b.stream->close();
  scheduler.run_due();
  EXPECT_TRUE(a.heard.is_closed_in_order());
  EXPECT_TRUE(b.heard.is_closed_in_order());
  EXPECT_TRUE(pipe.a().errors_sent().empty() && pipe.b().errors_sent().empty());
}

TEST_F(IbbStreamTest, RefusesDataAfterClose) {  // covers IBB-15
  connect();
  a.stream->close();
  scheduler.run_due();
  Element late =
      make_iq("set", "ben@example.net/lab", "x1", ibb_data(a.description.attr("sid"), 0, "late"));
  pipe.b().inject(late.set_attr("from", "ada@example.org/desk"));
  EXPECT_EQ(pipe.b().errors_sent(), std::vector<std::string>{"item-not-found"});
}

TEST_F(IbbStreamTest, DuplicatedBlockEndsItUndelivered) {  // covers IBB-08
  connect();
  pipe.a().set_rule([](const Element&, IqPipe::Fate& fate) { fate.copies = 2; });
  a.stream->write("once");
  scheduler.run_due();
  EXPECT_EQ(b.heard.received, "once");
  EXPECT_EQ(pipe.b().errors_sent().at(0), "unexpected-request");
  EXPECT_TRUE(b.heard.is_lost());
  EXPECT_EQ(a.heard.closes, 1);
}

TEST_F(IbbStreamTest, LostBlockLosesTheStream) {  // covers IBB-08, IBB-14
  connect();
  pipe.a().set_rule([](const Element& iq, IqPipe::Fate& fate) {
    if (is_iq_request(iq) && iq.first_child()->attr("seq") == "1") fate.copies = 0;
  });
  a.stream->write(pattern(3 * 4096));
  scheduler.advance(60s);
  EXPECT_EQ(b.heard.received, pattern(4096));
  EXPECT_TRUE(b.heard.is_lost());
  EXPECT_EQ(a.heard.closes, 1);
}

TEST_F(IbbStreamTest, LostResultLosesTheStream) {  // covers IBB-14
  connect();
  pipe.b().set_rule([](const Element&, IqPipe::Fate& fate) { fate.copies = 0; });
  a.stream->write("one");
  scheduler.advance(30s);
  EXPECT_TRUE(a.heard.is_lost());
  EXPECT_TRUE(b.heard.is_closed_in_order());  // by our <close/>
}

TEST_F(IbbStreamTest, UndeliveredBlockIsRepeated) {  // covers IBB-13
  connect();
  pipe.a().set_rule(
      [](const Element&, IqPipe::Fate& fate) { fate.condition = "recipient-unavailable"; });
  a.stream->write("again");
  scheduler.advance(4s);
  pipe.a().set_rule({});
  EXPECT_EQ(b.heard.received, "");
  scheduler.advance(1s);
  EXPECT_EQ(b.heard.received, "again");
  EXPECT_EQ(a.heard.closes + b.heard.closes, 0);
}

TEST_F(IbbStreamTest, SurvivesAResumedServerSession) {  // covers JGL-37
  connect();
  pipe.b().set_rule([](const Element&, IqPipe::Fate& fate) { fate.delay = 40s; });
  a.stream->write("kept");
  scheduler.run_due();
  a.stream->on_server_session(ByteStream::ServerSession::kAway);
  scheduler.advance(35s);
  a.stream->write(" more");
  EXPECT_EQ(pipe.a().sent("data").size(), 1U);
  EXPECT_EQ(a.heard.closes, 0);
}

TEST_F(IbbStreamTest, GoesOnAfterAResumedServerSession) {  // covers JGL-37
  connect();
  a.stream->on_server_session(ByteStream::ServerSession::kAway);
  a.stream->write("later");
  scheduler.advance(10s);
  EXPECT_EQ(b.heard.received, "");
  a.stream->on_server_session(ByteStream::ServerSession::kResumed);
  scheduler.run_due();
  EXPECT_EQ(b.heard.received, "later");
}

TEST_F(IbbStreamTest, IsLostWithTheServerSession) {  // covers JGL-37
  connect();
  a.stream->on_server_session(ByteStream::ServerSession::kLost);
  EXPECT_EQ(a.heard.closes, 0);  // never inside the call
  scheduler.run_due();
  EXPECT_TRUE(a.heard.is_lost());
}

TEST_F(IbbStreamTest, CountsItsBlocksForTheLimits) {  // covers C-09
  connect();
  a.stream->write("abc");
  scheduler.run_due();
  EXPECT_EQ(b.stream->received_overhead(), 64U);
}

TEST_F(IbbStreamTest, MayBeDestroyedByItsListener) {
  connect();
  b.heard.then = [this] { b.stream.reset(); };
  a.stream->write(pattern(200'000));
  scheduler.advance(60s);
  EXPECT_EQ(b.heard.reads, 1);
  EXPECT_EQ(pipe.b().claims(), 0U);
  EXPECT_EQ(pipe.b().unanswered(), 0U);
  EXPECT_TRUE(a.heard.is_lost());
}

TEST_F(IbbStreamTest, MayBeDestroyedWithRepliesUnderWay) {
  connect();
  pipe.b().set_rule([](const Element&, IqPipe::Fate& fate) { fate.delay = 1s; });
  a.stream->write("abc");
  scheduler.run_due();
  a.stream.reset();
  EXPECT_EQ(pipe.a().claims(), 0U);
  scheduler.advance(60s);
  EXPECT_EQ(a.heard.closes, 0);
}

TEST_F(IbbStreamTest, AnswersWhatItHoldsWhenItIsDestroyed) {
  connect();
  b.stream->set_listener(nullptr);
  a.stream->write(pattern(200'000));
  scheduler.run_due();
  EXPECT_GT(pipe.b().unanswered(), 0U);
  b.stream.reset();
  EXPECT_EQ(pipe.b().unanswered(), 0U);
}

TEST_F(IbbStreamTest, ReordersNothingWhateverTheServerDoesToReplies) {
  connect();
  pipe.b().set_rule([n = 0](const Element&, IqPipe::Fate& fate) mutable {
    fate.delay = n++ % 2 ? 5ms : 15ms;
    fate.copies = 1 + n % 3 / 2;
  });
  Bytes octets = pattern(300'000);
  send_all(a, octets);
  scheduler.advance(10s);
  EXPECT_EQ(b.heard.received, octets);
}

}  // namespace
}  // namespace balcony
