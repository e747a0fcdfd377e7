// SPDX-License-Identifier: MIT
// C-09, C-10 and the limits of SECURITY.md: each is met exactly and not passed by one.
#include <gtest/gtest.h>

#include "tests/jingle/base/xml_recorder.h"
#include "tests/support/fake_env.h"

namespace balcony {
namespace {

using Until = XmlParser::Until;

std::string times(std::size_t count, std::string_view text) {
  std::string all;
  while (count-- > 0) all += text;
  return all;
}

std::string numbered(std::size_t count, const std::string& before, const std::string& after) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += before + std::to_string(i) + after;
  return all;
}

// covers STM-15, C-09
TEST(XmlLimits, CountTheRawOctetsOfAFirstLevelElement) {
  XmlLimits limits{.element = 10'000};
  std::string text(10'000 - 7, 'x');
  EXPECT_EQ(fault_of("<a><b>" + text + "</b>", limits), "10000 <b>" + text + "</b>");
  EXPECT_EQ(fault_of("<a><b>x" + text + "</b>", limits), "policy-violation too-big");
  EXPECT_EQ(fault_of("<a><b/><b>" + text + "</b>", limits), "10000 <b>" + text + "</b>");
}

// covers STM-15, C-09
TEST(XmlLimits, CountWhiteSpaceBetweenStanzas) {
  XmlLimits limits{.element = 10'000};
  std::string space(10'000 - 4, ' ');
  EXPECT_EQ(fault_of("<a>" + space + "<b/>" + space + "<c/>", limits), "4 <c/>");
  EXPECT_EQ(fault_of("<a>" + space + " <b/>", limits), "policy-violation too-big");
  EXPECT_EQ(fault_of("<a>" + space + "     ", limits), "policy-violation too-big");
}

// covers STM-15, C-09
TEST(XmlLimits, CountWhatComesBeforeTheRoot) {
  XmlLimits limits{.element = 100};
  EXPECT_EQ(fault_of(times(101, " "), limits), "policy-violation too-big");
  EXPECT_EQ(read(times(97, " ") + "<a>", limits).back(), "root <a/> content ");
}

// covers STM-15
TEST(XmlLimits, CountOctetsNotCharactersOfReferencesAndCdata) {
  XmlLimits limits{.element = 100};
  EXPECT_EQ(fault_of("<a><b>" + times(20, "&amp;") + "</b>", limits), "policy-violation too-big");
  EXPECT_EQ(fault_of("<a><b><![CDATA[" + times(90, "x") + "]]></b>", limits),
            "policy-violation too-big");
}

// covers C-10
TEST(XmlLimits, BoundTheDepth) {
  XmlLimits limits;
  EXPECT_EQ(read("<a>" + times(64, "<b>") + times(64, "</b>"), limits).size(), 2U);
  EXPECT_EQ(fault_of("<a>" + times(65, "<b>") + times(65, "</b>"), limits), "policy-violation");
  EXPECT_EQ(fault_of("<a>" + times(5000, "<b>"), limits), "policy-violation");
}

// covers C-10
TEST(XmlLimits, BoundTheAttributesOfOneElement) {
  EXPECT_EQ(read("<a><b" + numbered(64, " c", "=''") + " xmlns='u'/>").size(), 2U);
  EXPECT_EQ(fault_of("<a><b" + numbered(65, " c", "=''") + "/>"), "policy-violation");
  EXPECT_EQ(fault_of("<a" + numbered(65, " c", "=''") + "/>"), "policy-violation");
}

// covers C-10
TEST(XmlLimits, BoundTheNamespacesOfOneElement) {
  EXPECT_EQ(read("<a><b" + numbered(32, " xmlns:c", "='u'") + "/>").size(), 2U);
  EXPECT_EQ(fault_of("<a><b" + numbered(33, " xmlns:c", "='u'") + "/>"), "policy-violation");
}

TEST(XmlLimits, BoundEveryQualifiedName) {
  std::string most(254, 'n'), name = "p:" + most;
  EXPECT_EQ(read("<a xmlns:p='u'><" + name + " " + name + "='1'/>").size(), 2U);
  EXPECT_EQ(fault_of("<a xmlns:p='u'><" + name + "n/>"), "policy-violation");
  EXPECT_EQ(fault_of("<a xmlns:p='u'><b " + name + "n='1'/>"), "policy-violation");
  EXPECT_EQ(fault_of("<a><b xmlns:" + most + "='u'/>"), "policy-violation");
  EXPECT_EQ(fault_of("<a xmlns:p='u'><b p:c='1'><" + most + "nnn/></b>"), "policy-violation");
}

TEST(XmlLimits, BoundEveryNamespaceForEachElementHoldsACopy) {
  std::string most(256, 'u');
  EXPECT_EQ(read("<a><b xmlns='" + most + "'><c/></b>").size(), 2U);
  EXPECT_EQ(fault_of("<a><b xmlns='" + most + "u'/>"), "policy-violation");
  EXPECT_EQ(fault_of("<a><b xmlns:p='" + most + "u'/>"), "policy-violation");
  EXPECT_EQ(fault_of("<a xmlns='" + most + "u'>"), "policy-violation");
}

TEST(XmlLimits, BoundATagBeforeLibxml2SeesIt) {
  XmlLimits limits{.start_tag = 200};
  std::string value(200 - 6, 'v');  // b c=''
  EXPECT_EQ(read("<a><b c='" + value + "'>", limits).size(), 1U);
  EXPECT_EQ(read("<a><b c='" + value + "'></b>", limits).size(), 2U);
  EXPECT_EQ(fault_of("<a><b c='" + value + "v'>", limits), "policy-violation too-big");
  EXPECT_EQ(fault_of("<a><b c='" + value + "vvv", limits), "policy-violation too-big");
  EXPECT_EQ(fault_of("<a><b></b" + times(200, " ") + ">", limits), "policy-violation too-big");
  EXPECT_EQ(fault_of("<a c='" + value + "v'>", limits), "policy-violation too-big");
  EXPECT_EQ(fault_of("<?xml " + value + value, limits), "policy-violation too-big");
}

TEST(XmlLimits, BoundThePartsOfAFirstLevelElement) {
  XmlLimits limits{.parts = 10};
  std::string nine = "<b c='1'>t" + times(6, "<d/>");  // b, c, the text and six times d
  EXPECT_EQ(read("<a>" + nine + "t</b>" + nine + "</b>", limits).size(), 3U);
  EXPECT_EQ(fault_of("<a>" + nine + "<d/><d/></b>", limits), "policy-violation");
  EXPECT_EQ(fault_of("<a>" + nine + "<d e='1'/></b>", limits), "policy-violation");
  EXPECT_EQ(fault_of("<a>" + nine + "<d/>t</b>", limits), "policy-violation");
  EXPECT_EQ(read("<a>" + nine + "t&lt;<![CDATA[t]]>t</b>", limits).size(), 2U);
}

TEST(XmlLimits, StopAnElementThatNeverEnds) {
  XmlParser parser({.element = 10'000});
  std::size_t taken = parser.feed("<a><b>", Until::kEnd), last = 1;
  while (last > 0) taken += last = parser.feed("0123456789", Until::kEnd);
  EXPECT_LE(taken, 10'010U);
}

TEST(XmlLimits, ChangeWithTheNextFirstLevelElement) {
  XmlParser parser({.element = 50});
  Script script;
  std::string big = "<c>" + times(60, "x") + "</c>";
  parser.feed("<a><b", Until::kEnd);
  parser.set_limits({.element = 100, .depth = 1});
  parser.feed("><d/></b>" + big, Until::kEnd);
  drain(parser, script);
  EXPECT_EQ(script.size(), 3U);
  parser.set_limits({.element = 50});
  parser.feed(big, Until::kEnd);
  drain(parser, script);
  EXPECT_EQ(script.back(), "policy-violation too-big: a first-level element is too big");
}

TEST(XmlLimits, MayBeLoweredBelowWhatTheGapHasTaken) {
  XmlParser parser({});
  Script script;
  parser.feed("<a>" + times(100, " "), Until::kEnd);
  parser.set_limits({.element = 50});
  parser.feed("<b/>", Until::kEnd);
  drain(parser, script);
  EXPECT_EQ(script.back(), "policy-violation too-big: a first-level element is too big");
}

// The parser behind is replaced when it knows too many names, or has grown; nobody notices.
TEST(XmlParserRenewal, IsSilentHoweverManyNamesComeBy) {
  std::string xml = kHeader;
  std::size_t count = 0;
  for (int i = 0; i < 9000; ++i, ++count) {
    std::string n = std::to_string(i);
    xml += "<s:e" + n + " a" + n + "='1'><f" + n + " xmlns='u" + n + "'/></s:e" + n + ">\n";
  }
  Script whole = script_of({xml}, Until::kEnd, {});
  ASSERT_EQ(whole.size(), count + 1);
  EXPECT_EQ(whole[8999], "51 <e8998 xmlns='urn:s' a8998='1'><f8998 xmlns='u8998'/></e8998>");
  EXPECT_EQ(script_of(cut_into(xml, 1000), Until::kEnd, {}), whole);
  EXPECT_EQ(script_of({xml}, Until::kEvent, {}), whole);
}

TEST(XmlParserRenewal, KeepsTheNamespacesOfTheRootAfterABigStanza) {
  std::string big(100'000, 'x');
  EXPECT_EQ(read(kHeader + "<m>" + big + "</m><s:features/><m/></s:stream>").size(), 5U);
}

// Fragments thrown together at random: most of it is wrong, none of it may depend on the cut.
TEST(XmlParser, DoesNotDependOnTheCutWhateverComes) {
  const std::vector<std::string> fragments = {
      "<b>",  "</b>",  "<b/>",          "<c d='>'>",    "</c>", "text", " ",   "&lt;", "&lol;",
      "&",    ";",     "]]>",           "<![CDATA[",    "]]>",  "<",    ">",   "'",    "\"",
      "<!--", "-->",   "<?x?>",         "<b>",          "</b>", "<b/>", "<b>", "</b>", "é",
      "\xC3", "/",     "<p:e/>",        "<e x=\"<\"/>", "<b>",  "</b>", "<c>", "</c>", "</a>",
      "\n",   "&#32;", "<b xmlns='u'>", "<![C"};
  FakeEnv env;
  for (int run = 0; run < 3000; ++run) {
    std::string xml = "<a>";
    for (char c : env.random(12))
      xml += fragments[static_cast<unsigned char>(c) % fragments.size()];
    Script whole = script_of({xml}, Until::kEnd, {});
    ASSERT_EQ(script_of(cut_into(xml, 1), Until::kEnd, {}), whole) << xml;
    ASSERT_EQ(script_of(cut_into(xml, 5), Until::kEnd, {}), whole) << xml;
    ASSERT_EQ(script_of({xml}, Until::kEvent, {}), whole) << xml;
  }
}

}  // namespace
}  // namespace balcony
