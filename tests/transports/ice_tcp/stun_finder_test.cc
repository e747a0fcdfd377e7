// SPDX-License-Identifier: MIT
// What a server tells of STUN servers (XEP-0215).
#include "transports/ice_tcp/stun_finder.h"

#include <gtest/gtest.h>

#include "jingle/base/ns.h"
#include "jingle/base/xml_parser.h"
#include "tests/support/scripted_port.h"

namespace balcony {
namespace {

class StunFinderTest : public testing::Test {
 protected:
  // As host:port, or nothing.
  std::string found(const std::string& services) {
    port.answer_to = [&](const Element& iq) {
      return result_of(iq).add(
          *parse_stanza("<services xmlns='urn:xmpp:extdisco:2'>" + services + "</services>"));
    };
    finder.search("example.org");
    scheduler.advance(1s);
    auto server = finder.found();
    return server ? server->host + ":" + std::to_string(server->port) : "";
  }

  FakeEnv env;
  FakeScheduler scheduler{env};
  ScriptedPort port{scheduler, env};
  StunFinder finder{port};
};

TEST_F(StunFinderTest, AsksTheServerOnce) {  // covers ICE-11
  EXPECT_EQ(found("<service type='stun' host='stun.example.org' port='9999' transport='udp'/>"),
            "stun.example.org:9999");
  ASSERT_EQ(port.asked.size(), 1U);
  EXPECT_EQ(port.asked[0].attr("to"), "example.org");
  EXPECT_EQ(to_xml(*port.asked[0].first_child()),
            "<services xmlns='urn:xmpp:extdisco:2' type='stun'/>");
}

TEST_F(StunFinderTest, TakesTheFirstThatCanBeUsed) {
  EXPECT_EQ(found("<service type='turn' host='a'/>"
                  "<service type='stun' host='b' transport='tcp'/>"
                  "<service type='stun' host='c' port='0'/><service type='stun' host='d' port='x'/>"
                  "<service type='stun' host='' port='1'/><service type='stun' port='1'/>"
                  "<service type='stun' host='e' action='delete'/>"
                  "<service xmlns='urn:other' type='stun' host='f'/>"
                  "<service type='stun' host='2001:db8::1'/><service type='stun' host='g'/>"),
            "2001:db8::1:3478");
}

TEST(BestForStun, IsOfIpv4IfThereIsOne) {
  IpAddress six = *IpAddress::parse("2001:db8::1"), four = *IpAddress::parse("192.0.2.1");
  EXPECT_EQ(best_for_stun({six, four}), four);
  EXPECT_EQ(best_for_stun({six}), six);
}

TEST_F(StunFinderTest, KnowsNoneWhereTheServerTellsOfNone) {
  EXPECT_EQ(found("<service type='stun' host='a'/>"), "a:3478");
  EXPECT_EQ(found(""), "");  // a new login
  port.answer_to = [](const Element&) { return std::nullopt; };
  finder.search("example.net");
  scheduler.advance(1s);
  EXPECT_FALSE(finder.found());
}

}  // namespace
}  // namespace balcony
