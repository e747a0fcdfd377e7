// SPDX-License-Identifier: MIT
// Candidates that a router leads here (S5B-02, type assisted).
#include "tests/transports/socks5/socks5_fixture.h"

namespace balcony {
namespace {

class Socks5AssistedTest : public Socks5Fixture {
 protected:
  Socks5AssistedTest() {
    a.gateway.own = a.machine.addresses().front().ip;
    says("198.51.100.7", 7000);
  }
  void says(std::string_view ip, std::uint16_t port) {
    a.gateway.answer = Endpoint{*IpAddress::parse(ip), port};
  }
  // The router's answer comes.
  void offer_assisted(Reach reach = Reach::kAny) {
    offer(reach);
    scheduler.advance(10ms);
  }
  std::vector<Candidate> assisted() const {
    std::vector<Candidate> found = a.offered();
    std::erase_if(found, [](const Candidate& c) { return c.type != CandidateType::kAssisted; });
    return found;
  }
};

TEST_F(Socks5AssistedTest, ShowsWhereTheRouterLeadsHere) {  // covers S5B-02, S5B-03
  offer_assisted();
  ASSERT_EQ(assisted().size(), 1U);
  EXPECT_EQ(assisted()[0].host, "198.51.100.7");
  EXPECT_EQ(assisted()[0].port, 7000);
  EXPECT_EQ(assisted()[0].jid, "ada@example.org/desk");
  EXPECT_EQ(assisted()[0].priority >> 16, 120U);
  EXPECT_EQ(a.gateway.mapped.size(), 1U);
}

TEST_F(Socks5AssistedTest, WithoutARouterNothingWaits) {
  a.gateway.own.reset();
  offer();
  EXPECT_EQ(a.offered().size(), 1U);
  EXPECT_EQ(a.gateway.looks, 1) << "for the next time";
  EXPECT_EQ(a.gateway.asked, 0);
}

TEST_F(Socks5AssistedTest, ASilentRouterIsNotWaitedForLong) {
  a.gateway.delay = 1h;
  offer();
  scheduler.advance(300ms);
  EXPECT_EQ(a.offered().size(), 1U);
  EXPECT_TRUE(a.gateway.mapped.empty());
}

TEST_F(Socks5AssistedTest, ARouterThatRefusesIsDoneWithout) {
  a.gateway.answer = fail(Blame::kEnvironment, "connectivity-error", "it maps no port");
  offer_assisted();
  EXPECT_EQ(a.offered().size(), 1U);
  EXPECT_TRUE(a.gateway.mapped.empty());
}

TEST_F(Socks5AssistedTest, AnAddressThatCannotBeOursOutsideIsNotShown) {  // covers S5B-21
  for (const char* ip : {"192.168.1.1", "10.0.0.1", "100.64.0.1", "127.0.0.1", "169.254.169.254",
                         "0.0.0.0", "224.0.0.1", "255.255.255.255", "168.63.129.16"}) {
    says(ip, 7000);
    offer_assisted();
    EXPECT_TRUE(assisted().empty()) << ip;
    EXPECT_TRUE(a.gateway.mapped.empty()) << ip;
    a.transport.reset();
  }
  for (std::uint16_t port : {std::uint16_t{0}, std::uint16_t{25}}) {
    says("198.51.100.7", port);
    offer_assisted();
    EXPECT_TRUE(assisted().empty()) << port;
    a.transport.reset();
  }
}

TEST_F(Socks5AssistedTest, IsForAnAddressThatMayBeShown) {
  a.gateway.own = *IpAddress::parse("192.168.77.1");  // not one of this machine's
  offer_assisted();
  EXPECT_EQ(a.gateway.asked, 0);
  EXPECT_EQ(a.offered().size(), 1U);
}

TEST_F(Socks5AssistedTest, NeitherReachRelayNorTheSettingsAskARouter) {  // covers S5B-20
  offer_assisted(Reach::kRelay);
  a.transport.reset();
  Socks5Factory::Settings settings;
  settings.upnp = false;
  a.factory.set_settings(settings);
  offer_assisted();
  a.transport.reset();
  settings.upnp = true;
  settings.direct = false;
  a.factory.set_settings(settings);
  offer_assisted();
  EXPECT_EQ(a.gateway.looks + a.gateway.asked, 0);
}

TEST_F(Socks5AssistedTest, ThePortIsGivenBackWithTheTransport) {
  offer_assisted();
  EXPECT_EQ(a.gateway.mapped.size(), 1U);
  a.transport.reset();
  EXPECT_TRUE(a.gateway.mapped.empty());
}

TEST_F(Socks5AssistedTest, ThePortIsGivenBackIfAnotherPathIsChosen) {
  offer_assisted();
  answer();
  agree();
  scheduler.advance(25s);
  expect_path();
  EXPECT_TRUE(a.gateway.mapped.empty());
}

// The imaginary internet has no routers: here the outside is the inside.
TEST_F(Socks5AssistedTest, ThePortIsKeptAsLongAsTheStreamThatCameThroughIt) {
  std::uint16_t behind = 0;
  offer();
  ASSERT_EQ(a.gateway.mapped.size(), 1U);
  behind = a.gateway.mapped.front();
  a.gateway.answer = Endpoint{*a.gateway.own, behind};
  net.rule = [&](const IpAddress&, const Endpoint& to) {
    return to.port == behind ? FakeInternet::Fate::kArrives : FakeInternet::Fate::kRefused;
  };
  scheduler.advance(10ms);
  answer();
  agree();
  scheduler.advance(25s);
  expect_path();
  EXPECT_EQ(a.gateway.mapped.size(), 1U);
  a.stream.reset();
  EXPECT_TRUE(a.gateway.mapped.empty());
}

}  // namespace
}  // namespace balcony
