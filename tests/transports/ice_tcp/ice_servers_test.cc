// SPDX-License-Identifier: MIT
// What a server tells of STUN and TURN servers (XEP-0215), and what settings say of them.
#include "transports/ice_tcp/ice_servers.h"

#include <gtest/gtest.h>

#include "jingle/base/ns.h"
#include "jingle/base/xml_parser.h"
#include "tests/support/scripted_port.h"

namespace balcony {
namespace {

std::string text_of(const HostAndPort& at) { return at.host + ":" + std::to_string(at.port); }

class IceServersTest : public testing::Test {
 protected:
  void tell(const std::string& services, bool with_turn) {
    port.answer_to = [services](const Element& iq) {
      return result_of(iq).add(
          *parse_stanza("<services xmlns='urn:xmpp:extdisco:2'>" + services + "</services>"));
    };
    servers.search("example.org", with_turn);
    scheduler.advance(1s);
  }
  // As host:port, or nothing.
  std::string stun(const std::string& services) {
    tell(services, false);
    return servers.stun() ? text_of(*servers.stun()) : "";
  }
  // As name:password@host:port, or nothing.
  std::string turn(const std::string& services) {
    tell(services, true);
    auto found = servers.turn();
    return found ? found->username + ":" + found->password.reveal() + "@" + text_of(found->at) : "";
  }

  FakeEnv env;
  FakeScheduler scheduler{env};
  ScriptedPort port{scheduler, env};
  IceServers servers{port, scheduler, env};
};

TEST_F(IceServersTest, AsksTheServerOnce) {  // covers ICE-11
  EXPECT_EQ(stun("<service type='stun' host='stun.example.org' port='9999' transport='udp'/>"),
            "stun.example.org:9999");
  ASSERT_EQ(port.asked.size(), 1U);
  EXPECT_EQ(port.asked[0].attr("to"), "example.org");
  EXPECT_EQ(to_xml(*port.asked[0].first_child()),
            "<services xmlns='urn:xmpp:extdisco:2' type='stun'/>");
}

TEST_F(IceServersTest, TakesTheFirstThatCanBeUsed) {
  EXPECT_EQ(stun("<service type='turn' host='a'/>"
                 "<service type='stun' host='b' transport='tcp'/>"
                 "<service type='stun' host='c' port='0'/><service type='stun' host='d' port='x'/>"
                 "<service type='stun' host='' port='1'/><service type='stun' port='1'/>"
                 "<service type='stun' host='e' action='delete'/>"
                 "<service xmlns='urn:other' type='stun' host='f'/>"
                 "<service type='stun' host='2001:db8::1'/><service type='stun' host='g'/>"),
            "2001:db8::1:3478");
}

TEST_F(IceServersTest, AsksForRelaysOnlyIfTheyAreOfUse) {
  const char* both =
      "<service type='stun' host='a'/>"
      "<service type='turn' host='b' port='4000' username='u' password='p'/>";
  EXPECT_EQ(turn(both), "u:p@b:4000");
  EXPECT_EQ(to_xml(*port.asked[0].first_child()), "<services xmlns='urn:xmpp:extdisco:2'/>");
  EXPECT_EQ(text_of(*servers.stun()), "a:3478");
  EXPECT_EQ(stun(both), "a:3478");
  EXPECT_FALSE(servers.turn());
}

TEST_F(IceServersTest, TakesARelayThatKnowsUsAndSpeaksUdp) {
  EXPECT_EQ(turn("<service type='turn' host='a' username='u'/>"
                 "<service type='turn' host='b' password='p'/>"
                 "<service type='turn' host='c' username='u' password='p' transport='tcp'/>"
                 "<service type='turn' host='d' username='u:1' password='p@2' transport='udp'/>"),
            "u:1:p@2@d:3478");
}

TEST_F(IceServersTest, AsksAgainBeforeARelayForgetsUs) {
  env.set_unix_start(1'700'000'000 - 1000);  // now: 2023-11-14T22:13:20Z
  auto relay = [](const std::string& expires) {
    return "<service type='turn' host='a' username='u' password='p' expires='" + expires + "'/>";
  };
  for (const char* in_an_hour :
       {"2023-11-14T23:13:20Z", "2023-11-15T00:13:20.123+01:00", "2023-11-14T22:43:20-00:30"}) {
    env.set_unix_start(1'700'000'000 - env.now().time_since_epoch() / 1s);
    turn(relay(in_an_hour));
    std::size_t asked = port.asked.size();
    scheduler.advance(29min);
    EXPECT_EQ(port.asked.size(), asked) << in_an_hour;
    scheduler.advance(2min);
    EXPECT_EQ(port.asked.size(), asked + 1) << in_an_hour;
    EXPECT_TRUE(servers.turn());
  }
  for (const char* odd : {"soon", "", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
                          "2023-02-30T00:00:00Z", "2023-11-14T22:43:20", "2023-11-14T22:43:20+1"}) {
    turn(relay(odd));
    EXPECT_TRUE(servers.turn()) << odd;
  }
  servers.search("example.org", false);  // relays are of no use any more
  scheduler.advance(1s);
  std::size_t before = port.asked.size();
  scheduler.advance(24h);
  EXPECT_EQ(port.asked.size(), before);
}

TEST_F(IceServersTest, AsksOnUntilTheServerAnswers) {
  env.set_unix_start(1'700'000'000 - 1000);  // now: 2023-11-14T22:13:20Z
  turn("<service type='turn' host='a' username='u' password='p' expires='2023-11-14T22:23:20Z'/>");
  auto answer = std::exchange(port.answer_to, nullptr);
  port.otherwise = {Blame::kEnvironment, "timeout", ""};
  scheduler.advance(10min);
  EXPECT_EQ(port.asked.size(), 7U);  // after five minutes, and each minute since
  EXPECT_TRUE(servers.turn());
  port.answer_to = answer;
  scheduler.advance(1min);
  EXPECT_EQ(port.asked.size(), 8U);
  servers.stop();
  scheduler.advance(24h);
  EXPECT_EQ(port.asked.size(), 8U);
}

TEST_F(IceServersTest, ForgetsARelayThatTheServerHasNoMore) {
  env.set_unix_start(1'700'000'000 - 1000);  // now: 2023-11-14T22:13:20Z
  turn("<service type='turn' host='a' username='u' password='p' expires='2023-11-14T22:23:20Z'/>");
  port.answer_to = nullptr;
  scheduler.advance(10min);
  EXPECT_FALSE(servers.turn());
  scheduler.advance(24h);
  EXPECT_EQ(port.asked.size(), 2U);
}

TEST_F(IceServersTest, DoesNotAskAgainWhereItGotNoAnswerAtAll) {
  port.otherwise = {Blame::kEnvironment, "timeout", ""};
  servers.search("example.org", true);
  scheduler.advance(24h);
  EXPECT_EQ(port.asked.size(), 1U);
}

TEST_F(IceServersTest, KnowsNoneWhereTheServerTellsOfNone) {
  EXPECT_EQ(stun("<service type='stun' host='a'/>"), "a:3478");
  EXPECT_EQ(stun(""), "");  // a new login
  port.answer_to = [](const Element&) { return std::nullopt; };
  servers.search("example.net", true);
  scheduler.advance(1s);
  EXPECT_FALSE(servers.stun() || servers.turn());
}

TEST(BestToAsk, IsOfIpv4IfThereIsOne) {
  IpAddress six = *IpAddress::parse("2001:db8::1"), four = *IpAddress::parse("192.0.2.1");
  EXPECT_EQ(best_to_ask({six, four}), four);
  EXPECT_EQ(best_to_ask({six}), six);
}

TEST(RelaysInSettings, AreReadWithAndWithoutAPort) {
  auto relay = read_turn_server("ada:p:a@ss@turn.example.org:9");
  ASSERT_TRUE(relay);
  EXPECT_EQ(relay->username, "ada");
  EXPECT_EQ(relay->password.reveal(), "p:a@ss");
  EXPECT_EQ(text_of(relay->at), "turn.example.org:9");
  EXPECT_EQ(text_of(read_turn_server("ada:p@[2001:db8::1]")->at), "2001:db8::1:3478");
  for (const char* wrong :
       {"", "turn.example.org", "ada@turn.example.org", ":p@h", "ada:@h", "a:p@", "a:p@h:x"})
    EXPECT_FALSE(read_turn_server(wrong)) << wrong;
}

}  // namespace
}  // namespace balcony
