// SPDX-License-Identifier: MIT
// Who may reach us with an offer, and who is blocked.
#include "plugin/roster.h"

#include <gtest/gtest.h>

#include "jingle/base/ns.h"
#include "jingle/base/xml_parser.h"

namespace balcony {
namespace {

Jid jid(const std::string& text) { return *Jid::parse(text); }

struct RosterTest : ::testing::Test {
  Roster roster;

  void fill(const std::string& items) {
    roster.on_roster(*parse_stanza("<query xmlns='jabber:iq:roster'>" + items + "</query>"));
  }
  void block(const std::string& entry) {
    roster.on_blocklist(*parse_stanza("<blocklist xmlns='urn:xmpp:blocking'><item jid='" + entry +
                                      "'/></blocklist>"));
  }
  bool sees_us(const std::string& who) const { return roster.may_see_us(jid(who)); }
  bool is_blocked(const std::string& who) const { return roster.is_blocked(jid(who)); }
};

TEST_F(RosterTest, ShowsUsToNobodyAtFirst) {  // covers DSC-10
  EXPECT_FALSE(sees_us("juliet@example.net/balcony"));
  EXPECT_FALSE(roster.is_contact(jid("juliet@example.net")));
  EXPECT_FALSE(is_blocked("juliet@example.net"));
}

TEST_F(RosterTest, ShowsUsToWhomWeGrantedASubscription) {  // covers DSC-10
  fill(
      "<item jid='from@example.net' subscription='from'/>"
      "<item jid='both@example.net' subscription='both'/>"
      "<item jid='to@example.net' subscription='to'/>"
      "<item jid='none@example.net' subscription='none'/>"
      "<item jid='pending@example.net' ask='subscribe'/>");
  for (const char* who : {"from", "both"})
    EXPECT_TRUE(sees_us(who + std::string("@example.net/x")));
  for (const char* who : {"to", "none", "pending", "stranger"})
    EXPECT_FALSE(sees_us(who + std::string("@example.net/x"))) << who;
}

TEST_F(RosterTest, HasContactsOfAnySubscription) {
  fill("<item jid='Juliet@Example.net' subscription='none'/><item jid='example.org'/>");
  EXPECT_TRUE(roster.is_contact(jid("juliet@example.net/balcony")));
  EXPECT_TRUE(roster.is_contact(jid("example.org")));
  EXPECT_FALSE(roster.is_contact(jid("romeo@example.org")));
}

TEST_F(RosterTest, IsReplacedAsAWhole) {
  fill("<item jid='juliet@example.net' subscription='both'/>");
  fill("<item jid='paris@example.net' subscription='both'/>");
  EXPECT_FALSE(sees_us("juliet@example.net/balcony"));
  EXPECT_TRUE(sees_us("paris@example.net/x"));
}

TEST_F(RosterTest, PassesOverWhatItCannotRead) {
  fill(
      "<item subscription='both'/><item jid='@' subscription='both'/>"
      "<other jid='a@example.net' subscription='both'/>"
      "<item xmlns='urn:example:x' jid='b@example.net' subscription='both'/>"
      "<item jid='c@example.net' subscription='both'/>");
  EXPECT_FALSE(sees_us("a@example.net"));
  EXPECT_FALSE(sees_us("b@example.net"));
  EXPECT_TRUE(sees_us("c@example.net"));
}

TEST_F(RosterTest, ShowsUsToWhomWeSentPresence) {  // covers DSC-10
  roster.on_directed_presence(jid("juliet@example.net/balcony"), true);
  roster.on_directed_presence(jid("paris@example.net"), true);
  EXPECT_TRUE(sees_us("juliet@example.net/balcony"));
  EXPECT_FALSE(sees_us("juliet@example.net/phone"));
  EXPECT_TRUE(sees_us("paris@example.net/any"));
  EXPECT_FALSE(roster.is_contact(jid("juliet@example.net")));
}

TEST_F(RosterTest, HidesUsAgainAfterUnavailablePresenceOrALogin) {  // covers DSC-10
  roster.on_directed_presence(jid("juliet@example.net/balcony"), true);
  roster.on_directed_presence(jid("juliet@example.net/balcony"), false);
  EXPECT_FALSE(sees_us("juliet@example.net/balcony"));
  roster.on_directed_presence(jid("juliet@example.net/balcony"), true);
  fill("<item jid='paris@example.net' subscription='from'/>");
  roster.on_login();
  EXPECT_FALSE(sees_us("juliet@example.net/balcony"));
  EXPECT_TRUE(sees_us("paris@example.net/x"));
}

TEST_F(RosterTest, RemembersAThousandDirectedPresencesAndNoMore) {
  for (int i = 0; i < 1025; ++i)
    roster.on_directed_presence(jid("c" + std::to_string(i) + "@example.net"), true);
  EXPECT_TRUE(sees_us("c1023@example.net"));
  EXPECT_FALSE(sees_us("c1024@example.net"));
  roster.on_directed_presence(jid("c0@example.net"), false);
  roster.on_directed_presence(jid("c1024@example.net"), true);
  EXPECT_TRUE(sees_us("c1024@example.net"));
}

TEST_F(RosterTest, BlocksByFullAddressBareAddressAndDomain) {  // covers STZ-19; XEP-0191 section 2
  block("juliet@example.net/balcony");
  EXPECT_TRUE(is_blocked("juliet@example.net/balcony"));
  EXPECT_FALSE(is_blocked("juliet@example.net/phone"));
  EXPECT_FALSE(is_blocked("juliet@example.net"));
  block("juliet@example.net");
  for (const char* who : {"juliet@example.net", "juliet@example.net/balcony"})
    EXPECT_TRUE(is_blocked(who)) << who;
  EXPECT_FALSE(is_blocked("nurse@example.net/balcony"));
  EXPECT_FALSE(is_blocked("example.net"));
  block("example.net");
  for (const char* who :
       {"example.net", "example.net/x", "juliet@example.net", "nurse@example.net/x"})
    EXPECT_TRUE(is_blocked(who)) << who;
  EXPECT_FALSE(is_blocked("juliet@sub.example.net"));
  block("example.net/balcony");
  EXPECT_TRUE(is_blocked("example.net/balcony"));
  EXPECT_TRUE(is_blocked("juliet@example.net/balcony"));
  EXPECT_FALSE(is_blocked("juliet@example.net/phone"));
  EXPECT_FALSE(is_blocked("example.net"));
}

TEST_F(RosterTest, BlocksHoweverTheServerWritesTheAddress) {
  block("Juliet@Example.NET");
  EXPECT_TRUE(is_blocked("juliet@example.net/balcony"));
}

TEST_F(RosterTest, UnblocksWhatTheNextListLeavesOut) {
  block("juliet@example.net");
  roster.on_login();
  EXPECT_TRUE(is_blocked("juliet@example.net"));
  block("@");
  EXPECT_FALSE(is_blocked("juliet@example.net"));
  roster.on_blocklist(
      *parse_stanza("<blocklist xmlns='urn:xmpp:blocking'><other jid='a@b'/></blocklist>"));
  EXPECT_FALSE(is_blocked("a@b"));
}

}  // namespace
}  // namespace balcony
