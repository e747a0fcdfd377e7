// SPDX-License-Identifier: MIT
// Hosts' parsers, good and bad, as the self-test must judge them (SECURITY.md, "Facts"; JGL-40).
#include "jingle/security/parser_self_test.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "jingle/base/ns.h"
#include "jingle/base/xml_parser.h"

namespace balcony {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;

using Sender = std::optional<std::string>;

// One that ignores namespaces: the first or the last attribute named `from` wins.
Sender without_namespaces(const std::string& stanza, bool last) {
  Element read = *parse_stanza(stanza);
  Sender sender;
  for (const Attribute& attribute : read.attributes())
    if (attribute.name == "from" && (last || !sender)) sender = attribute.value;
  return sender;
}

bool has_prefixed_attribute(const std::string& stanza) {
  Element read = *parse_stanza(stanza);
  for (const Attribute& attribute : read.attributes())
    if (!attribute.ns.empty()) return true;
  return false;
}

TEST(ParserSelfTest, PassesAParserThatKnowsNamespaces) {
  EXPECT_TRUE(reads_senders_rightly(
      [](const std::string& s) { return Sender(parse_stanza(s)->attr("from")); }));
}

TEST(ParserSelfTest, PassesAParserThatRefusesPrefixedAttributes) {
  EXPECT_TRUE(reads_senders_rightly([](const std::string& s) {
    return has_prefixed_attribute(s) ? Sender() : Sender(parse_stanza(s)->attr("from"));
  }));
}

TEST(ParserSelfTest, FailsAParserThatIgnoresNamespacesWhicheverAttributeWins) {  // covers JGL-40
  EXPECT_FALSE(
      reads_senders_rightly([](const std::string& s) { return without_namespaces(s, true); }));
  EXPECT_FALSE(
      reads_senders_rightly([](const std::string& s) { return without_namespaces(s, false); }));
}

TEST(ParserSelfTest, FailsAParserThatReadsNothing) {
  EXPECT_FALSE(reads_senders_rightly([](const std::string&) { return Sender(); }));
  EXPECT_FALSE(reads_senders_rightly([](const std::string&) { return Sender(""); }));
}

TEST(ParserSelfTest, FailsAParserThatMixesTheTwo) {
  EXPECT_FALSE(reads_senders_rightly([](const std::string& s) {
    return has_prefixed_attribute(s) ? Sender("") : Sender(parse_stanza(s)->attr("from"));
  }));
}

TEST(ParserSelfTest, ShowsWholeStanzasOfTheClientNamespaceOnly) {
  std::vector<std::string> shown;
  reads_senders_rightly([&](const std::string& s) {
    shown.push_back(s);
    return Sender(parse_stanza(s)->attr("from"));
  });
  EXPECT_EQ(shown.size(), 3U);
  for (const std::string& stanza : shown) EXPECT_TRUE(parse_stanza(stanza)->is("iq", ns::kClient));
  EXPECT_THAT(shown, Each(HasSubstr("xmlns='jabber:client'")));
}

}  // namespace
}  // namespace balcony
