// SPDX-License-Identifier: MIT
// The SOCKS5 <transport/> as types: read, printed, and refused.
#include "transports/socks5/candidate.h"

#include <gtest/gtest.h>

#include "jingle/base/ns.h"
#include "jingle/base/xml_parser.h"
#include "tests/support/fake_env.h"

namespace balcony {
namespace {

constexpr std::size_t kLimit = 32;

Element xml(const std::string& text) {
  auto element = parse_stanza(text);
  EXPECT_TRUE(element) << text;
  return element ? *element : Element();
}

Element transport(const std::string& attributes, const std::string& children = {}) {
  return xml("<transport xmlns='urn:xmpp:jingle:transports:s5b:1' " + attributes + ">" + children +
             "</transport>");
}

std::string fault(const Result<Socks5Offer>& offer) {
  return offer ? "none" : offer.error().condition;
}

Candidates read(const std::string& children) {
  auto offer = read_socks5_offer(transport("sid='s'", children), kLimit);
  return offer ? offer->candidates : Candidates();
}

const std::string kDirect =
    "<candidate cid='a' host='192.0.2.10' jid='ada@example.org/desk' port='40121' "
    "priority='8297536' type='direct'/>";

TEST(Socks5Offer, IsReadAsItIsPrinted) {  // covers S5B-01, S5B-02
  Socks5Offer offer{
      "s5b-e41b",
      "b435f226a3f85f4b0f6f6a642ba0046d9ea672c5",
      {{"a-d1", "192.0.2.10", "ada@example.org/desk", 40121, 8297536, {}},
       {"a-p1", "proxy.example.org", "proxy.example.org", 7777, 675360, CandidateType::kProxy}}};
  Element printed = socks5_transport(offer, true);
  EXPECT_EQ(to_xml(printed),
            "<transport xmlns='urn:xmpp:jingle:transports:s5b:1' sid='s5b-e41b' mode='tcp' "
            "dstaddr='b435f226a3f85f4b0f6f6a642ba0046d9ea672c5'>"
            "<candidate cid='a-d1' host='192.0.2.10' jid='ada@example.org/desk' port='40121' "
            "priority='8297536' type='direct'/>"
            "<candidate cid='a-p1' host='proxy.example.org' jid='proxy.example.org' port='7777' "
            "priority='675360' type='proxy'/></transport>");
  auto read = read_socks5_offer(printed, kLimit);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->sid, offer.sid);
  EXPECT_EQ(read->dstaddr, offer.dstaddr);
  EXPECT_EQ(read->candidates, offer.candidates);
  EXPECT_FALSE(socks5_transport(offer, false).has_attr("mode"));
}

TEST(Socks5Offer, IsOnlyForStreams) {  // covers S5B-01
  EXPECT_EQ(fault(read_socks5_offer(transport("sid='s' mode='tcp'"), kLimit)), "none");
  EXPECT_EQ(fault(read_socks5_offer(transport("sid='s' mode='udp'"), kLimit)),
            "unsupported-transports");
  EXPECT_EQ(fault(read_socks5_offer(transport("sid='s' mode='x'"), kLimit)), "bad-request");
  EXPECT_EQ(fault(read_socks5_offer(transport("sid=''"), kLimit)), "bad-request");
  EXPECT_EQ(fault(read_socks5_offer(Element("transport", ns::kJingleIbb), kLimit)), "bad-request");
}

TEST(Socks5Offer, HasDefaults) {  // covers S5B-02, S5B-07
  auto offer = read_socks5_offer(
      transport("", "<candidate cid='a' host='::1' jid='a@b' priority='1'/>"), kLimit);
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->sid + offer->dstaddr, "");
  EXPECT_EQ(offer->candidates.at(0), (Candidate{"a", "::1", "a@b", 1080, 1, {}}));
}

TEST(Socks5Offer, SkipsCandidatesThatMakeNoSense) {  // covers S5B-02
  for (const char* wrong :
       {"<candidate/>", "<candidate cid='' host='h' jid='j' priority='1'/>",
        "<candidate cid='a' host='' jid='j' priority='1'/>",
        "<candidate cid='a' host='h' jid='' priority='1'/>",
        "<candidate cid='a' host='h' jid='j' priority='0'/>",
        "<candidate cid='a' host='h' jid='j' priority='-1'/>",
        "<candidate cid='a' host='h' jid='j' priority='4294967296'/>",
        "<candidate cid='a' host='h' jid='j' priority='1' port='0'/>",
        "<candidate cid='a' host='h' jid='j' priority='1' port='65536'/>",
        "<candidate cid='a' host='h' jid='j' priority='1' port='1x'/>",
        "<candidate cid='a' host='h' jid='j' priority='1' type='relay'/>",
        "<candidate xmlns='urn:other' cid='a' host='h' jid='j' priority='1'/>"}) {
    Candidates candidates = read(wrong + kDirect);
    ASSERT_EQ(candidates.size(), 1U) << wrong;
    EXPECT_EQ(candidates[0].host, "192.0.2.10");
  }
}

TEST(Socks5Offer, TakesTheFirstOfTwoWithOneCid) {  // covers S5B-02
  Candidates candidates = read(kDirect + "<candidate cid='a' host='h' jid='j' priority='2'/>");
  ASSERT_EQ(candidates.size(), 1U);
  EXPECT_EQ(candidates[0].priority, 8297536U);
}

TEST(Socks5Offer, IsBounded) {  // covers C-15
  std::string many;
  for (int i = 0; i < 1000; ++i)
    many += "<candidate cid='c" + std::to_string(i) + "' host='h' jid='j' priority='1'/>";
  EXPECT_EQ(read(many).size(), kLimit);
  std::string longest(257, 'x');
  EXPECT_TRUE(read("<candidate cid='" + longest + "' host='h' jid='j' priority='1'/>").empty());
  EXPECT_TRUE(read("<candidate cid='a' host='" + longest + "' jid='j' priority='1'/>").empty());
  EXPECT_EQ(fault(read_socks5_offer(transport("sid='" + longest + "'"), kLimit)), "bad-request");
  auto offer = read_socks5_offer(transport("sid='s' dstaddr='" + longest + "'"), kLimit);
  EXPECT_EQ(offer->dstaddr, "");
}

TEST(Socks5Info, IsReadAsItIsPrinted) {
  auto again = [](const Socks5Info& info) {
    Element printed = socks5_info("s", info);
    auto read = read_socks5_info(printed, kLimit);
    EXPECT_TRUE(read);
    EXPECT_EQ(read->index(), info.index());
    EXPECT_EQ(socks5_info("s", *read), printed);
    return to_xml(*printed.first_child(), ns::kJingleSocks5);
  };
  EXPECT_EQ(again(CandidateUsed{"b-p1"}), "<candidate-used cid='b-p1'/>");
  EXPECT_EQ(again(CandidateError{}), "<candidate-error/>");
  EXPECT_EQ(again(Activated{"b-p1"}), "<activated cid='b-p1'/>");
  EXPECT_EQ(again(ProxyError{}), "<proxy-error/>");
  again(read(kDirect));
}

TEST(Socks5Info, MustSayOneThing) {  // covers S5B-12
  for (const char* wrong : {"", "<candidate-used/>", "<candidate-used cid=''/>",
                            "<candidate-used cid='a'/><candidate-error/>", "<what-else/>"})
    EXPECT_FALSE(read_socks5_info(transport("sid='s'", wrong), kLimit)) << wrong;
}

TEST(Socks5Name, FollowsTheVectors) {  // covers S5B-06
  Jid romeo = *Jid::parse("romeo@montague.lit/orchard");
  Jid juliet = *Jid::parse("juliet@capulet.lit/balcony");
  EXPECT_TRUE(socks5_name("vj3hs98y", romeo, juliet).starts_with("972b7bf4"));
  EXPECT_TRUE(socks5_name("vj3hs98y", romeo, juliet).ends_with("52dad"));
  EXPECT_TRUE(socks5_name("vj3hs98y", juliet, romeo).starts_with("1a12fb7b"));
  Jid ada = *Jid::parse("ada@example.org/desk"), ben = *Jid::parse("ben@example.net/lab");
  EXPECT_EQ(socks5_name("s5b-e41b", ada, ben), "b435f226a3f85f4b0f6f6a642ba0046d9ea672c5");
  EXPECT_EQ(socks5_name("s5b-e41b", ben, ada), "869008f60b8394fcaf37434cb4e254a818fbe7a8");
}

TEST(Priorities, FallInOrderWithinTheirType) {  // covers S5B-03
  FakeEnv env;
  Candidates ours(4);
  ours[2].type = ours[3].type = CandidateType::kProxy;
  prioritise(ours, {}, env);
  for (std::size_t i = 1; i < ours.size(); ++i) EXPECT_GT(ours[i - 1].priority, ours[i].priority);
  EXPECT_EQ(ours[0].priority >> 16, 126U);
  EXPECT_EQ(ours[3].priority >> 16, 10U);
}

TEST(Priorities, AreNeverThoseOfThePeer) {  // covers S5B-04
  FakeEnv one, same;
  Candidates theirs(40), ours(40);
  prioritise(theirs, {}, one);
  prioritise(ours, theirs, same);
  for (const Candidate& mine : ours)
    for (const Candidate& other : theirs) EXPECT_NE(mine.priority, other.priority);
}

}  // namespace
}  // namespace balcony
