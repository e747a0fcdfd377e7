// SPDX-License-Identifier: MIT
#include "jingle/base/xml_parser.h"

#include <gtest/gtest.h>

#include "jingle/base/ns.h"
#include "tests/jingle/base/xml_recorder.h"
#include "tests/support/fake_env.h"

namespace balcony {
namespace {

using Until = XmlParser::Until;

const std::string kOpened = "root <stream xmlns='urn:s' id='1'/> content jabber:client";

TEST(XmlParser, ReadsAStreamHoweverItIsCut) {
  EXPECT_EQ(read("<?xml version='1.0'?>" + kHeader +
                 "<message to='a'><body>hi</body></message> \r\n<s:features/><x xmlns='urn:x'/>"
                 "</s:stream>"),
            (Script{kOpened, "41 <message xmlns='jabber:client' to='a'><body>hi</body></message>",
                    "13 <features xmlns='urn:s'/>", "18 <x xmlns='urn:x'/>", "closed"}));
}

TEST(XmlParser, ResolvesPrefixesAndKeepsNoDeclarations) {
  EXPECT_EQ(read("<a xmlns='n' xmlns:p='u' p:x='1' y='2'><p:b xml:lang='en' xmlns:p='v'/>"),
            (Script{"root <a xmlns='n' xmlns:ns0='u' ns0:x='1' y='2'/> content n",
                    "32 <b xmlns='v' xml:lang='en'/>"}));
}

TEST(XmlParser, OpensARootWithoutNamespaces) {
  EXPECT_EQ(read("<a/>"), (Script{"root <a/> content ", "closed"}));
}

TEST(XmlParser, JoinsTextReferencesAndCdata) {
  Element read;
  XmlParser parser({});
  parser.feed("<a><b>1&lt;2&#x20;&#51;<![CDATA[<&]]]>]]&gt;<c/>\r\n4</b>", Until::kEnd);
  parser.poll();
  Element b = std::get<ElementRead>(parser.poll().value()).element;
  ASSERT_EQ(b.nodes().size(), 3U);
  EXPECT_EQ(b.nodes()[0].text(), "1<2 3<&]]]>");
  EXPECT_EQ(b.nodes()[2].text(), "\n4");
}

TEST(XmlParser, ReadsEveryFormOfAnAmpersandInAnAttribute) {
  XmlParser parser({});
  parser.feed("<a><b c='&amp;&#38;&#x26;&lt;&quot;&apos;&gt;&amp;#38;' d='\t&#10;\"'/>",
              Until::kEnd);
  parser.poll();
  Element b = std::get<ElementRead>(parser.poll().value()).element;
  EXPECT_EQ(b.attr("c"), "&&&<\"'>&#38;");
  EXPECT_EQ(b.attr("d"), " \n\"");
}

TEST(XmlParser, IsNotMisledByWhatLooksLikeTags) {
  EXPECT_EQ(read("<a><b c='/>' d=\"'>\"><![CDATA[</b></a><!-- ' ]]]]><![CDATA[>]]></b ></a\n>"),
            (Script{"root <a/> content ",
                    "64 <b c='/&gt;' d='&apos;&gt;'>&lt;/b&gt;&lt;/a&gt;&lt;!-- ' ]]&gt;</b>",
                    "closed"}));
}

// covers TLS-05
TEST(XmlParser, StopsRightBehindTheOctetThatCompletesAnEvent) {
  const std::string declaration = "<?xml version='1.0'?> ";
  const std::vector<std::string> events = {declaration + kHeader, " <starttls xmlns='urn:t'/>",
                                           "<m><b>></b></m >", "\n</s:stream>"};
  std::string all;
  for (const std::string& event : events) all += event;
  all += "evil";
  XmlParser parser({});
  ByteView rest = all;
  for (const std::string& event : events) {
    EXPECT_EQ(parser.feed(rest, Until::kEvent), event.size());
    EXPECT_TRUE(parser.poll());
    EXPECT_FALSE(parser.poll());
    rest.remove_prefix(event.size());
  }
  EXPECT_EQ(parser.feed(rest, Until::kEvent), 0U);
}

TEST(XmlParser, TakesAllOctetsThatCompleteNothing) {
  XmlParser parser({});
  EXPECT_EQ(parser.feed("<a", Until::kEvent), 2U);
  EXPECT_EQ(parser.feed(">  ", Until::kEvent), 1U);
  EXPECT_EQ(parser.feed("  <b", Until::kEvent), 4U);
  EXPECT_EQ(parser.feed("", Until::kEvent), 0U);
}

TEST(XmlParser, TakesNothingBehindTheRoot) {
  XmlParser parser({});
  EXPECT_EQ(parser.feed("<a></a><b/>", Until::kEnd), 7U);
  EXPECT_EQ(parser.feed("<b/>", Until::kEnd), 0U);
}

TEST(XmlParser, TakesNothingAfterAFault) {
  XmlParser parser({});
  Script script;
  parser.feed("<a><b></c>", Until::kEnd);
  drain(parser, script);
  EXPECT_EQ(parser.feed("<b/>", Until::kEnd), 0U);
  drain(parser, script);
  EXPECT_EQ(script.size(), 2U);
}

TEST(XmlParser, ReportsWhatCameBeforeAFault) {
  EXPECT_EQ(read("<a><b/><c/><!-- x --><d/>"),
            (Script{"root <a/> content ", "4 <b/>", "4 <c/>",
                    "restricted-xml: a comment or a document type"}));
}

TEST(XmlParser, GoesOnWhereItIsMovedTo) {
  XmlParser first({});
  first.feed("<a><b", Until::kEnd);
  XmlParser second(std::move(first));
  XmlParser third({});
  third = std::move(second);
  third.feed("/>", Until::kEnd);
  Script script;
  drain(third, script);
  EXPECT_EQ(script, (Script{"root <a/> content ", "4 <b/>"}));
}

// covers STM-11
TEST(XmlParser, RefusesCommentsInstructionsAndDocumentTypes) {
  for (std::string bad : {"<!-- c -->", "<?php x?>", "<?xml-stylesheet href='x'?>", "<?x?>",
                          "<!DOCTYPE a>", "<!DOCTYPE a SYSTEM 'http://evil.example/'>",
                          "<!DOCTYPE a [<!ENTITY l 'lol'>]>", "<!ELEMENT a ANY>"}) {
    EXPECT_EQ(fault_of(bad + "<a>"), "restricted-xml") << bad;
    EXPECT_EQ(fault_of("<?xml version='1.0'?>" + bad + "<a>"), "restricted-xml") << bad;
    EXPECT_EQ(fault_of("<a>" + bad), "restricted-xml") << bad;
    EXPECT_EQ(fault_of("<a><b>" + bad + "</b>"), "restricted-xml") << bad;
    EXPECT_EQ(fault_of("<a><b>text" + bad + "</b>"), "restricted-xml") << bad;
  }
}

// covers STM-11
TEST(XmlParser, RefusesEveryEntityButTheFive) {
  EXPECT_EQ(fault_of("<a><b>&lol;</b>"), "restricted-xml");
  EXPECT_EQ(fault_of("<a><b c='&lol;'/>"), "restricted-xml");
  EXPECT_EQ(fault_of("<a c='x&nbsp;y'>"), "restricted-xml");
  EXPECT_EQ(fault_of("<a>&lol;<b/>"), "restricted-xml");
  EXPECT_EQ(read("<a><b>&lt;&gt;&amp;&apos;&quot;</b>").back(), "32 <b>&lt;&gt;&amp;'\"</b>");
}

// covers STM-11
TEST(XmlParser, ExpandsNoEntityThatItRefuses) {
  for (const std::string& line : read("<!DOCTYPE a [<!ENTITY l 'secret'>]><a><b>&l;</b></a>"))
    EXPECT_EQ(line.find("secret"), std::string::npos);
}

// covers STM-12
TEST(XmlParser, SaysTheSameOfALessThanInAValueHoweverItIsCut) {
  for (std::string bad : {"<b c='&d;<'/>", "<b c=\"<\"/>", "<b c='<d e=\"&f;\">'/>"})
    EXPECT_EQ(fault_of("<a>" + bad), "not-well-formed") << bad;
}

TEST(XmlParser, RefusesWhatIsNotWellFormed) {
  for (std::string bad : {"<b></c>",
                          "<b",
                          "<b c>",
                          "<b c=d>",
                          "<b c='1' c='2'/>",
                          "<b c='<'/>",
                          "<1/>",
                          "<>",
                          "</>",
                          "< b/>",
                          "<b/ >",
                          "<b c='1'd='2'/>",
                          "<b>]]></b>",
                          "<b>&</b>",
                          "<b>&lt</b>",
                          "<b>&#0;</b>",
                          "<b>&#xFFFF;</b>",
                          "<b>&#1;</b>",
                          "<b>\x01</b>",
                          "<b>&</b>;<b/>",
                          "<b>&lt</b><c d=';'/>",
                          "<b><![cdata[x]]></b>",
                          "<b><![CDATA x",
                          "<b></b x='>'>",
                          "<b c='&'/>",
                          "<b>]]]></b>"})
    EXPECT_EQ(fault_of("<a>" + bad + "<z/></a>"), "not-well-formed") << bad;
  for (std::string bad : {"</a>", "x<a>", "<![CDATA[x]]><a>", "\x01<a>", "<a/ >",
                          "<a b='>"
                          "'c>"})
    EXPECT_EQ(fault_of(bad), "not-well-formed") << bad;
}

// covers STM-12
TEST(XmlParser, RefusesOctetZeroEverywhere) {
  using namespace std::string_literals;
  for (std::string bad : {"<b>\0</b>"s, "<b>x\0y</b>"s, "<b c='\0'/>"s, "<b\0/>"s, "<\0b/>"s,
                          "<b><![CDATA[\0]]></b>"s, "<b \0c=''/>"s, "</a\0>"s})
    EXPECT_EQ(fault_of("<a>" + bad + "<z/></a>"), "not-well-formed") << bad;
  EXPECT_EQ(fault_of("<a>\0<z/></a>"s), "bad-format");
}

// covers STM-12
TEST(XmlParser, RefusesNamespaceErrors) {
  for (std::string bad :
       {"<p:b/>", "<b p:c='1'/>", "<b xmlns:p='u' xmlns:q='u' p:c='1' q:c='2'/>", "<b xmlns:p=''/>",
        "<b xmlns:xml='u'/>", "<b xmlns:xmlns='u'/>", "<b xmlns='http://www.w3.org/2000/xmlns/'/>",
        "<p:b:c xmlns:p='u'/>", "<:b/>", "<b:/>", "<b xmlns:p='u' xmlns:p='v'/>", "<b :c=''/>",
        "<b xmlns:p='http://www.w3.org/XML/1998/namespace'/>", "<b><p:c/></b>"})
    EXPECT_EQ(fault_of("<a>" + bad + "<z/>"), "not-well-formed") << bad;
  EXPECT_EQ(fault_of("<p:a>"), "not-well-formed");
}

TEST(XmlParser, AcceptsNamespacesThatAreNoAbsoluteAddresses) {
  EXPECT_EQ(read("<a><b xmlns='vcard-temp'/>").back(), "23 <b xmlns='vcard-temp'/>");
}

// covers STM-13
TEST(XmlParser, RefusesDeclaredEncodingsOtherThanUtf8) {
  for (std::string name : {"UTF-16", "UTF-7", "ISO-8859-1", "US-ASCII", "utf8", "UTF-8x", ""})
    EXPECT_EQ(fault_of("<?xml version='1.0' encoding='" + name + "'?><a>"), "unsupported-encoding");
}

// covers STM-13
TEST(XmlParser, RefusesOtherEncodingsAndByteOrderMarks) {
  using namespace std::string_literals;
  for (std::string start :
       {"\xEF\xBB\xBF<a>"s, "\xFE\xFF\0<\0a\0>"s, "\xFF\xFE<\0a\0>\0"s, "\0<\0a\0>"s, "<\0a\0>\0"s,
        "<\0\0\0a\0\0\0"s, "\0\0\0<\0\0\0a"s, "+ADw-a+AD4-"s})
    EXPECT_EQ(fault_of(start), "unsupported-encoding") << start;
}

// covers STM-13
TEST(XmlParser, RefusesBadUtf8WhereverItStands) {
  for (std::string bad : {"\x80", "\xC3", "\xC3(", "\xC0\xAF", "\xC1\xBC", "\xE0\x80\xBC",
                          "\xE2\x82", "\xED\xA0\x80", "\xF0\x80\x80\xBC", "\xF4\x90\x80\x80",
                          "\xF8\x88\x80\x80\x80", "\xFE", "\xFF", "\xEF\xBF\xBF", "\xEF\xBF\xBE"}) {
    EXPECT_EQ(fault_of("<a><b>x" + bad + "</b>"), "not-well-formed") << bad;
    EXPECT_EQ(fault_of("<a><b c='" + bad + "'/>"), "not-well-formed") << bad;
    EXPECT_EQ(fault_of("<a><b" + bad + "/>"), "not-well-formed") << bad;
    EXPECT_EQ(fault_of("<a><b " + bad + "=''/>"), "not-well-formed") << bad;
    EXPECT_EQ(fault_of("<a><b><![CDATA[" + bad + "]]></b>"), "not-well-formed") << bad;
    EXPECT_EQ(fault_of("<a><b xmlns='urn:" + bad + "'/>"), "not-well-formed") << bad;
  }
}

TEST(XmlParser, AcceptsEveryScript) {
  EXPECT_EQ(read("<a><b é='ü'>€ 🌹<ñ/></b>").back(), "28 <b é='ü'>€ 🌹<ñ/></b>");
}

// A name that only XML 1.0's fifth edition allows: libstrophe's expat, which knows the fourth,
// could not read the stanza that we hand over.
TEST(XmlParser, RefusesNamesThatTheHostCouldNotRead) {
  for (std::string bad : {"<bӎc/>", "<ⰰ/>", "<b 🌹='c'/>", "<ӎ:b xmlns:ӎ='urn:c'/>"})
    EXPECT_EQ(fault_of("<a>" + bad + "<z/></a>"), "not-well-formed") << bad;
}

// covers STM-14
TEST(XmlParser, AcceptsADeclarationAtTheStartOnly) {
  for (std::string good : {"<?xml version='1.0'?>", "<?xml version=\"1.0\" encoding=\"utf-8\"?>",
                           "<?xml\tversion = '1.0'\nencoding='UTF-8' standalone='yes' ?>\r\n",
                           "<?xml version='1.0' standalone='no'?>", ""})
    EXPECT_EQ(read(good + "<a/>").back(), "closed") << good;
  const std::string declaration = "<?xml version='1.0'?>";
  EXPECT_EQ(fault_of(" " + declaration + "<a>"), "not-well-formed");
  EXPECT_EQ(fault_of(declaration + declaration + "<a>"), "not-well-formed");
  EXPECT_EQ(fault_of("<a>" + declaration), "not-well-formed");
  EXPECT_EQ(fault_of("<a><b>" + declaration), "not-well-formed");
}

// covers STM-14
TEST(XmlParser, RefusesDeclarationsThatAreNotOfVersionOne) {
  for (std::string bad :
       {"version='1.1'", "version='2.0'", "version=''", "", "encoding='UTF-8'", "version=1.0",
        "version='1.0", "version '1.0'", "version='1.0'encoding='UTF-8'", "version='1.0' x='y'",
        "encoding='UTF-8' version='1.0'", "version='1.0' standalone='maybe'", "version="})
    EXPECT_EQ(fault_of("<?xml " + bad + "?><a>"), "not-well-formed") << bad;
  EXPECT_EQ(fault_of("<?xml?><a>"), "not-well-formed");
  EXPECT_EQ(fault_of("<?XML version='1.0'?><a>"), "restricted-xml");
}

// covers STM-16
TEST(XmlParser, RefusesTextBetweenStanzas) {
  for (std::string bad : {"x", " \n x", "&lt;", "&#65;", "<![CDATA[x]]>", "&#32;x", "<b/>x"})
    EXPECT_EQ(fault_of("<a>" + bad + "<z/>"), "bad-format") << bad;
  for (std::string good : {" ", "\r\n\t", "&#32;&#x9;", "<![CDATA[ ]]>"})
    EXPECT_EQ(read("<a>" + good + "<z/>").back(), "4 <z/>") << good;
}

}  // namespace
}  // namespace balcony
