// SPDX-License-Identifier: MIT
// Two channels over one wire: how a path is closed when the stream on it is over.
#include "plugin/channel.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <utility>

#include "jingle/base/ns.h"
#include "jingle/base/xml_parser.h"
#include "tests/support/fake_scheduler.h"
#include "tests/support/pipe_stream.h"

namespace balcony {
namespace {

// One end of a wire by proxy: whoever still writes when the other has closed is reset, and loses
// what has come and was not read.
class ProxiedStream final : public ByteStream {
 public:
  ProxiedStream(std::unique_ptr<ByteStream> end, PipeStream& wire, int& closes)
      : end_(std::move(end)), wire_(wire), closes_(closes) {}
  void set_listener(Listener* listener) override { end_->set_listener(listener); }
  std::size_t write(ByteView octets) override {
    if (closes_ > 0 && !octets.empty()) wire_.cut();
    return end_->write(octets);
  }
  void close() override {
    ++closes_;
    end_->close();
  }

 private:
  std::unique_ptr<ByteStream> end_;
  PipeStream& wire_;
  int& closes_;
};

struct Talker final : Channel::Facts {
  void on_key(const TlsEngine::HandshakeDone&) override { channel->accept_key(true); }
  void on_established() override { is_established = true; }
  void on_received(Element stanza) override { received += stanza.is("message", ns::kClient); }
  void on_dropped(const std::string&) override {}
  void on_written() override {}
  void on_peer_closing() override {}
  void on_ended(const XmlStream::Ended& ended) override { is_clean = ended.clean; }
  void on_path_closed(bool in_order) override { closed_in_order = in_order; }

  std::optional<Channel> channel;
  bool is_established = false, is_clean = false;
  int received = 0;
  std::optional<bool> closed_in_order;
};

class ChannelTest : public testing::Test {
 protected:
  void open(Talker& talker, std::unique_ptr<ByteStream> end, Role role, Channel::Kind kind) {
    static FakeEnv any_time;
    static const Jid addresses[] = {*Jid::parse("romeo@example.org/orchard"),
                                    *Jid::parse("juliet@example.net/balcony")};
    static const Identity keys[] = {*Identity::generate(addresses[0].to_bare(), any_time),
                                    *Identity::generate(addresses[1].to_bare(), any_time)};
    std::size_t own = role == Role::kInitiator ? 0 : 1;
    XmlStream::Config config;
    config.role = role;
    config.local = addresses[own];
    config.peer = addresses[1 - own];
    talker.channel.emplace(talker, config,
                           std::make_unique<ProxiedStream>(std::move(end), wire, closes), kind,
                           keys[own], env, scheduler);
    talker.channel->start();
    talker.channel->on_proven();
  }
  void open_both(Channel::Kind kind) {
    open(romeo, wire.take_a(), Role::kInitiator, kind);
    open(juliet, wire.take_b(), Role::kResponder, kind);
    scheduler.advance(1s);
    ASSERT_TRUE(romeo.is_established && juliet.is_established);
  }

  static void say(Talker& talker, int times) {
    for (int i = 0; i < times; ++i)
      talker.channel->send(*parse_stanza("<message type='chat'><body>goodbye</body></message>"));
  }

  const Channel::Kind direct{}, by_proxy{false, true};
  FakeEnv env;
  FakeScheduler scheduler{env};
  PipeStream wire{scheduler, env};
  int closes = 0;
  Talker romeo, juliet;
};

class ByEitherSide : public ChannelTest, public testing::WithParamInterface<bool> {};

TEST_P(ByEitherSide, APathByProxyIsClosedWhenBothHaveSaidAll) {  // covers JGL-33
  open_both(by_proxy);
  wire.chunk = 1;  // the closing tag is read before the goodbye in TLS behind it
  say(romeo, 100);
  say(juliet, 100);
  (GetParam() ? romeo : juliet).channel->close();
  scheduler.advance(2s);
  for (const Talker* talker : {&romeo, &juliet}) {
    EXPECT_TRUE(talker->is_clean);
    EXPECT_EQ(talker->received, 100);
    EXPECT_EQ(talker->closed_in_order, true);
  }
}

INSTANTIATE_TEST_SUITE_P(, ByEitherSide, testing::Bool());

// What goes last would lie in the proxy until more comes.
TEST_F(ChannelTest, TheAnswerToAClosingTagWaitsForTheEndOfABurstByProxy) {
  open_both(by_proxy);
  say(juliet, 10);
  romeo.channel->close();
  scheduler.advance(300ms);
  EXPECT_EQ(romeo.received, 10);
  EXPECT_FALSE(romeo.is_clean);
  scheduler.advance(200ms);
  EXPECT_TRUE(romeo.is_clean);
}

// Covers STM-18, promise 6. Closing tags prove nothing to the one who answered.
TEST_F(ChannelTest, AnAnswerToAClosingTagMayBeLostIfNoGoodbyeFollowsIt) {
  open_both(direct);
  say(juliet, 1);
  romeo.channel->close();
  while (!juliet.is_clean && scheduler.run_due(1) > 0) {
  }
  ASSERT_TRUE(juliet.is_clean);
  wire.hang_up();
  scheduler.advance(1s);
  EXPECT_EQ(juliet.closed_in_order, false);
}

TEST_F(ChannelTest, ThePeersGoodbyeTellsThatAllHasArrived) {  // covers STM-18
  open_both(direct);
  say(juliet, 1);
  romeo.channel->close();
  scheduler.advance(1s);
  EXPECT_EQ(romeo.received, 1);
  EXPECT_EQ(juliet.closed_in_order, true);
  EXPECT_EQ(romeo.closed_in_order, true);
}

TEST_F(ChannelTest, WhoDoesNotReadHoldsNoSilenceAgainstThePeer) {  // covers STM-17
  open_both(direct);
  romeo.channel->pause(true);
  say(juliet, 1);
  scheduler.advance(std::chrono::minutes(10));
  EXPECT_TRUE(romeo.channel->is_open());
  EXPECT_TRUE(juliet.channel->is_open());
  romeo.channel->pause(false);
  scheduler.advance(1s);
  EXPECT_EQ(romeo.received, 1);
}

}  // namespace
}  // namespace balcony
