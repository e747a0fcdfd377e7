// SPDX-License-Identifier: MIT
#include "jingle/base/jid.h"

#include <gtest/gtest.h>

namespace balcony {
namespace {

std::string prepared(std::string_view text) {
  auto jid = Jid::parse(text);
  return jid ? jid->full() : jid.error().condition;
}

TEST(Jid, IsSplitIntoItsParts) {
  Jid jid = Jid::parse("romeo@montague.lit/orchard").value();
  EXPECT_EQ(jid.local(), "romeo");
  EXPECT_EQ(jid.domain(), "montague.lit");
  EXPECT_EQ(jid.resource(), "orchard");
  EXPECT_EQ(jid.bare(), "romeo@montague.lit");
  EXPECT_EQ(jid.full(), "romeo@montague.lit/orchard");
  EXPECT_FALSE(jid.is_bare());
}

TEST(Jid, MayBeADomainAlone) {
  Jid jid = Jid::parse("montague.lit").value();
  EXPECT_EQ(jid.local(), "");
  EXPECT_EQ(jid.domain(), "montague.lit");
  EXPECT_EQ(jid.resource(), "");
  EXPECT_TRUE(jid.is_bare());
  EXPECT_EQ(Jid::parse("montague.lit/r")->domain(), "montague.lit");
}

TEST(Jid, GivesItsBareForm) {
  Jid full = Jid::parse("a@b/c").value(), bare = full.to_bare();
  EXPECT_EQ(bare.full(), "a@b");
  EXPECT_TRUE(bare.is_bare());
  EXPECT_EQ(bare, Jid::parse("a@b").value());
  EXPECT_TRUE(full.same_bare(bare));
  EXPECT_FALSE(full.same_bare(Jid::parse("x@b/c").value()));
  EXPECT_FALSE(full == bare);
}

TEST(Jid, IsNobodyUntilParsed) {
  EXPECT_TRUE(Jid().empty());
  EXPECT_TRUE(Jid().is_bare());
  EXPECT_EQ(Jid().domain(), "");
}

// covers JGL-14
TEST(Jid, IsOrderedByItsOctets) {
  auto jid = [](std::string_view text) { return Jid::parse(text).value(); };
  EXPECT_LT(jid("a@b/C"), jid("a@b/c"));
  EXPECT_LT(jid("a@b"), jid("a@b/"
                            "a"));
  EXPECT_LT(jid("a@b/z"), jid("a@b/é"));
  EXPECT_GT(jid("b@b"), jid("a@z"));
}

TEST(Jid, EverySeparatorBehindTheFirstSlashBelongsToTheResource) {
  Jid jid = Jid::parse("a@b/c@d/e").value();
  EXPECT_EQ(jid.domain(), "b");
  EXPECT_EQ(jid.resource(), "c@d/e");
  EXPECT_EQ(Jid::parse("b/c@d")->local(), "");
}

TEST(Jid, FoldsTheCaseOfAllButTheResource) {
  EXPECT_EQ(prepared("Romeo@Montague.LIT/Orchard"), "romeo@montague.lit/Orchard");
  EXPECT_EQ(prepared("JÜRGEN@MÜLLER.de"), "jürgen@müller.de");
  EXPECT_EQ(prepared("stra\u00DFe@b"), "strasse@b");
}

TEST(Jid, NormalisesWhatLooksTheSame) {
  EXPECT_EQ(prepared("e\u0301@b/e\u0301"), "é@b/é");
  EXPECT_EQ(prepared("\uFF41@\uFF42.\uFF43"), "a@b.c");
  EXPECT_EQ(prepared("a\u00AD@b"), "a@b");  // the soft hyphen maps to nothing
}

TEST(Jid, ForgetsTheTrailingDotOfADomain) {
  EXPECT_EQ(prepared("a@b.c./r"), "a@b.c/r");
  EXPECT_EQ(prepared("b.c."), "b.c");
}

TEST(Jid, RefusesMissingParts) {
  for (std::string_view text : {"", "@", "/", "@b", "a@", "a@/r", "/r", "a@b/", "b/", ".", "a@."})
    EXPECT_EQ(prepared(text), "jid-malformed") << text;
}

TEST(Jid, RefusesWhatTheLocalPartMustNotHold) {
  for (std::string_view local : {"a b", "a\"b", "a&b", "a'b", "a:b", "a<b", "a>b", "a\tb", "a\x7F",
                                 "a\u00A0b", "a\u2028b", "a\uE000b", "a\u202Eb"})
    EXPECT_EQ(prepared(std::string(local) + "@b"), "jid-malformed") << local;
  EXPECT_EQ(prepared("a@b@c"), "jid-malformed");
}

TEST(Jid, RefusesSeparatorsThatNormalisationBrings) {
  for (std::string_view text : {"a\uFF20x@b", "a\uFF0Fx@b", "a@b\uFF20c", "a@b\uFF0Fc", "a@\u2100"})
    EXPECT_EQ(prepared(text), "jid-malformed") << text;
}

TEST(Jid, RefusesWhatIsNoDomain) {
  for (std::string_view domain :
       {"b c", "b\nc", "b\x01", "b<c", "b>c", "b\"c", "b'c", "b&c", "b:80", ".b", "b..", "b..c",
        "b\uFF0E", "b%00", "b\\c", "b\u202Ec"})
    EXPECT_EQ(prepared("a@" + std::string(domain)), "jid-malformed") << domain;
}

TEST(Jid, AcceptsAddressesAsDomains) {
  EXPECT_EQ(prepared("a@127.0.0.1/r"), "a@127.0.0.1/r");
  EXPECT_EQ(prepared("[::1]"), "[::1]");
  EXPECT_EQ(prepared("a@[2001:DB8::1]/r"), "a@[2001:db8::1]/r");
  EXPECT_EQ(prepared("[::ffff:10.0.0.1]"), "[::ffff:10.0.0.1]");
}

TEST(Jid, RefusesBracketsAroundAnythingElse) {
  for (std::string_view domain : {"::1", "[::1", "::1]", "[]", "[a]", "[::1]x", "[::x]", "[::1%lo]",
                                  "[[::1]]", "x[::1]", "[", "]"})
    EXPECT_EQ(prepared(domain), "jid-malformed") << domain;
}

TEST(Jid, RefusesControlCharactersInTheResource) {
  EXPECT_EQ(prepared("a@b/c d"), "a@b/c d");
  EXPECT_EQ(prepared("a@b/🌹"), "a@b/🌹");
  for (std::string_view resource : {"\n", "a\x7F", "a\u0085", "\uFFFD", "\u2028"})
    EXPECT_EQ(prepared("a@b/" + std::string(resource)), "jid-malformed") << resource;
}

TEST(Jid, RefusesOctetsThatAreNotUtf8) {
  for (std::string_view bad : {"\xFF", "\xC3", "\xC0\xAF", "\xED\xA0\x80", "x\xE2\x82"}) {
    EXPECT_EQ(prepared(std::string(bad) + "@b"), "jid-malformed") << bad;
    EXPECT_EQ(prepared("a@" + std::string(bad)), "jid-malformed") << bad;
    EXPECT_EQ(prepared("a@b/" + std::string(bad)), "jid-malformed") << bad;
  }
  EXPECT_EQ(prepared(std::string_view("a\0b@c", 5)), "jid-malformed");
  EXPECT_EQ(prepared(std::string_view("a@b/c\0", 6)), "jid-malformed");
}

// RFC 6122 section 2.1
TEST(Jid, LimitsEachPartTo1023Octets) {
  std::string most(1023, 'a'), more(1024, 'a');
  EXPECT_EQ(prepared(most + "@" + most + "/" + most).size(), 3 * 1023 + 2U);
  EXPECT_EQ(prepared(more + "@b"), "jid-malformed");
  EXPECT_EQ(prepared("a@" + more), "jid-malformed");
  EXPECT_EQ(prepared("a@b/" + more), "jid-malformed");
}

TEST(Jid, LimitsEachPartAfterPreparationToo) {
  std::string grows;  // U+FDFA becomes eighteen characters, 33 octets
  for (int i = 0; i < 100; ++i) grows += "\uFDFA";
  EXPECT_EQ(prepared("a@b/" + grows), "jid-malformed");
}

TEST(Jid, QuotesABadAddressShortAndWithoutControlCharacters) {
  auto jid = Jid::parse("\x1B[2J" + std::string(5000, 'x'));
  ASSERT_FALSE(jid);
  EXPECT_EQ(jid.error().blame, Blame::kCaller);
  EXPECT_LT(jid.error().text.size(), 200U);
  EXPECT_EQ(jid.error().text.find('\x1B'), std::string::npos);
}

TEST(Jid, CoversEachClientOfAnAccountWhenItIsBareAndItselfWhenItIsFull) {
  Jid bare = *Jid::parse("ada@example.org"), desk = *Jid::parse("ada@example.org/desk");
  Jid phone = *Jid::parse("ada@example.org/phone"), other = *Jid::parse("ben@example.org/desk");
  EXPECT_TRUE(bare.covers(bare) && bare.covers(desk) && bare.covers(phone));
  EXPECT_FALSE(bare.covers(other));
  EXPECT_TRUE(desk.covers(desk));
  EXPECT_FALSE(desk.covers(phone) || desk.covers(bare) || desk.covers(other));
}

}  // namespace
}  // namespace balcony
