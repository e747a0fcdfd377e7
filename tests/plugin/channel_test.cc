// SPDX-License-Identifier: MIT
// Two channels over one wire: how a path is closed when the stream on it is over.
#include "plugin/channel.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <utility>

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
  void on_received(Element) override { ++received; }
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

class ChannelTest : public testing::TestWithParam<bool> {
 protected:
  void open(Talker& talker, std::unique_ptr<ByteStream> end, Role role) {
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
                           std::make_unique<ProxiedStream>(std::move(end), wire, closes), keys[own],
                           env, scheduler);
    talker.channel->set_by_proxy();
    talker.channel->start();
    talker.channel->on_proven();
  }
  void open_both() {
    open(romeo, wire.take_a(), Role::kInitiator);
    open(juliet, wire.take_b(), Role::kResponder);
    scheduler.advance(1s);
    ASSERT_TRUE(romeo.is_established && juliet.is_established);
  }

  FakeEnv env;
  FakeScheduler scheduler{env};
  PipeStream wire{scheduler, env};
  int closes = 0;
  Talker romeo, juliet;
};

// covers JGL-33
TEST_P(ChannelTest, ClosesAPathByProxyWhenBothHaveSaidAll) {
  open_both();
  wire.chunk = 1;  // the closing tag is read before the goodbye in TLS behind it
  for (int i = 0; i < 100; ++i)
    for (Talker* talker : {&romeo, &juliet})
      talker->channel->send(*parse_stanza("<message type='chat'><body>goodbye</body></message>"));
  (GetParam() ? romeo : juliet).channel->close();
  scheduler.advance(2s);
  for (const Talker* talker : {&romeo, &juliet}) {
    EXPECT_TRUE(talker->is_clean);
    EXPECT_EQ(talker->received, 100);
    EXPECT_EQ(talker->closed_in_order, true);
  }
}

INSTANTIATE_TEST_SUITE_P(ByEitherSide, ChannelTest, testing::Bool());

}  // namespace
}  // namespace balcony
