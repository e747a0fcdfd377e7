// SPDX-License-Identifier: MIT
// Addresses as text, their kinds, and what may be connected to or shown.
#include "transports/net/ip_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "transports/net/address_policy.h"

namespace balcony {
namespace {

using Kind = IpAddress::Kind;
using testing::ElementsAre;
using testing::IsEmpty;

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

TEST(IpAddress, ReadsAndPrintsLiterals) {
  const std::pair<const char*, const char*> table[] = {
      {"192.0.2.1", "192.0.2.1"},
      {"0.0.0.0", "0.0.0.0"},
      {"2001:db8:0:0::1", "2001:db8::1"},
      {"2001:DB8::A", "2001:db8::a"},
      {"::", "::"},
      {"::1", "::1"},
      {"::ffff:192.0.2.1", "192.0.2.1"},
      {"::ffff:7f00:1", "127.0.0.1"},
      {"64:ff9b::1.2.3.4", "64:ff9b::102:304"},
  };
  for (auto [text, printed] : table) EXPECT_EQ(ip(text).text(), printed);
}

TEST(IpAddress, ReadsNothingElse) {
  for (std::string_view text : {"",
                                " ",
                                "localhost",
                                "example.org",
                                "1",
                                "1.2.3",
                                "1.2.3.4.5",
                                "256.1.1.1",
                                "01.2.3.4",
                                "0x7f.0.0.1",
                                "2130706433",
                                "1.2.3.4 ",
                                " 1.2.3.4",
                                "1.2.3.4:80",
                                "[::1]",
                                "::1%lo",
                                "fe80::1%eth0",
                                ":::",
                                "1::2::3",
                                "12345::",
                                "::1/64",
                                "::ffff:1.2.3"})
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  EXPECT_FALSE(IpAddress::parse(std::string_view("1.2.3.4\0x", 9)));
}

TEST(IpAddress, PrintsPortsSoThatTheyCanBeTold) {
  EXPECT_EQ((Endpoint{ip("192.0.2.1"), 5222}.text()), "192.0.2.1:5222");
  EXPECT_EQ((Endpoint{ip("2001:db8::1"), 80}.text()), "[2001:db8::1]:80");
}

TEST(IpAddress, KnowsItsKind) {
  const std::pair<const char*, Kind> table[] = {
      {"0.0.0.0", Kind::kUnspecified},
      {"0.1.2.3", Kind::kUnspecified},
      {"::", Kind::kUnspecified},
      {"127.0.0.1", Kind::kLoopback},
      {"127.255.255.254", Kind::kLoopback},
      {"::1", Kind::kLoopback},
      {"::ffff:127.0.0.1", Kind::kLoopback},
      {"169.254.0.1", Kind::kLinkLocal},
      {"fe80::1", Kind::kLinkLocal},
      {"febf::1", Kind::kLinkLocal},
      {"224.0.0.1", Kind::kMulticast},
      {"239.255.255.255", Kind::kMulticast},
      {"ff02::1", Kind::kMulticast},
      {"255.255.255.255", Kind::kBroadcast},
      {"240.0.0.1", Kind::kReserved},
      {"255.255.255.254", Kind::kReserved},
      {"::2", Kind::kReserved},
      {"::7f00:1", Kind::kReserved},
      {"10.0.0.1", Kind::kPrivate},
      {"172.16.0.1", Kind::kPrivate},
      {"172.31.255.255", Kind::kPrivate},
      {"192.168.1.1", Kind::kPrivate},
      {"100.64.0.1", Kind::kPrivate},
      {"100.127.0.1", Kind::kPrivate},
      {"fc00::1", Kind::kUniqueLocal},
      {"fdff::1", Kind::kUniqueLocal},
      {"fec0::1", Kind::kUniqueLocal},
      {"172.15.0.1", Kind::kGlobal},
      {"172.32.0.1", Kind::kGlobal},
      {"100.128.0.1", Kind::kGlobal},
      {"192.0.2.1", Kind::kGlobal},
      {"2001:db8::1", Kind::kGlobal},
      {"64:ff9b::8.8.8.8", Kind::kGlobal},
      {"64:ff9b::127.0.0.1", Kind::kLoopback},
      {"64:ff9b::169.254.169.254", Kind::kLinkLocal},
      {"2002:7f00:1::", Kind::kLoopback},
      {"2002:c000:201::1", Kind::kGlobal},
  };
  for (auto [text, kind] : table) EXPECT_EQ(ip(text).kind(), kind) << text;
}

// covers S5B-21
TEST(AddressPolicy, ConnectsToUsableTargetsOnly) {
  AddressPolicy policy;
  for (const char* text : {"192.0.2.1", "10.0.0.1", "100.64.0.1", "2001:db8::1", "fd12::1"})
    EXPECT_TRUE(may_connect(policy, {ip(text), 1024}, Target::kPeer)) << text;
  for (const char* text : {"0.0.0.0",
                           "::",
                           "127.0.0.1",
                           "::1",
                           "::ffff:127.0.0.1",
                           "169.254.1.1",
                           "fe80::1",
                           "224.0.0.1",
                           "ff02::1",
                           "255.255.255.255",
                           "250.0.0.1",
                           "::127.0.0.1",
                           "169.254.169.254",
                           "fd00:ec2::254",
                           "fd20:ce::254",
                           "100.100.100.200",
                           "192.0.0.192",
                           "168.63.129.16",
                           "64:ff9b::100.100.100.200",
                           "64:ff9b::127.0.0.1"})
    for (Target target : {Target::kPeer, Target::kRelay})
      EXPECT_FALSE(may_connect(policy, {ip(text), 1080}, target)) << text;
}

// covers S5B-21
TEST(AddressPolicy, ConnectsToLowPortsOfRelaysOnly) {
  AddressPolicy policy;
  EXPECT_FALSE(may_connect(policy, {ip("192.0.2.1"), 1023}, Target::kPeer));
  EXPECT_TRUE(may_connect(policy, {ip("192.0.2.1"), 443}, Target::kRelay));
  EXPECT_FALSE(may_connect(policy, {ip("192.0.2.1"), 0}, Target::kRelay));
}

TEST(AddressPolicy, IsLiftedForTestsBySettings) {
  AddressPolicy policy{.loopback = true, .low_ports = true, .interfaces = {}};
  EXPECT_TRUE(may_connect(policy, {ip("127.0.0.1"), 22}, Target::kPeer));
  EXPECT_TRUE(may_connect(policy, {ip("::1"), 5000}, Target::kPeer));
  EXPECT_FALSE(may_connect(policy, {ip("169.254.169.254"), 5000}, Target::kPeer));
  EXPECT_FALSE(may_connect(policy, {ip("127.0.0.1"), 0}, Target::kPeer));
}

std::vector<std::string> shown(const AddressPolicy& policy) {
  std::vector<InterfaceAddress> own = {
      {"lo", ip("127.0.0.1")},     {"eth0", ip("192.168.1.7")},  {"wlan0", ip("198.51.100.7")},
      {"lo", ip("::1")},           {"eth0", ip("fd12::7")},      {"eth0", ip("fe80::7")},
      {"eth0", ip("2001:db8::7")}, {"wlan0", ip("192.168.1.7")}, {"tun0", ip("169.254.3.3")},
  };
  std::vector<std::string> texts;
  for (const IpAddress& address : addresses_to_show(policy, own)) texts.push_back(address.text());
  return texts;
}

TEST(AddressPolicy, ShowsUsableAddressesBestFirstAndOnce) {
  EXPECT_THAT(shown({}), ElementsAre("2001:db8::7", "192.168.1.7", "198.51.100.7", "fd12::7"));
}

TEST(AddressPolicy, ShowsLoopbackLastIfItMay) {
  EXPECT_THAT(
      shown({.loopback = true, .low_ports = false, .interfaces = {}}),
      ElementsAre("2001:db8::7", "192.168.1.7", "198.51.100.7", "fd12::7", "127.0.0.1", "::1"));
}

TEST(AddressPolicy, ShowsChosenInterfacesOnly) {
  EXPECT_THAT(shown({.loopback = false, .low_ports = false, .interfaces = {"wlan0"}}),
              ElementsAre("198.51.100.7", "192.168.1.7"));
  EXPECT_THAT(shown({.loopback = false, .low_ports = false, .interfaces = {"eth9"}}), IsEmpty());
}

TEST(AddressPolicy, ShowsSixteenAddressesAtMost) {
  std::vector<InterfaceAddress> many;
  for (int i = 1; i <= 40; ++i) many.push_back({"eth0", ip("10.0.0." + std::to_string(i))});
  EXPECT_EQ(addresses_to_show({}, many).size(), 16U);
}

TEST(Interfaces, OfThisMachineAreListed) {
  for (const InterfaceAddress& own : SystemInterfaces().addresses())
    EXPECT_FALSE(own.interface.empty());
  std::vector<InterfaceAddress> all = SystemInterfaces().addresses();
  InterfaceAddress loopback{"lo", ip("127.0.0.1")};
  EXPECT_NE(std::find(all.begin(), all.end(), loopback), all.end());
}

TEST(HostAndPort, AreReadWithAndWithoutAPort) {
  struct {
    const char *text, *host;
    std::uint16_t port;
  } rows[] = {{"example.net", "example.net", 7},      {"example.net:5000", "example.net", 5000},
              {"192.0.2.1", "192.0.2.1", 7},          {"192.0.2.1:80", "192.0.2.1", 80},
              {"2001:db8::1", "2001:db8::1", 7},      {"[2001:db8::1]", "2001:db8::1", 7},
              {"[2001:db8::1]:80", "2001:db8::1", 80}};
  for (const auto& row : rows) {
    auto read = read_host_and_port(row.text, 7);
    ASSERT_TRUE(read) << row.text;
    EXPECT_EQ(read->host, row.host) << row.text;
    EXPECT_EQ(read->port, row.port) << row.text;
  }
}

TEST(HostAndPort, AreNothingElse) {
  for (const char* wrong : {"", ":", ":80", "a:", "a:x", "a:0", "a:65536", "a:b:80", "a b", "a@b",
                            "a/b", "2001:db8::g", "[]", "[a]", "[192.0.2.1", "[2001:db8::1]80",
                            "[2001:db8::1]:", "[2001:db8::1]:x", "2001:db8::1]:80"})
    EXPECT_FALSE(read_host_and_port(wrong, 7)) << wrong;
}

}  // namespace
}  // namespace balcony
