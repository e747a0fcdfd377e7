// SPDX-License-Identifier: MIT
// What strangers at our door, candidates that are no SOCKS5 servers, and lying peers can do: cost a
// bounded time, and never keep a good candidate from winning.
#include <list>

#include "tests/transports/socks5/socks5_fixture.h"
#include "transports/socks5/handshake.h"

namespace balcony {
namespace {

// Somebody who connects to a door and says what the test wants.
class Caller final : public ByteStream::Listener {
 public:
  Caller(FakeInternet::Machine& from, const Candidate& to, TimePoint deadline) {
    Endpoint door{*IpAddress::parse(to.host), to.port};
    pending_ = from.connect(door, deadline, [this](Result<Connection> connection) {
      if (!connection) return;
      stream_ = std::move(connection->stream);
      stream_->set_listener(this);
      stream_->write(to_say);
    });
  }
  void on_bytes(ByteView octets) override { heard += octets; }
  void on_writable() override {}
  void on_closed(std::optional<Error>) override { is_closed = true; }
  bool is_connected() const { return stream_ != nullptr; }
  void say(ByteView octets) { stream_->write(octets); }

  Bytes to_say, heard;
  bool is_closed = false;

 private:
  std::unique_ptr<Network::Pending> pending_;
  std::unique_ptr<ByteStream> stream_;
};

Bytes greeting_and_request(const std::string& name, char command = 1) {
  Bytes all{5, 1, 0, 5, command, 0, 3, static_cast<char>(name.size())};
  return all.append(name).append(2, '\0');
}

class AtTheDoor : public Socks5Fixture {
 protected:
  Caller& call(const Bytes& words, const std::string& from = "203.0.113.66") {
    auto known = machines_.find(from);
    if (known == machines_.end()) known = machines_.emplace(from, &net.add({from})).first;
    Caller& caller = callers_.emplace_back(*known->second, a.offered().at(0), env.now() + 5s);
    caller.to_say = words;
    return caller;
  }
  // Only the door of `a` is any good, so that the peer must come in there.
  void make_b_unreachable() {
    net.rule = [](const IpAddress&, const Endpoint& to) {
      return to.ip.text() == "198.51.100.20" ? FakeInternet::Fate::kSilence
                                             : FakeInternet::Fate::kArrives;
    };
  }
  std::string true_name() const { return std::string(a.description.attr("dstaddr")); }

 private:
  std::list<Caller> callers_;
  std::map<std::string, FakeInternet::Machine*> machines_;
};

TEST_F(AtTheDoor, StrangerWhoCameFirstWithTheTrueNameIsARivalAndNoMore) {  // covers S5B-22, S5B-23
  make_b_unreachable();
  offer();
  call(greeting_and_request(true_name()) + "<stream:stream");
  scheduler.advance(50ms);
  answer();
  agree();
  scheduler.advance(10s);
  ASSERT_TRUE(a.stream && b.stream);
  ASSERT_EQ(a.rivals.size(), 1U);
  Recorder second;  // the peer's own connection came second
  a.rivals[0]->set_listener(&second);
  b.stream->write("it is me");
  scheduler.advance(100ms);
  EXPECT_EQ(second.received, "it is me");
  EXPECT_EQ(a.heard.received, "<stream:stream");
}

TEST_F(AtTheDoor, FourGuestsAreKept) {  // covers S5B-22
  offer();
  for (int i = 0; i < 10; ++i) {
    call(greeting_and_request(true_name()), "203.0.113." + std::to_string(i + 1));
    scheduler.advance(50ms);
  }
  EXPECT_EQ(a.tell(CandidateUsed{a.offered().at(0).cid}), "");
  answer();
  b.is_mute = true;
  agree();
  scheduler.advance(6s);
  EXPECT_TRUE(a.stream);
  EXPECT_EQ(a.rivals.size(), 3U);
}

TEST_F(AtTheDoor, SwappedNameOpensTooAndNoOther) {  // covers S5B-07
  offer();
  Caller& swapped = call(
      greeting_and_request(socks5_name(a.description.attr("sid"), a.peers.remote, a.peers.local)));
  Caller& wrong = call(greeting_and_request(std::string(40, 'a')));
  scheduler.advance(100ms);
  EXPECT_EQ(swapped.heard.substr(2, 2), Bytes({5, 0}));
  EXPECT_EQ(wrong.heard.substr(2, 2), Bytes({5, 2}));
  scheduler.advance(2s);
  EXPECT_TRUE(wrong.is_closed);
  EXPECT_FALSE(swapped.is_closed);
}

TEST_F(AtTheDoor, NothingIsRelayed) {  // covers S5B-09
  offer();
  Bytes to_address{5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, 0, 22};
  std::vector<Caller*> callers = {&call(greeting_and_request("localhost")), &call(to_address),
                                  &call(greeting_and_request(true_name(), 2)),
                                  &call(greeting_and_request(true_name(), 3), "203.0.113.67")};
  net.tried.clear();
  scheduler.advance(3s);
  EXPECT_TRUE(net.tried.empty() && net.resolved.empty());
  for (Caller* caller : callers) EXPECT_TRUE(caller->is_closed);
}

TEST_F(AtTheDoor, SilentStrangersLeaveAfterFiveSeconds) {  // covers S5B-09
  offer();
  Caller& silent = call("");
  Caller& slow = call(Bytes{5});
  scheduler.advance(4'990ms);
  EXPECT_FALSE(silent.is_closed || slow.is_closed);
  scheduler.advance(100ms);
  EXPECT_TRUE(silent.is_closed && slow.is_closed);
}

TEST_F(AtTheDoor, StrangersAreFewAndTheNewestGetsIn) {  // covers C-17
  offer();
  std::vector<Caller*> of_one, of_many;
  for (int i = 0; i < 6; ++i) of_one.push_back(&call(""));
  scheduler.advance(50ms);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(of_one[static_cast<std::size_t>(i)]->is_closed, i < 2);
  for (int i = 0; i < 20; ++i) of_many.push_back(&call("", "198.18.0." + std::to_string(i + 1)));
  scheduler.advance(50ms);
  EXPECT_EQ(std::count_if(of_many.begin(), of_many.end(),
                          [](const Caller* caller) { return !caller->is_closed; }),
            16);
}

TEST_F(AtTheDoor, CrowdOfStrangersKeepsThePeerFromNothing) {  // covers C-17, S5B-22
  make_b_unreachable();
  offer();
  for (int i = 0; i < 60; ++i) call("", "198.18.0." + std::to_string(i + 1));
  for (int i = 0; i < 20; ++i) call(Bytes(100'000, '\5'));
  scheduler.advance(20ms);
  answer();
  agree();
  for (int i = 0; i < 12; ++i) call("", "198.19.0." + std::to_string(i + 1));
  scheduler.advance(2s);
  expect_path();
}

// ---- candidates that are not what they say ----

// A machine whose doors answer whatever the test wants.
class OddServer {
 public:
  using Behaviour = std::function<void(ByteStream& stream, ByteView heard)>;

  OddServer(FakeInternet& net, const std::string& ip, Behaviour behaviour)
      : machine_(net.add({ip})),
        door_(*machine_.listen({*IpAddress::parse(ip), 5000},
                               [this, behaviour](Connection connection, const Endpoint&) {
                                 guests_.emplace_back(std::move(connection), behaviour);
                               })) {}

 private:
  struct Guest final : ByteStream::Listener {
    Guest(Connection to, Behaviour how) : connection(std::move(to)), behave(std::move(how)) {
      connection.stream->set_listener(this);
      behave(*connection.stream, {});
    }
    void on_bytes(ByteView octets) override { behave(*connection.stream, octets); }
    void on_writable() override { behave(*connection.stream, {}); }
    void on_closed(std::optional<Error>) override {}
    Connection connection;
    Behaviour behave;
  };
  FakeInternet::Machine& machine_;
  std::unique_ptr<Network::Listening> door_;
  std::list<Guest> guests_;
};

struct Oddity {
  const char* name;
  OddServer::Behaviour behaviour;
};

class OddCandidates : public Socks5Fixture, public testing::WithParamInterface<Oddity> {};

TEST_P(OddCandidates, CostTheGoodOneNoMoreThanTheGrace) {  // covers S5B-08, S5B-10, C-14
  OddServer odd(net, "203.0.113.5", GetParam().behaviour);
  offer();
  answer();
  Socks5Offer answered = *read_socks5_offer(b.description, 32);
  Candidate bait = answered.candidates.at(0);
  bait.cid = "bait";
  bait.host = "203.0.113.5";
  bait.port = 5000;
  bait.priority = 0xffffffff;
  answered.candidates.insert(answered.candidates.begin(), bait);
  net.rule = [](const IpAddress& from, const Endpoint&) {  // b reaches nothing
    return from.text() == "198.51.100.20" ? FakeInternet::Fate::kSilence
                                          : FakeInternet::Fate::kArrives;
  };
  b.transport->on_agreed();
  ASSERT_TRUE(a.transport->on_remote_description(socks5_transport(answered, false)));
  a.transport->on_agreed();
  scheduler.advance(200ms + 400ms + 450ms);  // stagger, our grace, b's grace and the wires
  expect_path();
}

INSTANTIATE_TEST_SUITE_P(
    , OddCandidates,
    testing::Values(
        Oddity{"Silent", [](ByteStream&, ByteView) {}},
        Oddity{"WrongVersion",
               [](ByteStream& s, ByteView) {
                 s.write(Bytes{4, 0, 0, 0, 0, 0, 0, 0});
               }},
        Oddity{"Http", [](ByteStream& s, ByteView) { s.write("HTTP/1.1 400 Bad Request\r\n"); }},
        Oddity{"WantsAPassword",
               [](ByteStream& s, ByteView) {
                 s.write(Bytes{5, 2});
               }},
        Oddity{"Refuses",
               [](ByteStream& s, ByteView) {
                 s.write(Bytes{5, 0, 5, 5, 0, 1});
               }},
        Oddity{"UnknownAddressType",
               [](ByteStream& s, ByteView) {
                 s.write(Bytes{5, 0, 5, 0, 0, 9});
               }},
        Oddity{"Short",
               [](ByteStream& s, ByteView) {
                 s.write(Bytes{5, 0, 5, 0, 0, 3, 40});
               }},
        Oddity{"Floods", [](ByteStream& s, ByteView) { s.write(Bytes(500'000, '\5')); }},
        Oddity{"HangsUp", [](ByteStream& s, ByteView) { s.close(); }}),
    [](const auto& tested) { return tested.param.name; });

TEST_F(Socks5Fixture, GluedAndCutServersAreUnderstood) {  // covers S5B-08
  // Both replies at once, before the request, an octet each time.
  OddServer glued(net, "203.0.113.5", [sent = 0](ByteStream& s, ByteView) mutable {
    if (sent++ == 0)
      for (char octet : Bytes{5, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0}) s.write(Bytes(1, octet));
  });
  offer();
  Socks5Offer answer{std::string(a.description.attr("sid")), "", {}};
  answer.candidates.push_back({"x", "203.0.113.5", "ben@example.net/lab", 5000, 9, {}});
  ASSERT_TRUE(a.transport->on_remote_description(socks5_transport(answer, false)));
  a.transport->on_agreed();
  scheduler.advance(1s);
  EXPECT_EQ(a.said(), "candidate-used ");
}

TEST_F(Socks5Fixture, ReportOfAConnectionThatNeverWasFails) {  // covers S5B-15
  offer();
  answer();
  b.is_mute = true;
  agree();
  scheduler.advance(1ms);
  net.rule = [](auto&, auto&) { return FakeInternet::Fate::kRefused; };
  a.transport.reset();
  offer();
  Socks5Offer nothing{std::string(a.description.attr("sid")), "", {}};
  ASSERT_TRUE(a.transport->on_remote_description(socks5_transport(nothing, false)));
  a.transport->on_agreed();
  EXPECT_EQ(a.tell(CandidateUsed{a.offered().at(0).cid}), "");
  scheduler.advance(1s);
  ASSERT_TRUE(a.failure);
  EXPECT_NE(a.failure->text.find("does not have"), std::string::npos);
}

TEST_F(Socks5Fixture, ProxyThatHangsUpBeforeItIsActivatedIsAProxyError) {  // covers S5B-18
  OddServer proxy(net, "203.0.113.5", [said = Bytes()](ByteStream& s, ByteView octets) mutable {
    said += octets;
    if (said.size() == 3) s.write(Bytes{5, 0});
    if (said.size() > 40) s.write(Bytes{5, 0, 0, 1, 0, 0, 0, 0, 0, 0}), s.close();
  });
  offer();
  Socks5Offer answer{std::string(a.description.attr("sid")), "", {}};
  answer.candidates.push_back({"x", "203.0.113.5", "p", 5000, 9, CandidateType::kProxy});
  ASSERT_TRUE(a.transport->on_remote_description(socks5_transport(answer, false)));
  a.transport->on_agreed();
  scheduler.advance(100ms);
  EXPECT_EQ(a.tell(CandidateError{}), "");
  scheduler.advance(1s);
  EXPECT_EQ(a.said(), "candidate-used proxy-error ");
  EXPECT_TRUE(a.failure);
}

TEST_F(Socks5Fixture, NoStringOfInfosBreaksIt) {
  std::vector<Socks5Info> infos = {CandidateUsed{"x"}, CandidateError{}, Activated{"x"},
                                   Activated{""},      ProxyError{},     Candidates{}};
  for (std::size_t round = 0; round < 6 * 6 * 6; ++round) {
    a.failure.reset();
    a.stream.reset();
    b.failure.reset();
    b.stream.reset();
    offer();
    std::size_t at = round;
    infos[0] = CandidateUsed{a.offered().at(0).cid};
    for (int i = 0; i < 3; ++i, at /= 6)
      if (a.transport) a.tell(infos[at % 6]);
    answer();
    agree();
    scheduler.advance(25s);
    EXPECT_TRUE(a.failure || a.stream) << round;
  }
}

}  // namespace
}  // namespace balcony
