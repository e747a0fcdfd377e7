// SPDX-License-Identifier: MIT
// Two TLS streams over one wire, which can be slow, full, cut or closed early.
#include "transports/filters/tls_stream.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>

#include "jingle/security/identity.h"
#include "tests/support/fake_scheduler.h"
#include "tests/support/pipe_stream.h"
#include "tests/support/recorder.h"

namespace balcony {
namespace {

// Keys are dear to make: one each for all tests.
const Identity& identity(const char* address) {
  static FakeEnv env;
  static const Identity ada = *Identity::generate(*Jid::parse("ada@example.org"), env);
  static const Identity ben = *Identity::generate(*Jid::parse("ben@example.net"), env);
  return std::string_view(address) == "ada" ? ada : ben;
}

struct Side : TlsStream::HandshakeListener {
  void on_handshake_done(const TlsEngine::HandshakeDone& told) override {
    EXPECT_FALSE(done || failure) << "told twice";
    done = told;
    if (listens) stream->set_listener(&heard);
    if (then) then();
  }
  void on_handshake_failed(const Error& error) override {
    EXPECT_FALSE(done || failure) << "told twice";
    failure = error;
    stream.reset();  // as an owner may
  }

  std::optional<TlsEngine::HandshakeDone> done;
  std::optional<Error> failure;
  bool listens = true;
  std::function<void()> then;
  Recorder heard;
  std::unique_ptr<TlsStream> stream;
};

// What lies under a TLS stream, where a test watches what is passed on to it.
struct Below : ByteStream {
  void set_listener(Listener* to) override { listener = to; }
  std::size_t write(ByteView octets) override {
    written += octets.size();
    said += octets;
    return octets.size();
  }
  void close() override { ++closes; }
  void on_server_session(ServerSession told) override { state = told; }
  std::size_t received_overhead() const override { return overhead; }

  Listener* listener = nullptr;
  std::size_t written = 0;
  Bytes said;
  int closes = 0;
  std::size_t overhead = 0;
  std::optional<ServerSession> state;
};

class TlsStreamTest : public testing::Test {
 protected:
  std::unique_ptr<TlsStream> make(std::unique_ptr<ByteStream> below, Role role, Side& side) {
    const Identity& own = identity(role == Role::kInitiator ? "ada" : "ben");
    return std::make_unique<TlsStream>(std::move(below), role, own, scheduler, env, &side);
  }
  void start() {
    a.stream = make(pipe.take_a(), Role::kInitiator, a);
    b.stream = make(pipe.take_b(), Role::kResponder, b);
  }
  void connect() {
    start();
    scheduler.run_due();
    ASSERT_TRUE(a.done && b.done);
  }
  // The client alone, over a stream that the test plays.
  Below& start_alone() {
    auto below = std::make_unique<Below>();
    Below& played = *below;
    a.stream = make(std::move(below), Role::kInitiator, a);
    scheduler.run_due();
    return played;
  }

  FakeEnv env;
  FakeScheduler scheduler{env};
  PipeStream pipe{scheduler, env};
  Side a, b;
};

TEST_F(TlsStreamTest, TellsEachSideThePeersCertificate) {
  connect();
  EXPECT_EQ(a.done->peer.fingerprint, identity("ben").certificate().fingerprint);
  EXPECT_EQ(b.done->peer.fingerprint, identity("ada").certificate().fingerprint);
  EXPECT_EQ(a.done->version, "TLSv1.3");
}

TEST_F(TlsStreamTest, TellsNothingInsideItsConstructor) {
  start();
  EXPECT_FALSE(a.done || b.done || a.failure || b.failure);
  EXPECT_EQ(pipe.writes(), 0);
}

TEST_F(TlsStreamTest, CarriesOctetsBothWaysUnreadably) {
  connect();
  EXPECT_EQ(a.stream->write("question"), 8U);
  EXPECT_EQ(b.stream->write("answer"), 6U);
  scheduler.run_due();
  EXPECT_EQ(b.heard.received, "question");
  EXPECT_EQ(a.heard.received, "answer");
  EXPECT_EQ(pipe.said_by_a().find("question"), Bytes::npos);
}

TEST_F(TlsStreamTest, WorksHoweverTheWireCutsTheOctets) {
  for (std::size_t chunk : {1U, 2U, 5U, 100U, 1000U}) {
    pipe.chunk = chunk;
    a = Side();
    b = Side();
    PipeStream fresh(scheduler, env);
    fresh.chunk = chunk;
    a.stream = make(fresh.take_a(), Role::kInitiator, a);
    b.stream = make(fresh.take_b(), Role::kResponder, b);
    scheduler.run_due();
    ASSERT_TRUE(a.done && b.done);
    a.stream->write("in pieces");
    scheduler.run_due();
    EXPECT_EQ(b.heard.received, "in pieces");
    a.stream.reset();
    b.stream.reset();
  }
}

TEST_F(TlsStreamTest, PausesAfterTheHandshakeUntilThereIsAListener) {  // covers TLS-11
  b.listens = false;
  connect();
  a.stream->write("too early");
  scheduler.run_due();
  b.stream->set_listener(&b.heard);
  EXPECT_EQ(b.heard.received, "");  // never inside the call
  scheduler.run_due();
  EXPECT_EQ(b.heard.received, "too early");
}

TEST_F(TlsStreamTest, BoundsWhatWaitsWhilePaused) {
  b.listens = false;
  pipe.capacity = 64 * 1024;
  connect();
  std::size_t taken = 0;
  for (int i = 0; i < 20; ++i) {
    taken += a.stream->write(Bytes(1024 * 1024, 'x'));
    scheduler.run_due();
  }
  EXPECT_LT(taken, 600U * 1024U);  // in b, on the wire, and in a
  EXPECT_GT(taken, 300U * 1024U);
  b.stream->set_listener(&b.heard);
  scheduler.run_due();
  EXPECT_EQ(b.heard.received.size(), taken);
  EXPECT_GE(a.heard.writables, 1);
}

TEST_F(TlsStreamTest, TakesOnlyWhatItHasRoomFor) {
  connect();
  pipe.capacity = 0;
  EXPECT_EQ(a.stream->write(Bytes(1024 * 1024, 'x')), 256U * 1024U);
  scheduler.run_due();
  EXPECT_EQ(a.stream->write("x"), 0U);
  EXPECT_EQ(a.heard.writables, 0);
  pipe.capacity = 1024 * 1024;
  b.stream->write("so that the wire moves");
  scheduler.run_due();
  EXPECT_EQ(a.heard.writables, 1);
  EXPECT_EQ(b.heard.received.size(), 256U * 1024U);
}

TEST_F(TlsStreamTest, TakesNothingBeforeTheHandshake) {
  start();
  EXPECT_EQ(a.stream->write("early"), 0U);
}

TEST_F(TlsStreamTest, WritesOfOneTurnLeaveTogether) {
  connect();
  int before = pipe.writes();
  std::size_t octets = pipe.said_by_a().size();
  for (int i = 0; i < 100; ++i) a.stream->write("<message/>");
  EXPECT_EQ(pipe.writes(), before);
  scheduler.run_due();
  EXPECT_EQ(pipe.writes(), before + 1);
  EXPECT_LT(pipe.said_by_a().size() - octets, 1000U + 64U);  // one record
  EXPECT_EQ(b.heard.received.size(), 1000U);
}

TEST_F(TlsStreamTest, ClosesWithCloseNotifyThenBelow) {  // covers JGL-33
  connect();
  a.stream->write("last words");
  a.stream->close();
  EXPECT_EQ(a.stream->write("more"), 0U);
  scheduler.run_due();
  EXPECT_EQ(b.heard.received, "last words");
  EXPECT_TRUE(b.heard.is_closed_in_order());
  EXPECT_TRUE(a.heard.is_closed_in_order());
  a.stream->close();
  b.stream->close();
}

// Covers JGL-33. A proxy breaks off both ways once one side has closed.
TEST_F(TlsStreamTest, ClosesLastWhereThatCutsBothWays) {
  connect();
  a.stream->set_closes_last();
  a.stream->close();
  scheduler.run_due();
  EXPECT_EQ(a.heard.closes + b.heard.closes, 0) << "closed before the peer had said goodbye";
  b.stream->close();
  scheduler.run_due();
  EXPECT_TRUE(a.heard.is_closed_in_order());
  EXPECT_TRUE(b.heard.is_closed_in_order());
}

TEST_F(TlsStreamTest, ClosesInTheEndWithoutThePeersGoodbye) {
  connect();
  a.stream->set_closes_last();
  a.stream->close();
  scheduler.advance(3'999ms);
  EXPECT_EQ(b.heard.closes, 0);
  scheduler.advance(1ms);
  EXPECT_TRUE(b.heard.is_closed_in_order());
  EXPECT_TRUE(a.heard.is_closed_in_order());
}

TEST_F(TlsStreamTest, CrossingClosesEndBothInOrder) {
  connect();
  a.stream->close();
  b.stream->close();
  scheduler.run_due();
  EXPECT_TRUE(a.heard.is_closed_in_order());
  EXPECT_TRUE(b.heard.is_closed_in_order());
}

TEST_F(TlsStreamTest, EndWithoutCloseNotifyMayBeATruncation) {
  connect();
  a.stream->write("half a ");
  scheduler.run_due();
  pipe.hang_up();
  scheduler.run_due();
  EXPECT_EQ(b.heard.received, "half a ");
  EXPECT_TRUE(b.heard.is_lost());
  EXPECT_EQ(b.heard.error->condition, "connectivity-error");
}

// covers C-09
TEST_F(TlsStreamTest, TakesWhatComesGluedBehindTheHandshakeHoweverMuch) {
  Below& client = start_alone();
  auto below = std::make_unique<Below>();
  Below& server = *below;
  b.stream = make(std::move(below), Role::kResponder, b);
  a.then = [this] { a.stream->write(Bytes(200'000, 'x')); };
  server.listener->on_bytes(std::exchange(client.said, {}));
  client.listener->on_bytes(std::exchange(server.said, {}));
  scheduler.run_due();
  server.listener->on_bytes(client.said);
  scheduler.run_due();
  EXPECT_TRUE(b.done);
  EXPECT_EQ(b.heard.received, Bytes(200'000, 'x'));
}

TEST_F(TlsStreamTest, SendsFullRecordsAtOnceAndTheRestWithTheTurn) {
  connect();
  std::size_t before = pipe.said_by_a().size();
  EXPECT_EQ(a.stream->write(Bytes(10'000, 'x')), 10'000U);
  EXPECT_EQ(pipe.said_by_a().size(), before);
  EXPECT_EQ(a.stream->write(Bytes(10'000, 'y')), 10'000U);
  EXPECT_NEAR(static_cast<double>(pipe.said_by_a().size() - before), 16'384 + 22, 8);
  scheduler.run_due();
  EXPECT_EQ(b.heard.received, Bytes(10'000, 'x') + Bytes(10'000, 'y'));
}

TEST_F(TlsStreamTest, HangingUpDuringTheHandshakeFailsIt) {
  Below& below = start_alone();
  below.listener->on_closed(std::nullopt);
  EXPECT_EQ(a.failure->condition, "connectivity-error");
}

TEST_F(TlsStreamTest, FailureBelowIsPassedOn) {
  connect();
  pipe.cut();
  scheduler.run_due();
  EXPECT_TRUE(a.heard.is_lost());
  EXPECT_EQ(a.heard.error->text, "the wire was cut");
  EXPECT_EQ(a.stream->write("x"), 0U);
}

TEST_F(TlsStreamTest, EndsOnceWhereverTheWireIsCut) {
  connect();
  std::size_t whole = pipe.carried();
  for (std::size_t at = 0; at < whole; ++at) {
    PipeStream wire(scheduler, env);
    wire.cut_at = at;
    a = Side();
    b = Side();
    a.stream = make(wire.take_a(), Role::kInitiator, a);
    b.stream = make(wire.take_b(), Role::kResponder, b);
    scheduler.run_due();
    scheduler.advance(2s);
    bool was_cut = wire.carried() >= at;  // signatures differ in length: this one may be shorter
    for (const Side* side : {&a, &b})
      EXPECT_TRUE(!was_cut || (side->failure ? 1 : side->heard.closes) == 1) << at;
    a.stream.reset();  // before the wire
    b.stream.reset();
    if (!was_cut) break;
  }
}

TEST_F(TlsStreamTest, RefusedCertificateIsAnAlertThenTheEnd) {  // covers TLS-09, TLS-10
  b.then = [this] { b.stream->refuse_certificate(); };
  connect();
  scheduler.advance(10s);
  EXPECT_TRUE(a.heard.is_lost());
  EXPECT_EQ(a.heard.error->condition, "security-error");
  EXPECT_NE(a.heard.error->text.find("(42)"), std::string::npos);
  EXPECT_TRUE(b.heard.is_lost());
  EXPECT_EQ(b.heard.error->condition, "security-error");
  b.stream->refuse_certificate();
  EXPECT_EQ(b.stream->write("x"), 0U);
}

TEST_F(TlsStreamTest, ClientsRefusalReachesTheServer) {  // covers TLS-10
  a.then = [this] { a.stream->refuse_certificate(); };
  start();
  scheduler.advance(10s);
  EXPECT_EQ(b.done ? b.heard.error->condition : b.failure->condition, "security-error");
}

TEST_F(TlsStreamTest, FailedHandshakeSendsItsAlertBeforeItIsTold) {  // covers TLS-10
  Below& below = start_alone();
  std::size_t hello = below.written;
  below.listener->on_bytes(
      ByteView("\x16\x03\x03\x00\x04\x02\x00\x00\x00", 9));  // an empty ServerHello
  EXPECT_GT(below.written, hello);
  EXPECT_EQ(below.closes, 1);
  EXPECT_FALSE(a.failure);
  below.listener->on_bytes("more of it");
  below.listener->on_closed(std::nullopt);
  EXPECT_EQ(a.failure->condition, "security-error");
  EXPECT_EQ(a.failure->blame, Blame::kPeer);
}

TEST_F(TlsStreamTest, FailedHandshakeIsToldInTimeEvenIfTheAlertIsStuck) {  // covers TLS-10
  Below& below = start_alone();
  below.listener->on_bytes("HTTP/1.1 400 Bad Request\r\n\r\n");
  scheduler.advance(1'999ms);
  EXPECT_FALSE(a.failure);
  scheduler.advance(1ms);
  EXPECT_EQ(a.failure->condition, "security-error");
}

TEST_F(TlsStreamTest, EndlessHandshakeFails) {  // covers C-09
  Below& below = start_alone();
  Bytes record("\x16\x03\x03\x40\x00", 5);
  record += Bytes("\x02\xff\xff\xff", 4) + Bytes(16380, 'x');
  for (int i = 0; i < 5 && below.closes == 0; ++i) below.listener->on_bytes(record);
  EXPECT_LE(a.stream->raw_received(), 5U * record.size());
  EXPECT_EQ(below.closes, 1);
  below.listener->on_closed(std::nullopt);
  EXPECT_EQ(a.failure->condition, "security-error");
}

TEST_F(TlsStreamTest, InBandBlocksCountAgainstTheHandshake) {  // covers C-09
  Below& below = start_alone();
  below.overhead = 64 * 1024;
  below.listener->on_bytes("\x16");
  EXPECT_EQ(a.stream->raw_received(), 64U * 1024U + 1U);
  EXPECT_EQ(a.stream->received_overhead(), 64U * 1024U);
  below.listener->on_closed(std::nullopt);
  EXPECT_EQ(a.failure->text, "the TLS handshake is too long");
}

TEST_F(TlsStreamTest, CloseDuringTheHandshakeFailsIt) {
  Below& below = start_alone();
  a.stream->close();
  scheduler.run_due();
  EXPECT_EQ(below.closes, 1);
  below.listener->on_closed(std::nullopt);
  EXPECT_EQ(a.failure->condition, "connectivity-error");
}

TEST_F(TlsStreamTest, PassesOnWhatBecameOfTheServerSession) {  // covers JGL-37
  Below& below = start_alone();
  a.stream->on_server_session(ByteStream::ServerSession::kResumed);
  EXPECT_EQ(below.state, ByteStream::ServerSession::kResumed);
}

TEST_F(TlsStreamTest, MayBeDestroyedByItsListener) {
  connect();
  b.heard.then = [this] { b.stream.reset(); };
  a.stream->write("go away");
  scheduler.run_due();
  EXPECT_EQ(b.heard.reads, 1);
  EXPECT_TRUE(a.heard.is_lost());
}

TEST_F(TlsStreamTest, MayBeDestroyedWhenTheHandshakeIsDone) {
  b.listens = false;
  b.then = [this] { b.stream.reset(); };
  start();
  scheduler.run_due();
  EXPECT_TRUE(b.done);
  EXPECT_TRUE(a.heard.is_lost() || a.failure);
}

}  // namespace
}  // namespace balcony
