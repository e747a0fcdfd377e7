// SPDX-License-Identifier: MIT
// The doors before the ICE library: who gets in, what is passed on, and what waits for whoever
// takes the connection over.
#include "transports/ice_tcp/front_door.h"

#include <gtest/gtest.h>

#include <list>

#include "tests/support/fake_network.h"
#include "tests/support/recorder.h"
#include "tests/transports/ice_tcp/stun_check.h"
#include "transports/filters/rfc4571.h"
#include "transports/ice_tcp/stun_answer.h"

namespace balcony {
namespace {

using rfc4571::framed;

class FrontDoorTest : public testing::Test {
 protected:
  struct End {
    explicit End(Connection made, const Endpoint& source = {IpAddress::from_v4({}), 0})
        : connection(std::move(made)), from(source) {
      connection.stream->set_listener(&heard);
    }
    void say(const Bytes& octets) { ASSERT_EQ(connection.stream->write(octets), octets.size()); }
    Connection connection;
    Endpoint from;
    Recorder heard;
  };

  FrontDoorTest() {
    door.set_credentials(kOurs);
    door.let_in();
    auto accepted = [this](Connection made, const Endpoint& from) {
      library.emplace_back(std::move(made), from);
    };
    listening = std::move(*home.listen({*IpAddress::parse("192.0.2.1"), 0}, accepted));
    at = *door.open(listening->local());
  }

  // Somebody comes to the door.
  End& come(const char* from = "198.51.100.9") {
    pending.push_back(net.add({from}).connect(at, env.now() + 5s, [this](Result<Connection> made) {
      ASSERT_TRUE(made);
      visitors.emplace_back(std::move(*made));
    }));
    std::size_t count = visitors.size();
    run();
    EXPECT_EQ(visitors.size(), count + 1);
    return visitors.back();
  }
  // The peer comes and makes itself known.
  End& invite() {
    End& peer = come();
    peer.say(framed(check(stun)));
    run();
    EXPECT_EQ(library.size(), 1U);
    return peer;
  }
  Endpoint guest() const { return library.back().from; }
  // The library answers each check that it has heard, anew.
  void answer_all() {
    End& end = library.back();
    for (ByteView rest = end.heard.received; rest.size() > 2;) {
      std::size_t size = rfc4571::number_at(rest, 0);
      end.say(framed(StunAnswer(kOurs, end.from, false)(rest.substr(2, size))));
      rest.remove_prefix(2 + size);
    }
    run();
  }
  void run() {
    for (int i = 0; i < 20; ++i) {
      env.advance(1ms);
      scheduler.run_due();
    }
  }
  void wait(Duration time) {
    env.advance(time);
    run();
  }

  FakeEnv env;
  FakeScheduler scheduler{env};
  FakeInternet net{scheduler, env};
  FakeInternet::Machine& home = net.add({"192.0.2.1"});
  Strangers strangers{{}};
  int news = 0;
  FrontDoor door{false, home, strangers, scheduler, env, [this] { ++news; }};
  std::list<End> library;  // its connections
  std::unique_ptr<Network::Listening> listening;
  Endpoint at{IpAddress::from_v4({}), 0};
  std::list<End> visitors;
  std::vector<std::unique_ptr<Network::Pending>> pending;
  StunAgent stun = stun_agent();
};

TEST_F(FrontDoorTest, IsTheSameForTheSamePort) {
  EXPECT_EQ(door.open(listening->local()), at);
  EXPECT_NE(at, listening->local());
}

TEST_F(FrontDoorTest, PassesChecksOnBothWays) {
  End& peer = invite();
  Bytes second = framed(check(stun));
  peer.say(second.substr(0, 9));
  run();
  peer.say(second.substr(9));
  library.back().say(framed("what the library says"));
  run();
  EXPECT_EQ(library.back().heard.received.substr(library.back().heard.received.size() / 2), second);
  EXPECT_EQ(peer.heard.received, framed("what the library says"));
  EXPECT_FALSE(door.has_spoken(guest()));
}

TEST_F(FrontDoorTest, PutsTheAnswersRightThatNameItselfInPlaceOfTheGuest) {
  End& peer = invite();
  Bytes asked = library.back().heard.received.substr(2);
  Endpoint ours = guest();
  Bytes wrong = framed(StunAnswer(kOurs, ours, false)(asked));
  for (char octet : wrong) library.back().say(Bytes(1, octet));
  run();
  Endpoint real{*IpAddress::parse("198.51.100.9"), 0};
  EXPECT_NE(peer.heard.received, wrong);
  EXPECT_EQ(mapped_address(stun, peer.heard.received.substr(2)).ip, real.ip);
  Bytes other = wrong;
  other[21] ^= 1;  // of a check that nobody made
  library.back().say(other);
  run();
  EXPECT_TRUE(peer.heard.received.ends_with(other));
}

// For the stream that takes over: what the peer says comes first, frame by frame.
TEST_F(FrontDoorTest, KeepsWhatIsNoCheckInOrderForWhoeverTakesOver) {  // covers ICE-08
  End& peer = invite();
  answer_all();
  std::size_t passed = library.back().heard.received.size();
  Bytes late = framed(check(stun)), words = framed("the first words") + framed("");
  peer.say(framed("the first words") + late + framed("") + "\1");
  run();
  EXPECT_TRUE(door.has_spoken(guest()));
  EXPECT_GT(news, 0);
  EXPECT_EQ(library.back().heard.received.substr(passed), late);  // the library waits for it
  answer_all();
  peer.heard.received.clear();
  Endpoint known = guest();
  ASSERT_TRUE(door.await(known));
  EXPECT_FALSE(door.is_settled(known));
  library.back().say(framed("its last words"));
  library.back().connection.stream->close();
  run();
  EXPECT_TRUE(door.is_settled(known));
  EXPECT_EQ(peer.heard.received, framed("its last words"));
  auto taken = door.take(known);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->from.ip.text(), "198.51.100.9");
  Recorder heard;
  taken->connection.stream->set_listener(&heard);
  peer.say("\1and more");
  run();
  EXPECT_EQ(heard.received, words + "\1\1and more");
  EXPECT_FALSE(door.await(known));
  taken->connection.stream->set_listener(nullptr);
}

TEST_F(FrontDoorTest, LeavesChecksThatTheLibraryDidNotAnswerToWhoeverTakesOver) {
  End& peer = invite();
  answer_all();
  Bytes last = framed(check(stun)), late = framed(check(stun)), later = framed(check(stun));
  peer.say(framed("words") + last);
  run();
  Endpoint known = guest();
  ASSERT_TRUE(door.await(known));
  std::size_t passed = library.back().heard.received.size();
  peer.say(late);
  run();
  library.back().connection.stream->close();
  run();
  peer.say(later);
  run();
  EXPECT_EQ(library.back().heard.received.size(), passed);
  EXPECT_EQ(peer.heard.closes, 0);
  auto taken = door.take(known);
  ASSERT_TRUE(taken);
  Recorder heard;
  taken->connection.stream->set_listener(&heard);
  run();
  EXPECT_EQ(heard.received, last + framed("words") + late + later);
  taken->connection.stream->set_listener(nullptr);
}

TEST_F(FrontDoorTest, ShowsOutWhoCameBeforeARestart) {  // covers ICE-13
  End& peer = invite();
  peer.say(framed("words of before"));
  run();
  door.set_credentials({"anew", kOurs.pwd});
  run();
  EXPECT_EQ(peer.heard.closes, 1);
  EXPECT_FALSE(door.has_spoken(guest()));
  EXPECT_FALSE(door.await(guest()));
}

TEST_F(FrontDoorTest, TakesNoLargerChecksThanThereAre) {
  End& peer = invite();
  Bytes large("\0\1\x03\xed\x21\x12\xa4\x42", 8);
  peer.say(framed(large + Bytes(20 + 1005 - 8, 'x')));
  run();
  EXPECT_EQ(peer.heard.closes, 1);
}

TEST_F(FrontDoorTest, ReadsNoMoreThanItCanKeep) {
  End& peer = invite();
  peer.say(framed("words"));
  run();
  Bytes flood(3'000'000, 'x');
  std::size_t taken = 0;
  for (int i = 0; i < 100; ++i) {
    taken += peer.connection.stream->write(ByteView(flood).substr(taken));
    run();
  }
  EXPECT_LT(taken, flood.size());
}

TEST_F(FrontDoorTest, LetsTheLibraryGoForAGuestThatIsNotAwaited) {
  End& peer = invite();
  library.back().connection.stream->close();
  run();
  EXPECT_EQ(peer.heard.closes, 1);
}

TEST_F(FrontDoorTest, TellsTheLibraryThatAGuestIsGone) {
  End& peer = invite();
  Endpoint known = guest();
  peer.connection.stream->close();
  run();
  EXPECT_EQ(library.back().heard.closes, 1);
  EXPECT_FALSE(door.await(known));
  EXPECT_FALSE(door.take(known));
}

TEST_F(FrontDoorTest, ShowsGuestsOutIfTheLibraryDoesNotListen) {
  listening.reset();
  End& peer = come();
  peer.say(framed(check(stun)));
  run();
  EXPECT_EQ(peer.heard.closes, 1);
}

TEST_F(FrontDoorTest, AsksForTheNewPasswordAfterARestart) {  // covers ICE-13
  door.set_credentials({"anew", kOurs.pwd});
  End& peer = come();
  peer.say(framed(check(stun, "ours:them")));
  run();
  EXPECT_EQ(peer.heard.closes, 1);
  End& other = come();
  other.say(framed(check(stun, "anew:them")));
  run();
  EXPECT_EQ(other.heard.closes, 0);
}

TEST_F(FrontDoorTest, LetsNobodyInBeforeTheLibraryKnowsThePeer) {  // covers ICE-07
  FrontDoor closed(false, home, strangers, scheduler, env, [] {});
  closed.set_credentials(kOurs);
  at = *closed.open(listening->local());
  End& peer = come();
  peer.say(framed(check(stun)));
  run();
  EXPECT_TRUE(library.empty());
  closed.let_in();
  run();
  ASSERT_EQ(library.size(), 1U);
  EXPECT_FALSE(library.back().heard.received.empty());
}

TEST_F(FrontDoorTest, HasRoomForNoMoreGuestsThanAPeerHasCandidates) {  // covers C-15
  for (int i = 0; i < 20; ++i) {
    End& guest = come();
    guest.say(framed(check(stun)));
    run();
    EXPECT_EQ(guest.heard.closes, i < 16 ? 0 : 1) << i;
  }
  EXPECT_EQ(library.size(), 16U);
}

// ---- strangers ----

class NotAtHomeTo : public FrontDoorTest, public testing::WithParamInterface<Bytes> {};

TEST_P(NotAtHomeTo, AStrangerWhoSays) {
  End& stranger = come();
  stranger.say(GetParam());
  run();
  EXPECT_EQ(stranger.heard.closes, 1);
  EXPECT_EQ(stranger.heard.received, "");
  EXPECT_TRUE(library.empty());
  EXPECT_EQ(strangers.size(), 0U);
}

Bytes wrong_check(const std::string& username, const std::string& password) {
  StunAgent stranger = stun_agent();
  return framed(check(stranger, username, password));
}

INSTANTIATE_TEST_SUITE_P(, NotAtHomeTo,
                         testing::Values(Bytes("\xff\xff", 2), Bytes("\0\0", 2),
                                         Bytes("\0\x05hello", 7), Bytes(100'000, 'x'),
                                         Bytes("\x04\x01", 2),
                                         wrong_check("ours:them", "a-password-of-a-stranger"),
                                         wrong_check("else:them", kOurs.pwd),
                                         Bytes("\x00\x14\x00\x01\x00\x00\x21\x12\xa4\x42", 10) +
                                             Bytes(12, 'x')));

TEST_F(FrontDoorTest, WaitsFiveSecondsForAStrangerAndNoLonger) {
  End& silent = come();
  End& halting = come();
  halting.say(framed(check(stun)).substr(0, 30));
  wait(4s);
  EXPECT_EQ(silent.heard.closes + halting.heard.closes, 0);
  wait(1s);
  EXPECT_EQ(silent.heard.closes + halting.heard.closes, 2);
  EXPECT_TRUE(library.empty());
}

TEST_F(FrontDoorTest, HoldsItForThePeerHoweverManyStrangersCome) {  // covers C-17
  for (int i = 0; i < 40; ++i) come(("203.0.113." + std::to_string(i)).c_str());
  EXPECT_LE(strangers.size(), 16U);
  invite();
  EXPECT_EQ(library.back().heard.closes, 0);
}

}  // namespace
}  // namespace balcony
