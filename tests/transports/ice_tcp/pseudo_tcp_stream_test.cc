// SPDX-License-Identifier: MIT
// The records on pseudo-TCP, between two streams whose library is a wire in memory, and against a
// peer who says anything.
#include "transports/ice_tcp/pseudo_tcp_stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

#include "tests/support/fake_scheduler.h"
#include "tests/support/recorder.h"

namespace balcony {
namespace {

// Holds what a test has not yet let through.
struct Wire {
  std::function<void()> news[2];
  Bytes on_the_way[2], received[2];  // to the one and to the other
  std::size_t room = 90 * 1024;      // of each direction
  bool is_cut = false;

  // At most so many octets each way. Whether there were any.
  bool carry(std::size_t most) {
    bool any = false;
    for (int to : {0, 1}) {
      Bytes part = on_the_way[to].substr(0, most);
      on_the_way[to].erase(0, part.size());
      received[to] += part;
      any = any || !part.empty();
      if (!part.empty())
        for (auto& tell : news)
          if (tell) tell();
    }
    return any;
  }
};

class WireAgent : public IceAgent {
 public:
  WireAgent(Wire& wire, int side) : wire_(wire), side_(side) {}
  ~WireAgent() override {
    wire_.news[side_] = {};
    wire_.is_cut = true;
    if (auto& tell = wire_.news[1 - side_]) tell();
  }
  void set_on_news(OnNews on_news) override { wire_.news[side_] = std::move(on_news); }
  IceCredentials credentials() const override { return {}; }
  std::vector<IceCandidate> candidates() const override { return {}; }
  bool is_gathered() const override { return true; }
  void set_remote(const IceCredentials&) override {}
  void add_remote(const std::vector<IceCandidate>&) override {}
  void end_remote() override {}
  void restart() override {}
  State state() const override { return wire_.is_cut ? State::kFailed : State::kReady; }
  bool has_received() const override { return false; }
  Result<Pair> pair() const override { return fail(Blame::kEnvironment, "gone", ""); }
  Result<Taken> take() override { return fail(Blame::kEnvironment, "gone", ""); }
  bool is_connected() const override { return true; }
  std::size_t send(ByteView octets) override {
    Bytes& way = wire_.on_the_way[1 - side_];
    std::size_t taken = std::min(octets.size(), wire_.room - std::min(wire_.room, way.size()));
    way += octets.substr(0, taken);
    return taken;
  }
  Bytes take_received() override { return std::exchange(wire_.received[side_], {}); }

 private:
  Wire& wire_;
  const int side_;
};

class RecordsTest : public testing::Test {
 protected:
  std::unique_ptr<PseudoTcpStream> make(int side) {
    return std::make_unique<PseudoTcpStream>(std::make_unique<WireAgent>(wire, side), scheduler,
                                             env);
  }
  // Until nothing moves any more.
  void run(std::size_t most = 64 * 1024) {
    do scheduler.run_due();
    while (wire.carry(most));
    scheduler.run_due();
  }
  void begin() {
    a->set_listener(&ada);
    b->set_listener(&ben);
  }
  // What a peer that is no stream says to b.
  void say(const Bytes& octets) {
    wire.received[0] += octets;
    wire.news[0]();
    run();
  }

  FakeEnv env;
  FakeScheduler scheduler{env};
  Wire wire;
  std::unique_ptr<PseudoTcpStream> a = make(1), b = make(0);
  Recorder ada, ben;
};

TEST_F(RecordsTest, CarryAStreamHoweverTheWireCutsIt) {
  begin();
  std::string text(40'000, 'x');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 7 + i / 256);
  for (std::size_t most :
       {std::size_t{1}, std::size_t{3}, std::size_t{1000}, std::size_t{60'000}}) {
    ben.received.clear();
    EXPECT_EQ(a->write(text), text.size());
    run(most);
    EXPECT_TRUE(ben.received == text) << most;
  }
}

TEST_F(RecordsTest, LetNobodyBeFurtherAheadThanTheWindow) {
  a->set_listener(&ada);
  std::string text(1'000'000, 'x');
  EXPECT_EQ(a->write(text), 256U * 1024);
  run();
  EXPECT_EQ(a->write(text), 0U);
  EXPECT_EQ(ada.writables, 0);
  b->write("the other way is open");
  run();
  EXPECT_EQ(ada.received, "the other way is open");
  b->set_listener(&ben);
  run();
  EXPECT_EQ(ben.received.size(), 256U * 1024);
  EXPECT_EQ(ada.writables, 1);
  EXPECT_EQ(a->write(text), 256U * 1024);
}

TEST_F(RecordsTest, EndInOrderFromEitherSide) {
  for (bool both : {false, true}) {
    a.reset(), b.reset();
    wire = Wire();
    a = make(1), b = make(0);
    ada = ben = Recorder();
    begin();
    a->write("farewell");
    a->close();
    if (both) b->close();
    run();
    scheduler.advance(2s);  // for whoever said the last word
    EXPECT_TRUE(ada.is_closed_in_order());
    EXPECT_TRUE(ben.is_closed_in_order());
    EXPECT_EQ(ben.received, "farewell");
  }
}

// Whoever knows that the other one knows all goes at once.
TEST_F(RecordsTest, EndInOrderIfTheOtherOneGoesOnceItMay) {
  begin();
  a->close();
  scheduler.run_due();
  wire.carry(4);  // Ada's F; Ben says A and F, Ada A
  run();
  EXPECT_TRUE(ben.is_closed_in_order());
  EXPECT_EQ(ada.closes, 0);
  b.reset();
  run();
  EXPECT_TRUE(ada.is_closed_in_order());
}

TEST_F(RecordsTest, WaitForLastWordsThatMayGetLostIfBothCloseAtOnce) {
  begin();
  a->close();
  b->close();
  scheduler.run_due();
  wire.carry(4);  // each has the other's F
  scheduler.run_due();
  Bytes last = std::exchange(wire.on_the_way[0], {});  // what Ada says last is held up
  run();
  EXPECT_EQ(ada.closes, 0);
  scheduler.advance(1s);
  wire.on_the_way[0] = last;
  run();
  EXPECT_EQ(ada.closes + ben.closes, 0);
  scheduler.advance(2s);
  EXPECT_TRUE(ada.is_closed_in_order());
  EXPECT_TRUE(ben.is_closed_in_order());
}

TEST_F(RecordsTest, TellThatTheLastOctetsMayBeUnread) {
  begin();
  a->close();
  b->write("these");
  b->close();
  scheduler.run_due();
  wire.carry(4);  // Ben has Ada's F, and she not yet his words
  scheduler.run_due();
  a.reset();
  run();
  EXPECT_TRUE(ben.is_lost());
}

TEST_F(RecordsTest, TellThatThePathBrokeWhereverItDoes) {
  begin();
  a->write("half of it");
  scheduler.run_due();
  wire.carry(7);
  a.reset();
  run();
  EXPECT_TRUE(ben.is_lost());
  EXPECT_EQ(ben.error->condition, "connectivity-error");
}

TEST_F(RecordsTest, WaitFiveSecondsForAnEndThatIsNotRead) {
  a->set_listener(&ada);
  a->write("nobody listens");
  a->close();
  run();
  scheduler.advance(4s);
  EXPECT_EQ(ada.closes, 0);
  scheduler.advance(1s);
  EXPECT_TRUE(ada.is_lost());
}

TEST_F(RecordsTest, AreReadBeforeAnEndIsTold) {
  a->set_listener(&ada);
  a->write("words");
  a->close();
  run();
  b->set_listener(&ben);
  run();
  EXPECT_EQ(ben.received, "words");
  EXPECT_TRUE(ben.is_closed_in_order());
  b.reset();
  run();
  EXPECT_TRUE(ada.is_closed_in_order());
}

// ---- a peer who says anything ----

class Nonsense : public RecordsTest, public testing::WithParamInterface<Bytes> {};

TEST_P(Nonsense, EndsTheStream) {
  a.reset();
  wire.is_cut = false;
  b->set_listener(&ben);
  say(GetParam());
  ASSERT_TRUE(ben.is_lost());
  EXPECT_EQ(ben.error->blame, Blame::kPeer);
}

INSTANTIATE_TEST_SUITE_P(
    , Nonsense,
    testing::Values(Bytes("\0\0\0\0", 4), Bytes("X\0\0\1", 4), Bytes("D\0\x40\1", 4),
                    Bytes("D\xff\xff\xff", 4), Bytes("W\0\0\0", 4), Bytes("W\0\0\5", 4),
                    Bytes("F\0\0\1", 4), Bytes("A\0\0\1", 4), Bytes("D\0\0\0", 4),
                    Bytes("A\0\0\0", 4), Bytes("F\0\0\0F\0\0\0", 8),
                    Bytes("F\0\0\0A\0\0\0A\0\0\0", 12), Bytes("F\0\0\0D\0\0\1x", 9)));

TEST_F(RecordsTest, MayNotExceedTheWindow) {
  a.reset();
  wire.is_cut = false;
  for (int i = 0; i < 16; ++i) say(Bytes("D\0\x40\0", 4) + Bytes(16384, 'x'));
  EXPECT_EQ(ben.closes, 0);
  say(Bytes("D\0\0\1x", 5));
  b->set_listener(&ben);
  run();
  EXPECT_TRUE(ben.is_lost());
}

TEST_F(RecordsTest, OfMoreReadThanWasSaidCountForNothing) {
  begin();
  say(Bytes("W\0\0\4\xff\xff\xff\xff", 8));
  EXPECT_EQ(b->write(std::string(1'000'000, 'x')), 256U * 1024);
  EXPECT_EQ(ben.closes, 0);
}

}  // namespace
}  // namespace balcony
