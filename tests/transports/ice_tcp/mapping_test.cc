// SPDX-License-Identifier: MIT
// The ICE <transport/> as types: read, printed, skipped and refused.
#include "transports/ice_tcp/mapping.h"

#include <gtest/gtest.h>

#include "jingle/base/xml_parser.h"

namespace balcony {
namespace {

constexpr std::size_t kLimit = 16;
const IceCredentials kCredentials{"8hhy", "asd88fgpdd777uzjYhagZg"};

Element transport(const std::string& attributes, const std::string& children = {}) {
  auto element = parse_stanza("<transport xmlns='urn:xmpp:jingle:transports:ice:0' " + attributes +
                                  ">" + children + "</transport>",
                              {.element = 1 << 20});
  EXPECT_TRUE(element) << children;
  return element ? *element : Element();
}

const std::string kNamed = "ufrag='8hhy' pwd='asd88fgpdd777uzjYhagZg'";

// A good passive candidate, but for what `change` says of its attributes.
std::string candidate(std::initializer_list<std::pair<const char*, const char*>> change = {}) {
  Element element("candidate", "");
  element.set_attr("component", "1").set_attr("foundation", "1").set_attr("generation", "0");
  element.set_attr("id", "c1").set_attr("ip", "192.0.2.10").set_attr("network", "0");
  element.set_attr("port", "40121").set_attr("priority", "2124414975");
  element.set_attr("protocol", "tcp").set_attr("tcptype", "passive").set_attr("type", "host");
  for (auto [name, value] : change)
    value ? (void)element.set_attr(name, value) : element.remove_attr(name);
  return to_xml(element);
}

std::vector<IceCandidate> read(const std::string& children) {
  auto word = read_ice_transport(transport(kNamed, children), kLimit);
  EXPECT_TRUE(word) << children;
  return word ? word->candidates : std::vector<IceCandidate>();
}

std::string fault(const Element& element) {
  auto word = read_ice_transport(element, kLimit);
  return word ? "none" : word.error().condition;
}

Endpoint at(const char* ip, std::uint16_t port) { return {*IpAddress::parse(ip), port}; }

TEST(IceTransport, IsReadAsItIsPrinted) {  // covers ICE-02, ICE-03, ICE-07
  IceWord word;
  word.credentials = kCredentials;
  word.candidates = {{"a1", "1", at("192.0.2.10", 0), 2128609279, {}, TcpType::kActive, 0, {}},
                     {"a2", "2", at("2001:db8::1", 40121), 2124414975, {}, {}, 0, {}},
                     {"a3", "3", at("203.0.113.5", 40122), 1688207359, IceType::kServerReflexive,
                      TcpType::kPassive, 1, at("192.0.2.10", 40122)}};
  word.candidates[1].tcp = TcpType::kPassive;
  word.gathering_complete = true;
  Element printed = ice_transport(word, true);
  EXPECT_EQ(to_xml(printed),
            "<transport xmlns='urn:xmpp:jingle:transports:ice:0' ice2='true' "
            "pwd='asd88fgpdd777uzjYhagZg' ufrag='8hhy'>"
            "<candidate component='1' foundation='1' generation='0' id='a1' ip='192.0.2.10' "
            "network='0' port='9' priority='2128609279' protocol='tcp' tcptype='active' "
            "type='host'/>"
            "<candidate component='1' foundation='2' generation='0' id='a2' ip='2001:db8::1' "
            "network='0' port='40121' priority='2124414975' protocol='tcp' tcptype='passive' "
            "type='host'/>"
            "<candidate component='1' foundation='3' generation='1' id='a3' ip='203.0.113.5' "
            "network='0' port='40122' priority='1688207359' protocol='tcp' rel-addr='192.0.2.10' "
            "rel-port='40122' tcptype='passive' type='srflx'/><gathering-complete/></transport>");
  auto read_back = read_ice_transport(printed, kLimit);
  ASSERT_TRUE(read_back);
  EXPECT_EQ(read_back->credentials, word.credentials);
  EXPECT_EQ(read_back->candidates, word.candidates);
  EXPECT_TRUE(read_back->gathering_complete);
}

// As XEP-0371 prints its examples, with candidates for TCP among those for UDP.
TEST(IceTransport, IsReadFromTheSpecificationsExample) {  // covers ICE-02, ICE-03
  auto found = read(
      "<candidate component='1' foundation='1' generation='0' id='el0747fg11' ip='10.0.1.1' "
      "network='1' port='8998' priority='2130706431' protocol='udp' type='host'/>"
      "<candidate component='1' foundation='2' generation='0' id='y3s2b30v3r' ip='192.0.2.3' "
      "network='1' port='45664' priority='1694498815' protocol='tcp' rel-addr='10.0.1.1' "
      "rel-port='8998' tcptype='passive' type='srflx'/>"
      "<remote-candidate component='1' ip='10.0.1.2' port='9001'/>");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].id, "y3s2b30v3r");
  EXPECT_EQ(found[0].related, at("10.0.1.1", 8998));
}

TEST(IceTransport, MayTrickleNothingButItsEnd) {  // covers ICE-07
  Element end = ice_transport({kCredentials, {}, true, false}, false);
  EXPECT_FALSE(end.has_attr("ice2"));
  auto word = read_ice_transport(end, kLimit);
  ASSERT_TRUE(word);
  EXPECT_TRUE(word->gathering_complete);
  EXPECT_FALSE(word->has_candidates);
}

TEST(IceTransport, NeedsItsCredentials) {  // covers ICE-02
  EXPECT_EQ(fault(transport("", candidate())), "bad-request");
  EXPECT_EQ(fault(transport("ufrag='8hhy'")), "bad-request");
  EXPECT_EQ(fault(transport("ufrag='8hh' pwd='asd88fgpdd777uzjYhagZg'")), "bad-request");
  EXPECT_EQ(fault(transport("ufrag='8hhy' pwd='asd88fgpdd777uzjYhagZ'")), "bad-request");
  EXPECT_EQ(fault(transport("ufrag='8h:y' pwd='asd88fgpdd777uzjYhagZg'")), "bad-request");
  EXPECT_EQ(fault(transport("ufrag='" + std::string(257, 'u') + "' pwd='asd88fgpdd777uzjYhagZg'")),
            "bad-request");
  EXPECT_EQ(fault(Element("transport", "urn:xmpp:jingle:transports:ice-udp:1")), "bad-request");
  EXPECT_EQ(fault(transport("", "<gathering-complete/>")), "none");
  EXPECT_EQ(fault(transport(kNamed, candidate())), "none");
}

class SkippedIceCandidate : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(SkippedIceCandidate, LeavesTheOthers) {  // covers ICE-03
  auto found = read(candidate({GetParam()}) + candidate({{"id", "good"}, {"port", "5000"}}));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].id, "good");
}

INSTANTIATE_TEST_SUITE_P(
    , SkippedIceCandidate,
    testing::Values(std::pair("tcptype", nullptr), std::pair("tcptype", "Passive"),
                    std::pair("protocol", "udp"), std::pair("protocol", nullptr),
                    std::pair("component", "2"), std::pair("component", nullptr),
                    std::pair("priority", "0"), std::pair("priority", "2147483648"),
                    std::pair("priority", "-1"), std::pair("priority", "12a"),
                    std::pair("priority", nullptr), std::pair("foundation", ""),
                    std::pair("foundation", "a b"),
                    std::pair("foundation", "123456789012345678901234567890123"),
                    std::pair("ip", "example.org"), std::pair("ip", "192.0.2.010"),
                    std::pair("ip", "fe80::1%eth0"), std::pair("ip", ""), std::pair("port", "0"),
                    std::pair("port", "65536"), std::pair("port", nullptr),
                    std::pair("type", "tunnel"), std::pair("type", nullptr),
                    std::pair("generation", "256")));

TEST(IceCandidate, NeedsNeitherIdNorGenerationNorNetwork) {  // covers ICE-03
  auto found = read(candidate({{"id", nullptr}, {"generation", nullptr}, {"network", nullptr}}));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].generation, 0U);
}

TEST(IceCandidate, MayCallAnActivePortNineOrZero) {  // covers ICE-03
  for (const char* port : {"9", "0"}) {
    auto found = read(candidate({{"tcptype", "active"}, {"port", port}}));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].at, at("192.0.2.10", 0));
  }
}

TEST(IceCandidate, CountsOnceHoweverOftenItIsSaid) {
  EXPECT_EQ(read(candidate() + candidate() + candidate({{"id", "c2"}})).size(), 1U);
}

TEST(IceCandidates, AreReadToTheLimitWhenThereAreAThousand) {  // covers C-15
  std::string many;
  for (int port = 2000; port < 3000; ++port)
    many += candidate({{"port", std::to_string(port).c_str()}});
  EXPECT_EQ(read(many).size(), kLimit);
}

IceCandidate aimed(const char* ip, std::uint16_t port, TcpType tcp, IceType type = {}) {
  IceCandidate candidate;
  candidate.at = at(ip, port);
  candidate.tcp = tcp;
  candidate.type = type;
  return candidate;
}

TEST(IceCandidate, IsTriedOnlyAtTargetsThatMayBeConnectedTo) {  // covers S5B-21, ICE-16
  AddressPolicy policy;
  EXPECT_TRUE(may_try(policy, aimed("192.168.1.7", 40121, TcpType::kPassive)));
  EXPECT_TRUE(may_try(policy, aimed("2001:db8::1", 40121, TcpType::kPassive)));
  EXPECT_TRUE(may_try(policy, aimed("192.0.2.10", 443, TcpType::kPassive, IceType::kRelayed)));
  EXPECT_TRUE(may_try(policy, aimed("192.0.2.10", 0, TcpType::kActive)));
  for (const char* forbidden : {"127.0.0.1", "::1", "169.254.169.254", "fe80::1", "0.0.0.0",
                                "224.0.0.1", "255.255.255.255", "fd00:ec2::254"}) {
    EXPECT_FALSE(may_try(policy, aimed(forbidden, 40121, TcpType::kPassive))) << forbidden;
    EXPECT_FALSE(may_try(policy, aimed(forbidden, 0, TcpType::kActive))) << forbidden;
  }
  EXPECT_FALSE(may_try(policy, aimed("192.0.2.10", 22, TcpType::kPassive)));
  EXPECT_FALSE(may_try(policy, aimed("192.0.2.10", 40121, TcpType::kSimultaneousOpen)));
  policy.loopback = true;
  EXPECT_TRUE(may_try(policy, aimed("127.0.0.1", 40121, TcpType::kPassive)));
}

}  // namespace
}  // namespace balcony
