// SPDX-License-Identifier: MIT
// Two ICE transports with the real library between them.
#include "transports/ice_tcp/ice_transport.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <deque>
#include <string>
#include <vector>

#include "jingle/base/xml_parser.h"
#include "tests/transports/ice_tcp/ice_fixture.h"
#include "transports/ice_tcp/mapping.h"

namespace balcony {
namespace {

std::vector<IceCandidate> shown(const IceSide& side) {
  return read_ice_transport(*side.description, 32)->candidates;
}

// Whether somebody listens there.
bool is_open(const Endpoint& door) {
  auto socket = Socket::open(door.ip.is_v4());
  EXPECT_TRUE(socket);
  fcntl(socket->fd(), F_SETFL, 0);  // waits for the answer, which comes at once on loopback
  return socket->connect(door) == 0;
}

TEST_F(IceTest, JoinsTheTwoAndTellsTheWay) {  // covers ICE-06, ICE-07, ICE-08, ICE-09
  connect();
  EXPECT_EQ(a.facts->transport, "ice-tcp");
  EXPECT_EQ(a.facts->local, b.facts->remote);
  EXPECT_EQ(a.facts->remote, b.facts->local);
  EXPECT_TRUE(a.facts->pair == "prflx/host" || a.facts->pair == "host/prflx") << a.facts->pair;
  run_until([&] { return b.heard.received == "hello"; });
  b.stream->write("hello yourself");
  run_until([&] { return a.heard.received == "hello yourself"; });
}

TEST_F(IceTest, ShowsBothKindsOfCandidatesAndTheEnd) {  // covers ICE-02, ICE-03, ICE-07
  start();
  EXPECT_EQ(a.description->attr("ice2"), "true");
  EXPECT_TRUE(a.description->child("gathering-complete", "urn:xmpp:jingle:transports:ice:0"));
  int active = 0, passive = 0;
  for (const IceCandidate& candidate : shown(a)) {
    EXPECT_EQ(candidate.at.ip.kind(), IpAddress::Kind::kLoopback);
    ++(candidate.tcp == TcpType::kActive ? active : passive);
  }
  EXPECT_GE(active, 1);
  EXPECT_EQ(active, passive);
}

TEST_F(IceTest, CarriesMegabytesEachWayWithoutLoss) {
  connect();
  carries_each_way(numbers(8'000'000));
}

TEST_F(IceTest, EndsInOrderFromEitherSide) {
  connect();
  run_until([&] { return b.heard.received == "hello"; });
  b.stream->close();
  run_until([&] { return a.heard.closes == 1; });
  EXPECT_TRUE(a.heard.is_closed_in_order());
}

TEST_F(IceTest, SeesAtOnceThatThePeerIsGone) {  // covers ICE-14
  connect();
  a.stream.reset();
  run_until([&] { return b.heard.closes == 1; });
}

TEST_F(IceTest, LeaksNothing) { leaks_nothing(); }

TEST_F(IceTest, MayBeCalledOffAtAnyStep) {
  for (int step = 0; step < 8; ++step) {
    settings.stun = step < 4 ? "" : "127.0.0.1:9";
    start();
    if (step % 4 > 0) offer();
    if (step % 4 > 1) agree();
    if (step % 4 > 2) run_idle();
    a = IceSide(), b = IceSide();
    run_idle();
  }
}

// ---- when it can't be ----

TEST_F(IceTest, FailsAtOnceIfOneSideShowsNoAddress) {  // covers ICE-15, ICE-16
  start(Reach::kAny, Reach::kRelay);
  offer();
  EXPECT_TRUE(shown(b).empty());
  agree();
  run_ice_until([&] { return a.failure && b.failure; });
  EXPECT_EQ(a.failure->condition, "failed-transport");
}

TEST_F(IceTest, FailsInTimeIfNothingAnswers) {  // covers C-03, ICE-15
  start();
  offer();
  a.transport->on_remote_description(*b.description);
  b.transport.reset();
  a.transport->on_agreed();
  run_idle();
  EXPECT_FALSE(a.failure);
  advance(4s);
  ASSERT_TRUE(a.failure);
  EXPECT_EQ(a.failure->blame, Blame::kEnvironment);
}

// The answerer waits for the first word on the connection, but not for ever.
TEST_F(IceTest, FailsIfTheConnectionIsMadeAndNotUsed) {  // covers C-03
  start();
  a.first_words.clear();
  offer();
  agree();
  run_ice_until([&] { return a.stream != nullptr; });
  for (int i = 0; i < 100 && !b.failure; ++i) {
    run_idle(200);
    env.advance(100ms);
  }
  EXPECT_TRUE(b.failure);
}

TEST_F(IceTest, ConnectsToNoForbiddenTarget) {  // covers S5B-21, ICE-16
  settings.policy.loopback = true;
  start();
  settings.policy.loopback = false;
  Peers peers{*Jid::parse("ada@example.org/desk"), *Jid::parse("ben@example.net/phone")};
  b.transport = factory().create(Role::kResponder, peers, port, Reach::kAny);
  offer();
  EXPECT_TRUE(shown(b).empty());
}

TEST_F(IceTest, RefusesWhatItCantUnderstand) {  // covers ICE-02
  start();
  Element nothing("transport", "urn:xmpp:jingle:transports:ice:0");
  EXPECT_EQ(a.transport->on_remote_description(nothing).error().condition, "bad-request");
  EXPECT_EQ(factory().check_offer(nothing).error().condition, "bad-request");
  EXPECT_TRUE(factory().check_offer(*a.description));
}

// ---- trickle, restart, hostile words ----

TEST_F(IceTest, TakesCandidatesThatComeLater) {  // covers ICE-07
  start();
  offer();
  Element later = *b.description;
  IceWord bare = *read_ice_transport(*b.description, 32);
  bare.candidates.clear();
  bare.gathering_complete = false;
  b.description = ice_transport(bare, true);
  agree();
  run_idle();
  ASSERT_TRUE(a.transport->on_remote_info(later));
  run_ice_until([&] { return a.stream && b.stream; });
}

TEST_F(IceTest, OpensIfOnlyTheOtherSideMayConnect) {  // covers ICE-16
  start();
  offer();
  IceWord word = *read_ice_transport(*b.description, 32);
  for (IceCandidate& candidate : word.candidates) candidate.at.ip = *IpAddress::parse("224.0.0.1");
  b.description = ice_transport(word, true);
  agree();
  run_ice_until([&] { return (a.stream && b.stream) || a.failure || b.failure; });
  EXPECT_TRUE(a.stream && b.stream);
}

TEST_F(IceTest, BeginsAnewWithAPeerThatDoes) {  // covers ICE-13
  start();
  offer();
  agree();
  int arrivals = 0;  // where the one candidate leads that comes with a restart too many
  auto door = network.listen({*IpAddress::parse("127.0.0.1"), 0},
                             [&](const Connection&, const Endpoint&) { ++arrivals; });
  ASSERT_TRUE(door);
  IceWord before = *read_ice_transport(*a.description, 32);
  IceWord anew = *read_ice_transport(*b.description, 32);
  anew.credentials = {"anew", "anew4444444444444444444"};
  for (unsigned generation = 1; generation < 100; ++generation) {
    anew.credentials.ufrag = "anew" + std::to_string(generation);
    if (generation == 5) {
      IceCandidate candidate;
      candidate.foundation = "f";
      candidate.priority = 1;
      candidate.at = (*door)->local();
      anew.candidates = {candidate};
    }
    ASSERT_TRUE(a.transport->on_remote_info(ice_transport(anew, false)));
    run_idle(generation == 5 ? 200'000 : 2);
    if (a.infos.empty()) {
      EXPECT_EQ(generation, 5U);
      EXPECT_EQ(arrivals, 0);
      return;
    }
    IceWord after = *read_ice_transport(a.infos.front(), 32);
    EXPECT_NE(after.credentials, before.credentials);
    EXPECT_EQ(after.candidates.size(), before.candidates.size());
    EXPECT_EQ(after.candidates[0].generation, generation);
    EXPECT_TRUE(after.gathering_complete);
    a.infos.clear();
  }
  FAIL() << "it begins anew without end";
}

// ---- a STUN server ----

// On loopback; tells whoever asks that it is 198.51.100.7:4242.
class StunServer {
 public:
  StunServer() {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(socket_.fd(), reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
  }
  std::string name() const { return socket_.local()->text(); }
  std::uint16_t port() const { return socket_.local()->port; }
  void answer_one() {
    std::array<char, 512> request{};
    sockaddr_in from{};
    socklen_t size = sizeof from;
    auto* address = reinterpret_cast<sockaddr*>(&from);
    ssize_t count = recvfrom(socket_.fd(), request.data(), request.size(), 0, address, &size);
    if (count < 20) return;
    Bytes answer("\1\1\0\x0c", 4);
    answer.append(request.data() + 4, 16);  // cookie and transaction
    answer.append("\0\1\0\x08\0\1", 6);     // MAPPED-ADDRESS, IPv4
    answer.append("\x10\x92\xc6\x33\x64\x07", 6);
    sendto(socket_.fd(), answer.data(), answer.size(), 0, address, size);
  }

 private:
  Socket socket_{socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
};

// A server that tells of it at once.
struct ServicesPort : SilentPort {
  explicit ServicesPort(std::uint16_t stun) : port(stun) {}
  void request(std::string_view, Element, Reply reply, std::string_view) override {
    reply(
        *parse_stanza("<iq><services xmlns='urn:xmpp:extdisco:2'><service type='stun' "
                      "host='127.0.0.1' port='" +
                      std::to_string(port) + "'/></services></iq>"));
  }
  std::uint16_t port;
};

TEST_F(IceTest, ShowsForTcpWhatAStunServerTells) {  // covers ICE-03, ICE-07, ICE-10, ICE-11
  StunServer server;
  settings.stun = server.name();
  start();
  EXPECT_FALSE(a.description->child("gathering-complete", "urn:xmpp:jingle:transports:ice:0"));
  std::vector<IceCandidate> later;
  bool is_complete = false;
  for (int i = 0; i < 2'000'000 && !is_complete; ++i) {
    server.answer_one();
    g_main_context_iteration(reactor.context(), FALSE);
    for (; !a.infos.empty(); a.infos.pop_front()) {
      IceWord word = *read_ice_transport(a.infos.front(), 32);
      later.insert(later.end(), word.candidates.begin(), word.candidates.end());
      is_complete = word.gathering_complete;
    }
  }
  ASSERT_TRUE(is_complete);
  auto reflexive = std::find_if(later.begin(), later.end(), [](const IceCandidate& candidate) {
    return candidate.type == IceType::kServerReflexive && candidate.tcp == TcpType::kPassive;
  });
  ASSERT_NE(reflexive, later.end());
  EXPECT_EQ(reflexive->at.ip.text(), "198.51.100.7");
  ASSERT_TRUE(reflexive->related);
  EXPECT_EQ(reflexive->related->ip.text(), "127.0.0.1");
}

TEST_F(IceTest, AsksTheStunServerThatTheServerTellsOf) {  // covers ICE-11
  StunServer server;
  ServicesPort services(server.port());
  servers.emplace(services, reactor, env);
  servers->search("example.org", false);
  start();
  EXPECT_FALSE(a.description->child("gathering-complete", "urn:xmpp:jingle:transports:ice:0"));
  run_until([&] {
    server.answer_one();
    return !a.infos.empty();
  });
  EXPECT_NE(to_xml(a.infos.front()).find("198.51.100.7"), std::string::npos);
}

TEST_F(IceTest, AsksNobodyIfTheUserSaysSo) {  // covers ICE-11
  ServicesPort services(9);
  servers.emplace(services, reactor, env);
  servers->search("example.org", false);
  settings.stun = "none";
  start();
  EXPECT_TRUE(a.description->child("gathering-complete", "urn:xmpp:jingle:transports:ice:0"));
}

TEST_F(IceTest, ConnectsByTcpEvenIfUdpIsAtHand) {  // covers ICE-09, ICE-10
  settings.stun = "127.0.0.1:9";
  connect();
  EXPECT_EQ(a.facts->transport, "ice-tcp");
  run_until([&] { return b.heard.received == "hello"; });
}

// ---- strangers at the doors ----

// What a stranger says at each door, and comes again to say as long as the two negotiate.
class IceStrangers : public IceTest, public testing::WithParamInterface<Bytes> {
 protected:
  void come() {
    for (const IceSide* side : {&a, &b}) {
      for (const IceCandidate& candidate : shown(*side)) {
        if (candidate.tcp != TcpType::kPassive) continue;
        Socket& socket = sockets.emplace_back(*Socket::open(candidate.at.ip.is_v4()));
        fcntl(socket.fd(), F_SETFL, 0);
        if (socket.connect(candidate.at) != 0) continue;
        send(socket.fd(), GetParam().data(), GetParam().size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      }
    }
    while (sockets.size() > 100) sockets.pop_front();
  }

  std::deque<Socket> sockets;
};

TEST_P(IceStrangers, NeitherBreakNorDelayIt) {  // covers C-17
  start();
  offer();
  come();
  run_idle();
  agree();
  int turns = 0;
  run_ice_until([&] {
    if (++turns % 100 == 0 && !(a.stream && b.stream)) come();
    return (a.stream && b.stream) || a.failure || b.failure;
  });
  ASSERT_TRUE(a.stream && b.stream)
      << (a.failure ? a.failure->text : "") << "; " << (b.failure ? b.failure->text : "") << turns;
  b.stream->write("hello yourself");
  run_until([&] { return b.heard.received == "hello" && a.heard.received == "hello yourself"; });
}

INSTANTIATE_TEST_SUITE_P(, IceStrangers,
                         testing::Values(Bytes(), Bytes("\xff\xff", 2), Bytes("\0", 1),
                                         Bytes("\0\x05hello", 7), Bytes(100'000, 'x'),
                                         Bytes("\0\x58\0\1\0\x44\x21\x12\xa4\x42", 10)));

TEST_F(IceTest, ClosesItsDoorsToStrangersOnceItIsOpen) {  // covers ICE-14
  connect();
  std::vector<Endpoint> doors;
  for (const IceSide* side : {&a, &b})
    for (const IceCandidate& candidate : shown(*side))
      if (candidate.tcp == TcpType::kPassive) doors.push_back(candidate.at);
  for (const Endpoint& door : doors) EXPECT_FALSE(is_open(door));
  b.stream->write("still here");
  run_until([&] { return a.heard.received == "still here"; });
}

TEST_F(IceTest, IsNotHurtByAThousandCandidates) {  // covers C-15
  start();
  offer();
  agree();
  IceWord many = *read_ice_transport(*b.description, 32);
  for (std::uint16_t i = 0; i < 1000; ++i) {
    IceCandidate candidate;
    candidate.foundation = "f";
    candidate.at = {*IpAddress::parse("127.0.0.1"), static_cast<std::uint16_t>(20'000 + i)};
    candidate.priority = 1 + i;
    many.candidates = {candidate};
    ASSERT_TRUE(a.transport->on_remote_info(ice_transport(many, false)));
  }
  run_ice_until([&] { return (a.stream && b.stream) || a.failure; });
  EXPECT_TRUE(a.stream && b.stream);
}

}  // namespace
}  // namespace balcony
