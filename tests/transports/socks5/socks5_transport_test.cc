// SPDX-License-Identifier: MIT
// Two SOCKS5 transports with each other: direct, through proxies, and not at all.
#include "transports/socks5/socks5_transport.h"

#include "tests/transports/socks5/socks5_fixture.h"

namespace balcony {
namespace {

using Socks5TransportTest = Socks5Fixture;

TEST_F(Socks5TransportTest, HasItsNames) {
  EXPECT_EQ(a.factory.name(), "s5b");
  EXPECT_EQ(a.factory.ns(), "urn:xmpp:jingle:transports:s5b:1");
}

TEST_F(Socks5TransportTest, ChecksOffers) {  // covers S5B-01
  offer();
  auto fault = [this](const Element& transport) {
    auto checked = a.factory.check_offer(transport);
    return checked ? "none" : checked.error().condition;
  };
  EXPECT_EQ(fault(a.description), "none");
  EXPECT_EQ(fault(Element(a.description).set_attr("mode", "udp")), "unsupported-transports");
  Element anonymous = a.description;
  anonymous.remove_attr("sid");
  EXPECT_EQ(fault(anonymous), "bad-request");
}

TEST_F(Socks5TransportTest, DescribesItselfAsTheRowsSay) {  // covers S5B-01, S5B-06, S5B-07
  offer();
  answer();
  EXPECT_EQ(a.description.attr("mode"), "tcp");
  EXPECT_FALSE(b.description.has_attr("mode"));
  EXPECT_EQ(a.description.attr("sid"), b.description.attr("sid"));
  EXPECT_EQ(a.description.attr("dstaddr"),
            socks5_name(a.description.attr("sid"), a.peers.local, b.peers.local));
  EXPECT_EQ(b.description.attr("dstaddr"),
            socks5_name(a.description.attr("sid"), b.peers.local, a.peers.local));
  ASSERT_EQ(a.offered().size(), 1U);
  EXPECT_EQ(a.offered()[0].host, "192.0.2.10");
  EXPECT_EQ(a.offered()[0].jid, "ada@example.org/desk");
}

TEST_F(Socks5TransportTest, ConnectsDirectly) {
  connect();
  expect_path();
  EXPECT_EQ(a.facts.transport, "s5b-direct");
  EXPECT_FALSE(a.facts.in_band);
  EXPECT_EQ(a.facts.local, b.facts.remote);
  EXPECT_EQ(a.facts.remote, b.facts.local);
  EXPECT_TRUE(a.facts.remote.starts_with("1"));
}

TEST_F(Socks5TransportTest, ListensOnlyUntilItIsConnected) {  // covers S5B-22
  offer();
  EXPECT_EQ(net.listeners(), 1U);
  answer();
  EXPECT_EQ(net.listeners(), 2U);
  agree();
  scheduler.advance(5s);
  EXPECT_EQ(net.listeners(), 0U);
}

TEST_F(Socks5TransportTest, OneDirectionIsEnough) {
  net.rule = [](const IpAddress& from, const Endpoint&) {
    return from.text() == "192.0.2.10" ? FakeInternet::Fate::kSilence
                                       : FakeInternet::Fate::kArrives;
  };
  connect();
  expect_path();
}

TEST_F(Socks5TransportTest, DeadBetterAddressCostsNoMoreThanTheGrace) {  // covers C-14
  Socks5Side two{"ben@example.net/lab",
                 "ada@example.org/desk",
                 {"203.0.113.1", "198.51.100.20"},
                 net,
                 scheduler,
                 env};
  net.rule = [](const IpAddress& from, const Endpoint& to) {
    bool works = to.ip.text() == "198.51.100.20" && from.text() == "192.0.2.10";
    return works ? FakeInternet::Fate::kArrives : FakeInternet::Fate::kSilence;
  };
  offer();
  two.begin(Role::kResponder);
  two.other = &a;
  a.other = &two;
  ASSERT_TRUE(two.transport->on_remote_description(a.description));
  scheduler.run_due();
  two.transport->on_agreed();
  ASSERT_TRUE(a.transport->on_remote_description(two.description));
  a.transport->on_agreed();
  scheduler.advance(200ms + 400ms + 400ms + 50ms);
  EXPECT_TRUE(a.stream && two.stream);
}

TEST_F(Socks5TransportTest, FailsIfNothingIsReachable) {  // covers S5B-14, 9.4
  net.rule = [](auto&, auto&) { return FakeInternet::Fate::kRefused; };
  offer();
  answer();
  agree();
  scheduler.advance(4'990ms);
  EXPECT_EQ(a.said() + b.said(), "");
  scheduler.advance(100ms);
  EXPECT_EQ(a.said() + b.said(), "candidate-error candidate-error ");
  EXPECT_EQ(a.failure->condition, "failed-transport");
  EXPECT_EQ(b.failure->condition, "failed-transport");
  EXPECT_EQ(net.listeners(), 0U);
}

TEST_F(Socks5TransportTest, ForbiddenTargetsFailLikeDeadOnesAndAreNeverTried) {  // covers S5B-21
  offer();
  for (const char* host : {"127.0.0.1", "::1", "0.0.0.0", "169.254.169.254", "224.0.0.1", "fe80::1",
                           "255.255.255.255", "fd00:ec2::254", "localhost"}) {
    a.begin(Role::kInitiator);
    scheduler.run_due();
    Socks5Offer forged{std::string(a.description.attr("sid")), "", {}};
    forged.candidates.push_back({"x", host, "ben@example.net/lab", 5000, 99, {}});
    ASSERT_TRUE(a.transport->on_remote_description(socks5_transport(forged, false)));
    a.transport->on_agreed();
    a.infos.clear();
    scheduler.advance(4'999ms);
    EXPECT_EQ(a.said(), "") << host;
    scheduler.advance(1ms);
    EXPECT_EQ(a.said(), "candidate-error ");
  }
  EXPECT_TRUE(net.tried.empty());
  EXPECT_TRUE(net.resolved.empty());
}

TEST_F(Socks5TransportTest, LowPortsAreForProxiesOnly) {  // covers S5B-21
  offer();
  Socks5Offer forged{std::string(a.description.attr("sid")), "", {}};
  forged.candidates.push_back({"x", "203.0.113.1", "ben@example.net/lab", 22, 99, {}});
  forged.candidates.push_back({"p", "203.0.113.2", "proxy", 443, 9, CandidateType::kProxy});
  ASSERT_TRUE(a.transport->on_remote_description(socks5_transport(forged, false)));
  a.transport->on_agreed();
  scheduler.advance(5s);
  EXPECT_EQ(net.tried, std::vector<std::string>{"203.0.113.2:443"});
}

TEST_F(Socks5TransportTest, NamesAreLookedUpForProxiesOnlyAndJudgedAfterwards) {  // covers S5B-21
  net.names["evil.example.net"] = {*IpAddress::parse("127.0.0.1"),
                                   *IpAddress::parse("203.0.113.7")};
  offer();
  Socks5Offer forged{std::string(a.description.attr("sid")), "", {}};
  forged.candidates.push_back({"x", "other.example", "ben@example.net/lab", 5000, 99, {}});
  forged.candidates.push_back({"p", "evil.example.net", "p", 7777, 9, CandidateType::kProxy});
  ASSERT_TRUE(a.transport->on_remote_description(socks5_transport(forged, false)));
  EXPECT_TRUE(net.resolved.empty());
  a.transport->on_agreed();
  scheduler.advance(5s);
  EXPECT_EQ(net.resolved, std::vector<std::string>{"evil.example.net"});
  EXPECT_EQ(net.tried, std::vector<std::string>{"203.0.113.7:7777"});
}

TEST_F(Socks5TransportTest, ReachRelayShowsAndUsesNoAddress) {  // covers S5B-20
  b.is_mute = false;
  offer(Reach::kRelay);
  answer();
  EXPECT_TRUE(a.offered().empty());
  EXPECT_EQ(net.listeners(), 1U);  // of b alone
  agree();
  scheduler.advance(25s);
  EXPECT_TRUE(net.tried.empty());
  EXPECT_TRUE(a.failure && b.failure);
}

TEST_F(Socks5TransportTest, EarlyReportsAreKept) {  // covers S5B-13
  offer();
  EXPECT_EQ(a.tell(CandidateUsed{a.offered()[0].cid}), "");
  EXPECT_FALSE(a.failure);
}

TEST_F(Socks5TransportTest, FalseReportsEndIt) {  // covers S5B-12
  offer();
  answer();
  agree();
  EXPECT_EQ(a.tell(CandidateUsed{"unheard-of"}), "bad-request");
  EXPECT_TRUE(a.failure);
}

TEST_F(Socks5TransportTest, InfosOfAnotherSidAreIgnored) {
  offer();
  answer();
  agree();
  Element late = socks5_info("another", CandidateUsed{"x"});
  EXPECT_TRUE(a.transport->on_remote_info(late));
  scheduler.advance(5s);
  expect_path();
}

TEST_F(Socks5TransportTest, AnswerMayLeaveTheSidOutButNotChangeIt) {  // covers S5B-01; PEERS.md
  offer();
  answer();
  Element answer = b.description;
  answer.set_attr("sid", "other");
  EXPECT_EQ(a.transport->on_remote_description(answer).error().condition, "bad-request");
  answer.remove_attr("sid");
  answer.remove_attr("dstaddr");
  ASSERT_TRUE(a.transport->on_remote_description(answer));
  b.transport->on_agreed();
  a.transport->on_agreed();
  scheduler.advance(5s);
  expect_path();
}

TEST_F(Socks5TransportTest, DestroyingItCancels) {
  offer();
  answer();
  agree();
  a.transport.reset();
  b.transport.reset();
  scheduler.advance(30s);
  EXPECT_FALSE(a.stream || b.stream || a.failure || b.failure);
  EXPECT_EQ(net.listeners(), 0U);
}

// ---- proxies ----

class Socks5ProxyTest : public Socks5Fixture {
 protected:
  // The offerer's server has a proxy that the offerer may activate.
  void one_proxy(Socks5Side& owner) {
    owner.has_proxy();
    auto discover = owner.port.answer_to;
    owner.port.answer_to = [this, discover](const Element& iq) -> std::optional<Element> {
      const Element* query = iq.first_child();
      if (!query->child("activate", ns::kBytestreams)) return discover(iq);
      activations.push_back(to_xml(*query, ns::kClient));
      if (!works || !proxy.activate()) return std::nullopt;
      return Element("iq", ns::kClient);
    };
  }

  FakeProxy proxy{net};
  bool works = true;
  std::vector<std::string> activations;
};

TEST_F(Socks5ProxyTest, CarriesTheStreamForTheOfferersProxy) {  // covers S5B-17
  only_proxies();
  one_proxy(a);
  connect();
  expect_path();
  EXPECT_EQ(a.facts.transport, "s5b-proxy");
  EXPECT_EQ(b.facts.transport, "s5b-proxy");
  EXPECT_EQ(a.facts.remote, "198.51.100.9:7777");
  EXPECT_EQ(a.said(), "candidate-error activated ");
  EXPECT_EQ(b.said(), "candidate-used ");
  ASSERT_EQ(activations.size(), 1U);
  EXPECT_EQ(activations[0], "<query xmlns='http://jabber.org/protocol/bytestreams' sid='" +
                                std::string(a.description.attr("sid")) +
                                "'><activate>ben@example.net/lab</activate></query>");
}

TEST_F(Socks5ProxyTest, CarriesTheStreamForTheAnswerersProxy) {  // covers S5B-17, 9.2
  only_proxies();
  one_proxy(b);
  connect();
  expect_path();
  EXPECT_EQ(b.said(), "candidate-error activated ");
}

TEST_F(Socks5ProxyTest, IsUsedWhenDirectPathsAreDead) {
  net.rule = [](const IpAddress&, const Endpoint& to) {
    return to.ip.text() == kProxyHost ? FakeInternet::Fate::kArrives : FakeInternet::Fate::kSilence;
  };
  one_proxy(a);
  connect();
  expect_path();
  EXPECT_EQ(a.facts.transport, "s5b-proxy");
}

TEST_F(Socks5ProxyTest, IsNotUsedWhenADirectPathWorks) {
  one_proxy(a);
  connect();
  expect_path();
  EXPECT_EQ(a.facts.transport, "s5b-direct");
}

TEST_F(Socks5ProxyTest, IsWhatReachRelayUses) {  // covers S5B-20
  one_proxy(a);
  offer(Reach::kRelay);
  ASSERT_EQ(a.offered().size(), 1U);
  EXPECT_EQ(a.offered()[0].host, kProxyHost);
  answer();
  agree();
  scheduler.advance(20s);
  expect_path();
  for (const std::string& tried : net.tried) EXPECT_EQ(tried, "198.51.100.9:7777");
}

TEST_F(Socks5ProxyTest, IsNotOfferedAgainByTheAnswerer) {  // covers S5B-05
  only_proxies();
  one_proxy(a);
  one_proxy(b);
  offer();
  answer();
  EXPECT_EQ(a.offered().size(), 1U);
  EXPECT_TRUE(b.offered().empty());
  agree();
  scheduler.advance(20s);
  expect_path();
}

TEST_F(Socks5ProxyTest, FailsBothIfItIsNotActivated) {  // covers S5B-18
  only_proxies();
  one_proxy(a);
  works = false;
  connect();
  EXPECT_TRUE(a.failure && b.failure);
  EXPECT_EQ(a.said(), "candidate-error proxy-error ");
}

TEST_F(Socks5ProxyTest, FailsBothIfTheOwnerCantReachIt) {  // covers S5B-18
  only_proxies();
  one_proxy(a);
  net.rule = [](const IpAddress& from, const Endpoint&) {
    return from.text() == "192.0.2.10" ? FakeInternet::Fate::kRefused
                                       : FakeInternet::Fate::kArrives;
  };
  connect();
  EXPECT_TRUE(a.failure && b.failure);
  EXPECT_EQ(a.said(), "candidate-error proxy-error ");
}

TEST_F(Socks5ProxyTest, NeedsNoWordThatItIsActivatedIfOctetsCome) {  // PEERS.md
  only_proxies();
  one_proxy(a);
  offer();
  answer();
  agree();
  scheduler.advance(4s);
  // All happened in the first 4 s but for the last word, which a peer may forget.
  EXPECT_TRUE(a.stream && b.stream);
}

// ---- discovery ----

TEST_F(Socks5ProxyTest, IsFoundOnTheOwnServer) {  // covers S5B-19
  a.has_proxy();
  EXPECT_FALSE(a.finder.is_searching());
  EXPECT_EQ(a.finder.proxies(), (std::vector<Socks5Proxy>{{kProxyJid, kProxyHost, kProxyPort}}));
  EXPECT_EQ(a.port.asked.size(), 3U);
}

TEST_F(Socks5ProxyTest, MayNameItselfWithAResource) {  // as ejabberd does
  a.port.answer_to = [](const Element& iq) -> std::optional<Element> {
    Element query = *iq.first_child();
    if (query.ns() == ns::kBytestreams)
      query.add(Element("streamhost", query.ns())
                    .set_attr("jid", kProxyJid + "/7030")
                    .set_attr("host", kProxyHost)
                    .set_attr("port", "7777"));
    return Element("iq", ns::kClient).add(std::move(query));
  };
  a.finder.search("example.org", kProxyJid);
  scheduler.advance(1s);
  EXPECT_EQ(a.finder.proxies(),
            (std::vector<Socks5Proxy>{{kProxyJid + "/7030", kProxyHost, kProxyPort}}));
}

TEST_F(Socks5ProxyTest, IsNotBelievedAboutOthers) {  // covers S5B-19
  a.port.answer_to = [](const Element& iq) -> std::optional<Element> {
    Element query = *iq.first_child();
    if (query.ns() == ns::kBytestreams)
      query.add(Element("streamhost", query.ns())
                    .set_attr("jid", "other.example.org")
                    .set_attr("host", kProxyHost)
                    .set_attr("port", "7777"));
    return Element("iq", ns::kClient).add(std::move(query));
  };
  a.finder.search("example.org", "proxy.example.com");
  scheduler.advance(1s);
  EXPECT_TRUE(a.finder.proxies().empty());
  EXPECT_FALSE(a.finder.is_searching());
}

TEST_F(Socks5ProxyTest, ServersLongListIsBounded) {
  a.port.answer_to = [](const Element& iq) -> std::optional<Element> {
    Element query = *iq.first_child();
    for (int i = 0; i < 500; ++i)
      query.add(Element("item", query.ns()).set_attr("jid", "s" + std::to_string(i) + ".example"));
    return Element("iq", ns::kClient).add(std::move(query));
  };
  a.finder.search("example.org", "");
  scheduler.advance(10s);
  EXPECT_LE(a.port.asked.size(), 33U);
  EXPECT_FALSE(a.finder.is_searching());
}

TEST_F(Socks5ProxyTest, IsWaitedForWhileTheSearchGoesOn) {  // covers S5B-19
  only_proxies();
  one_proxy(a);
  a.finder.search("example.org", "");
  offer();
  EXPECT_FALSE(a.description);
  scheduler.advance(100ms);
  EXPECT_EQ(a.offered().size(), 1U);
}

TEST_F(Socks5ProxyTest, AnswersHoldForAnHour) {  // covers S5B-19
  a.has_proxy();
  std::size_t asked = a.port.asked.size();
  env.advance(59min);
  a.finder.refresh();
  EXPECT_EQ(a.port.asked.size(), asked);
  env.advance(1min);
  a.finder.refresh();
  EXPECT_GT(a.port.asked.size(), asked);
  EXPECT_EQ(a.finder.proxies().size(), 1U);
}

}  // namespace
}  // namespace balcony
