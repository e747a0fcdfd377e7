// SPDX-License-Identifier: MIT
// Two ICE transports of the pseudo-TCP kind with the real library between them.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>

#include "jingle/base/ns.h"
#include "tests/transports/ice_tcp/ice_fixture.h"
#include "transports/ice_tcp/ice_agent.h"

namespace balcony {
namespace {

class PseudoTcpTest : public IceTest {
 protected:
  PseudoTcpTest() { settings.kind = IceKind::kPseudoTcp; }
};

TEST_F(PseudoTcpTest, HasItsOwnNamespaceAndFeature) {
  EXPECT_EQ(factory().name(), "ptcp");
  EXPECT_EQ(factory().ns(), "urn:x-balcony:0:ptcp");
  EXPECT_EQ(factory().feature(), "urn:x-balcony:0#ptcp");
  EXPECT_TRUE(factory().shows_addresses());
}

TEST_F(PseudoTcpTest, ShowsCandidatesForUdpAlone) {  // covers ICE-09
  start();
  auto word = read_ice_transport(*a.description, 32, IceKind::kPseudoTcp);
  ASSERT_TRUE(word);
  ASSERT_FALSE(word->candidates.empty());
  for (const Element* child : a.description->children()) {
    if (!child->is("candidate", ns::kPseudoTcp)) continue;
    EXPECT_EQ(child->attr("protocol"), "udp");
    EXPECT_FALSE(child->has_attr("tcptype"));
    EXPECT_NE(child->attr("port"), "9");
  }
  EXPECT_EQ(read_ice_transport(*a.description, 32).error().condition, "bad-request");
}

TEST_F(PseudoTcpTest, JoinsTheTwoAndTellsTheWay) {
  connect();
  EXPECT_EQ(a.facts->transport, "ptcp");
  EXPECT_EQ(a.facts->local, b.facts->remote);
  EXPECT_EQ(a.facts->remote, b.facts->local);
  EXPECT_EQ(a.facts->pair, "host/host");
  run_ice_until([&] { return b.heard.received == "hello"; });
  b.stream->write("hello yourself");
  run_ice_until([&] { return a.heard.received == "hello yourself"; });
}

TEST_F(PseudoTcpTest, CarriesMegabytesEachWayWithoutLoss) {
  connect();
  carries_each_way(numbers(4'000'000));
}

TEST_F(PseudoTcpTest, LetsTheSenderWaitWhileNobodyReads) {
  connect();
  run_ice_until([&] { return b.heard.received == "hello"; });
  std::string sent = numbers(2'000'000);
  b.stream->set_listener(nullptr);
  Writer writer(*a.stream, sent);
  writer.push();
  std::size_t before = 0;
  do {
    before = writer.rest.size();
    run_idle(20'000);
  } while (writer.rest.size() < before);
  EXPECT_GT(writer.rest.size(), 1'000'000U);
  Recorder rest;
  b.stream->set_listener(&rest);
  run_ice_until([&] { return rest.received.size() == sent.size(); });
  EXPECT_TRUE(rest.received == sent);
  b.stream->set_listener(nullptr);
}

TEST_F(PseudoTcpTest, SaysAllBeforeItCloses) {
  connect();
  run_ice_until([&] { return b.heard.received == "hello"; });
  std::string sent = numbers(200'000);
  EXPECT_EQ(a.stream->write(sent), sent.size());
  a.stream->close();
  EXPECT_EQ(a.stream->write("too late"), 0U);
  run_ice_until([&] { return b.heard.closes == 1; });
  EXPECT_TRUE(b.heard.is_closed_in_order());
  EXPECT_EQ(b.heard.received, "hello" + sent);
  b.stream.reset();
  run_ice_until([&] { return a.heard.closes == 1; });
  EXPECT_TRUE(a.heard.is_closed_in_order());
}

TEST_F(PseudoTcpTest, SeesThatThePeerIsGone) {
  connect();
  run_ice_until([&] { return b.heard.received == "hello"; });
  a.stream.reset();
  run_ice_until([&] { return b.heard.closes == 1; });
  EXPECT_TRUE(b.heard.is_lost());
}

TEST_F(PseudoTcpTest, LeaksNothing) { leaks_nothing(); }

TEST_F(PseudoTcpTest, FailsInTimeIfNothingAnswers) {  // covers C-03
  start();
  offer();
  a.transport->on_remote_description(*b.description);
  b.transport.reset();
  a.transport->on_agreed();
  run_idle();
  EXPECT_FALSE(a.failure);
  advance(4s);
  EXPECT_TRUE(a.failure);
}

// Two agents of the library, of which one is not read: the other one never stops.
TEST_F(PseudoTcpTest, KeepsNoEndOfWhatNobodyFetches) {
  std::unique_ptr<IceAgent> agents[2];
  for (bool second : {false, true}) {
    IceAgent::Config config;
    config.kind = IceKind::kPseudoTcp;
    config.is_controlling = second;
    config.addresses = {*IpAddress::parse("127.0.0.1")};
    agents[second] = std::move(*IceAgent::open(config, reactor, [] {}));
  }
  for (auto [one, other] : {std::pair(&agents[0], &agents[1]), {&agents[1], &agents[0]}}) {
    (*one)->set_remote((*other)->credentials());
    (*one)->add_remote((*other)->candidates());
    (*one)->end_remote();
  }
  Bytes flood(10'000, 'x');
  run_ice_until([&] {
    if (agents[0]->is_connected()) agents[0]->send(flood);
    return agents[1]->state() == IceAgent::State::kFailed;
  });
  std::size_t kept = agents[1]->take_received().size();
  EXPECT_TRUE(kept > 1'000'000 && kept <= 2 * 1024 * 1024) << kept;
}

// ---- strangers ----

class PseudoTcpStrangers : public PseudoTcpTest, public testing::WithParamInterface<Bytes> {};

TEST_P(PseudoTcpStrangers, AreNotHeard) {
  connect();
  run_ice_until([&] { return b.heard.received == "hello"; });
  Socket stranger(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  auto say = [&](const std::string& to) {
    HostAndPort at = *read_host_and_port(to, 0);
    SystemAddress address = to_system({*IpAddress::parse(at.host), at.port});
    sendto(stranger.fd(), GetParam().data(), GetParam().size(), 0, address.get(), address.size);
  };
  for (int i = 0; i < 1000; ++i) {
    say(a.facts->local);
    say(b.facts->local);
    if (i % 20 == 0) run_idle();
  }
  a.stream->write(numbers(100'000));
  run_ice_until([&] { return b.heard.received == "hello" + numbers(100'000); });
  EXPECT_EQ(a.heard.received, "");
}

INSTANTIATE_TEST_SUITE_P(, PseudoTcpStrangers,
                         testing::Values(Bytes("x"), Bytes(24, '\0'), Bytes(60'000, 'x'),
                                         Bytes("\0\1\0\0\x21\x12\xa4\x42transaction!", 20)));

}  // namespace
}  // namespace balcony
