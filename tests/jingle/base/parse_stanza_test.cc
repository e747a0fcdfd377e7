// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "jingle/base/ns.h"
#include "jingle/base/xml_parser.h"

namespace balcony {
namespace {

std::string condition_of(std::string_view xml, const XmlLimits& limits = {}) {
  auto stanza = parse_stanza(xml, limits);
  return stanza ? "" : stanza.error().condition;
}

TEST(ParseStanza, TakesAStanzaThatDeclaresNoNamespaceForOneOfAClient) {
  Element stanza = parse_stanza("<message to='a'><body>hi</body></message>").value();
  EXPECT_TRUE(stanza.is("message", ns::kClient));
  EXPECT_EQ(stanza.child("body", ns::kClient)->text(), "hi");
}

TEST(ParseStanza, BelievesTheNamespaceThatIsDeclared) {
  EXPECT_EQ(parse_stanza("<iq xmlns='jabber:server'/>")->ns(), "jabber:server");
  EXPECT_EQ(parse_stanza("<p:iq xmlns:p='u'/>")->ns(), "u");
}

TEST(ParseStanza, ForgivesWhiteSpaceAround) {
  EXPECT_EQ(parse_stanza(" \n<iq/>\r\n")->name(), "iq");
}

TEST(ParseStanza, RefusesAnythingButExactlyOneElement) {
  for (std::string_view xml :
       {"", "  ", "<a", "<a>", "<a></b>", "</a>", "<a/></stream>", "<a/></stream><stream>",
        "</stream><a/>", "</stream>", "<a b='", "<a/><![CDATA[", "<a/></stream", "<a/><",
        "<?xml version='1.0'?><a/>"})
    EXPECT_EQ(condition_of(xml), "not-well-formed") << xml;
  EXPECT_EQ(condition_of("<a/><b/>"), "bad-format");
  EXPECT_EQ(condition_of("<a/>x"), "bad-format");
  EXPECT_EQ(condition_of("x"), "bad-format");
}

TEST(ParseStanza, HasTheRulesAndLimitsOfAStream) {
  EXPECT_EQ(condition_of("<a><!-- --></a>"), "restricted-xml");
  EXPECT_EQ(condition_of("<a>&lol;</a>"), "restricted-xml");
  EXPECT_EQ(condition_of("<a><b/></a>", {.depth = 1}), "policy-violation");
  EXPECT_EQ(condition_of("<a>" + std::string(300'000, 'x') + "</a>"), "policy-violation");
  EXPECT_EQ(parse_stanza("<a").error().blame, Blame::kCaller);
}

}  // namespace
}  // namespace balcony
