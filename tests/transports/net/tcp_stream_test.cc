// SPDX-License-Identifier: MIT
// Streams over real sockets: either two of them, or one and a peer that the test plays.
#include "transports/net/tcp_stream.h"

#include <linux/tcp.h>  // has more of tcp_info than netinet/tcp.h
#include <netinet/in.h>

#include <algorithm>

#include "tests/support/recorder.h"
#include "tests/transports/net/net_fixture.h"

namespace balcony {
namespace {

class TcpStreamTest : public NetTest {
 protected:
  TcpStreamTest() { connect(); }

  void connect() {
    std::tie(raw, far) = socket_pair();
    fd = raw.fd();
    a = std::make_unique<TcpStream>(std::move(raw), reactor, env);
    a->set_listener(&heard);
  }
  // The peer is a stream also.
  void connect_streams() {
    b = std::make_unique<TcpStream>(std::move(far), reactor, env);
    b->set_listener(&heard_by_b);
  }
  void say(ByteView octets) {
    ASSERT_EQ(::send(far.fd(), octets.data(), octets.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(octets.size()));
  }
  // What the played peer can read now.
  Bytes hear() {
    Bytes octets(64 * 1024, '\0');
    ssize_t count = recv(far.fd(), octets.data(), octets.size(), 0);
    is_eof = is_eof || count == 0;
    octets.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    return octets;
  }
  void hang_up() { shutdown(far.fd(), SHUT_WR); }
  void reset() {
    linger abort{1, 0};
    setsockopt(far.fd(), SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
    far.close();
  }
  int option(int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    getsockopt(fd, level, name, &value, &size);
    return value;
  }
  // Writes until the stream takes no more; how much it took.
  std::size_t fill() {
    Bytes block(100'000, 'x');
    std::size_t total = 0;
    for (int i = 0; i < 1000; ++i) {
      std::size_t taken = a->write(block);
      total += taken;
      if (taken < block.size()) break;
    }
    return total;
  }

  Socket raw, far;
  int fd = -1;
  bool is_eof = false;
  Recorder heard, heard_by_b;
  std::unique_ptr<TcpStream> a, b;
};

TEST_F(TcpStreamTest, CarriesOctetsBothWays) {
  connect_streams();
  EXPECT_EQ(a->write("question"), 8U);
  EXPECT_EQ(b->write("answer"), 6U);
  run_until([&] { return heard.received == "answer" && heard_by_b.received == "question"; });
}

TEST_F(TcpStreamTest, KnowsBothEnds) {
  EXPECT_EQ(*a->local(), *far.remote());
  EXPECT_EQ(*a->remote(), *far.local());
}

// covers C-11, S5B-22
TEST_F(TcpStreamTest, DoesNotWaitToFillPacketsAndAsksAnIdlePeer) {
  EXPECT_EQ(option(IPPROTO_TCP, TCP_NODELAY), 1);
  EXPECT_EQ(option(SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(option(IPPROTO_TCP, TCP_KEEPIDLE), 5);
  EXPECT_EQ(option(IPPROTO_TCP, TCP_KEEPINTVL), 3);
  EXPECT_EQ(option(IPPROTO_TCP, TCP_KEEPCNT), 3);
  EXPECT_EQ(option(IPPROTO_TCP, TCP_USER_TIMEOUT), 0);  // PeerWatch stands for it
}

TEST_F(TcpStreamTest, SendsTheSmallWritesOfOneTurnTogether) {
  for (int i = 0; i < 100; ++i) a->write("0123456789");
  EXPECT_EQ(hear(), "") << "before the turn";
  run_idle();
  tcp_info info{};
  socklen_t size = sizeof info;
  getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size);
  EXPECT_EQ(hear().size(), 1000U);
  EXPECT_LE(info.tcpi_data_segs_out, 1U);
}

// covers C-11
TEST_F(TcpStreamTest, IsPatientWithAPeerThatLivesAndDoesNotRead) {
  fill();
  run_until([&] {  // the kernel sees within 300 ms that nobody reads
    env.advance(5s);
    return option(IPPROTO_TCP, TCP_USER_TIMEOUT) > 14'000;
  });
  advance(60s);
  EXPECT_EQ(heard.closes, 0);
  // It goes with the time: the kernel asks the peer again before it comes.
  EXPECT_GE(option(IPPROTO_TCP, TCP_USER_TIMEOUT), 60'000);
  run_until([&] {  // until it reads again
    hear();
    env.advance(5s);
    return option(IPPROTO_TCP, TCP_USER_TIMEOUT) == 0;
  });
}

// covers C-11
TEST_F(TcpStreamTest, IsPatientAlsoWithWhatTheKernelTookWhole) {
  Bytes block(8'000, 'x');
  for (int i = 0; i < 100; ++i) {
    a->write(block);
    run_idle(2);
  }
  run_until([&] {
    env.advance(5s);
    return option(IPPROTO_TCP, TCP_USER_TIMEOUT) > 14'000;
  });
}

TEST_F(TcpStreamTest, CallsNoListenerInsideACall) {
  say("octets");
  a->set_listener(nullptr);
  a->set_listener(&heard);
  a->write("more");
  a->unread("first ");
  a->close();
  EXPECT_EQ(heard.reads + heard.writables + heard.closes, 0);
}

TEST_F(TcpStreamTest, TakesNoMoreThanItsBufferAndTheKernels) {
  std::size_t taken = fill();
  std::size_t heard_already = 0;
  run_idle();
  EXPECT_LT(taken, 16U * 1024 * 1024);
  EXPECT_EQ(a->write("x"), 0U);
  EXPECT_EQ(heard.writables, 0);
  run_until([&] {
    heard_already += hear().size();
    return heard.writables == 1;
  });
  EXPECT_EQ(a->write("x"), 1U);
  run_until([&] {
    heard_already += hear().size();
    return heard_already == taken + 1;
  });
}

constexpr std::size_t kTotal = 100'000'000, kPeriod = 251;

// Writes numbers in order, as fast as it may, then closes.
struct Source : Recorder {
  void on_writable() override { pump(); }
  void pump() {
    while (sent < kTotal) {
      std::size_t start = sent % kPeriod;
      std::size_t size = std::min(kTotal - sent, block.size() - start);
      std::size_t taken = to->write(ByteView(block).substr(start, size));
      sent += taken;
      if (taken < size) return;
    }
    to->close();
  }
  Bytes block;
  TcpStream* to = nullptr;
  std::size_t sent = 0;
};

// Checks them, and pauses now and then.
struct Sink : Recorder {
  void on_bytes(ByteView octets) override {
    std::size_t start = seen % kPeriod;
    is_whole = is_whole && ByteView(*block).substr(start, octets.size()) == octets;
    seen += octets.size();
    if (++reads % 64 != 0) return;
    from->set_listener(nullptr);
    ++pauses;
  }
  const Bytes* block = nullptr;
  TcpStream* from = nullptr;
  std::size_t seen = 0;
  int pauses = 0;
  bool is_whole = true;
};

TEST_F(TcpStreamTest, CarriesAHundredMegabytesUnharmedAgainstAReaderThatPauses) {
  Source source;
  Sink sink;
  connect_streams();
  for (std::size_t i = 0; i < 251 * 1024; ++i) source.block += static_cast<char>(i % kPeriod);
  source.to = a.get();
  sink.block = &source.block;
  sink.from = b.get();
  a->set_listener(&source);
  b->set_listener(&sink);
  source.pump();
  std::size_t most_on_the_way = 0;
  run_until([&] {
    most_on_the_way = std::max(most_on_the_way, source.sent - sink.seen);
    b->set_listener(&sink);
    return sink.closes == 1;
  });
  EXPECT_EQ(sink.seen, kTotal);
  EXPECT_TRUE(sink.is_whole);
  EXPECT_GT(sink.pauses, 10);
  EXPECT_LT(most_on_the_way, 16U * 1024 * 1024);
  EXPECT_TRUE(sink.is_closed_in_order());
}

TEST_F(TcpStreamTest, APausedReaderIsNotWokenByOctetsOrHangUp) {
  a->set_listener(nullptr);
  run_idle();
  say("octets");
  far.close();
  EXPECT_FALSE(g_main_context_iteration(reactor.context(), FALSE));
  a->set_listener(&heard);
  run_until([&] { return heard.closes == 1; });
  EXPECT_EQ(heard.received, "octets");
  EXPECT_FALSE(heard.error);
}

TEST_F(TcpStreamTest, AnEndedStreamIsNotWokenAgain) {
  far.close();
  run_until([&] { return heard.closes == 1; });
  EXPECT_FALSE(g_main_context_iteration(reactor.context(), FALSE));
}

TEST_F(TcpStreamTest, GivesWhatWasPutBackBeforeWhatComes) {
  say(" and more");
  a->unread("left over");
  run_until([&] { return heard.reads == 2; });
  EXPECT_EQ(heard.received, "left over and more");
}

TEST_F(TcpStreamTest, KeepsWhatIsPutBackInACallForTheNextListener) {
  Recorder next;
  say("handshake+tls");
  heard.then = [&] {
    a->unread("tls");
    a->set_listener(&next);
    say(" record");
  };
  run_until([&] { return next.received == "tls record"; });
  EXPECT_EQ(heard.reads, 1);
}

TEST_F(TcpStreamTest, ClosesOnceAllIsSentAndThePeerHasHungUp) {
  std::size_t taken = fill();
  a->close();
  EXPECT_EQ(a->write("late"), 0U);
  std::size_t got = 0;
  run_until([&] {
    got += hear().size();
    return is_eof;
  });
  EXPECT_EQ(got, taken);
  say("last words");
  run_until([&] { return heard.received == "last words"; });
  EXPECT_EQ(heard.closes, 0);
  hang_up();
  run_until([&] { return heard.closes == 1; });
  EXPECT_TRUE(heard.is_closed_in_order());
}

TEST_F(TcpStreamTest, WaitsForThePeersFinNoLongerThanFiveSeconds) {
  a->close();
  advance(4999ms);
  EXPECT_EQ(heard.closes, 0);
  advance(1ms);
  EXPECT_TRUE(heard.is_closed_in_order());
}

TEST_F(TcpStreamTest, SaysSoIfItsLastOctetsDoNotLeave) {
  fill();
  a->close();
  advance(5s);
  EXPECT_TRUE(heard.is_lost());
  EXPECT_NE(heard.error->text.find("does not answer"), std::string::npos);
}

TEST_F(TcpStreamTest, SendsWhatItTookAfterThePeersFin) {
  std::size_t taken = fill();
  hang_up();
  run_idle();
  EXPECT_EQ(heard.closes, 0);
  EXPECT_EQ(a->write("late"), 0U);
  std::size_t got = 0;
  run_until([&] {
    got += hear().size();
    return is_eof && heard.closes == 1;
  });
  EXPECT_EQ(got, taken);
  EXPECT_TRUE(heard.is_closed_in_order());
}

TEST_F(TcpStreamTest, APeerThatHangsUpAndDoesNotReadHoldsItFiveSeconds) {
  fill();
  hang_up();
  run_idle();
  advance(5s);
  EXPECT_TRUE(heard.is_lost());
}

TEST_F(TcpStreamTest, TellsWhyItWasReset) {
  reset();
  run_until([&] { return heard.closes == 1; });
  ASSERT_TRUE(heard.is_lost());
  EXPECT_EQ(heard.error->condition, "connectivity-error");
  EXPECT_EQ(heard.error->blame, Blame::kEnvironment);
  EXPECT_NE(heard.error->text.find("the peer broke it off"), std::string::npos);
  EXPECT_EQ(a->write("late"), 0U);
}

TEST_F(TcpStreamTest, NoticesAResetWhileWritingAndIsSilentForSignals) {
  a->set_listener(nullptr);
  reset();
  for (int i = 0; i < 3; ++i) {
    a->write("octets");
    run_idle();
  }
  EXPECT_EQ(a->write(Bytes(100'000, 'x')), 0U);
  a->set_listener(&heard);
  run_until([&] { return heard.closes == 1; });
  EXPECT_TRUE(heard.is_lost());
}

TEST_F(TcpStreamTest, NoticesAResetInABigWrite) {
  a->set_listener(nullptr);
  reset();
  a->write(Bytes(100'000, 'x'));
  a->set_listener(&heard);
  run_until([&] { return heard.closes == 1; });
  EXPECT_TRUE(heard.is_lost());
}

TEST_F(TcpStreamTest, ReadsWhatCameBeforeTheReset) {
  a->set_listener(nullptr);
  say("last words");
  reset();
  a->write("octets");
  run_idle();
  a->set_listener(&heard);
  run_until([&] { return heard.closes == 1; });
  EXPECT_EQ(heard.received, "last words");
  EXPECT_TRUE(heard.is_lost());
}

TEST_F(TcpStreamTest, AResetEndsAClosingStreamAtOnce) {
  fill();
  a->close();
  run_idle();
  reset();
  run_until([&] { return heard.closes == 1; });
  EXPECT_TRUE(heard.is_lost());
}

TEST_F(TcpStreamTest, MayBeDestroyedInEachCall) {
  heard.then = [&] { a.reset(); };
  say("octets");
  run_until([&] { return !a; });
  connect();
  a->unread("octets");
  run_until([&] { return !a; });
  connect();
  reset();
  run_until([&] { return !a; });
  connect();
  a->close();
  run_idle();
  advance(5s);
  EXPECT_FALSE(a);
}

TEST_F(TcpStreamTest, DestroyingItHangsUp) {
  a.reset();
  run_until([&] {
    hear();
    return is_eof;
  });
}

TEST_F(TcpStreamTest, CloseAgainChangesNothing) {
  a->close();
  advance(3s);
  a->close();
  advance(2s);
  EXPECT_TRUE(heard.is_closed_in_order());
  a->close();
  run_idle();
  EXPECT_EQ(heard.closes, 1);
}

}  // namespace
}  // namespace balcony
