// SPDX-License-Identifier: MIT
#include "jingle/stream/nonzas.h"

#include <gtest/gtest.h>

#include "jingle/base/ns.h"
#include "tests/jingle/stream/probe.h"

namespace balcony {
namespace {

RootOpened root(std::string_view version, std::string_view name = "stream",
                std::string_view space = ns::kStreams, std::string content = "jabber:client") {
  Element element(name, space);
  if (!version.empty()) element.set_attr("version", version);
  return {element, std::move(content)};
}

std::string condition_of(const Result<StreamHeader>& header) {
  return header ? "none" : header.error().condition;
}

Element stream_element(std::string_view name, std::string_view children) {
  Element element(name, ns::kStreams);
  Element holder = xml("<x>" + std::string(children) + "</x>");
  for (const Element* child : holder.children()) element.add(*child);
  return element;
}

TEST(StreamHeader, IsPrintedAsInFlow91) {
  StreamHeader header{"ada@example.org", "ben@example.net", "", "1.0", "en"};
  EXPECT_EQ(print_header(header), kAdaHeader);
  StreamHeader response{"ben@example.net", "ada@example.org", "9c1d6f0e2b", "1.0", "en"};
  EXPECT_EQ(print_header(response), kBenHeader);
}

TEST(StreamHeader, EscapesWhatItIsGiven) {
  StreamHeader header{"o'neil&co@x.org", "", "", "1.0", ""};
  EXPECT_NE(print_header(header).find(" from='o&apos;neil&amp;co@x.org' version='1.0'>"),
            std::string::npos);
}

TEST(StreamHeader, IsReadBack) {
  RootOpened opened = root("1.0");
  opened.root.set_attr("from", "a@b").set_attr("to", "c@d").set_attr("id", "1");
  opened.root.set_attr("lang", "de", ns::kXml);
  Result<StreamHeader> header = read_header(opened);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->from + header->to + header->id + header->lang, "a@bc@d1de");
}

TEST(StreamHeader, NeedsVersionOneOrHigher) {  // covers STM-04
  for (const char* good : {"1.0", "1.7", "2.0", "10.1", "01.0", "99999999999.0"})
    EXPECT_EQ(condition_of(read_header(root(good))), "none") << good;
  for (const char* bad : {"", "0.9", "1", "one", "-1.0", " 1.0", "0.10"})
    EXPECT_EQ(condition_of(read_header(root(bad))), "unsupported-version") << bad;
}

TEST(StreamHeader, NeedsItsNameAndNamespaces) {  // covers STM-06, STE-01
  EXPECT_EQ(condition_of(read_header(root("1.0", "flood"))), "bad-format");
  EXPECT_EQ(condition_of(read_header(root("1.0", "stream", "urn:other"))), "invalid-namespace");
  EXPECT_EQ(condition_of(read_header(root("1.0", "stream", ns::kStreams, "jabber:server"))),
            "invalid-namespace");
}

TEST(StreamFeatures, ArePrinted) {
  EXPECT_EQ(print_features({}), kNoFeatures);
  StreamFeatures starttls{
      .starttls = true, .starttls_required = true, .mechanisms = {}, .unknown_mandatory = {}};
  EXPECT_EQ(print_features(starttls), kOfferStarttls);
  StreamFeatures external{.starttls = false,
                          .starttls_required = false,
                          .mechanisms = {"EXTERNAL"},
                          .unknown_mandatory = {}};
  EXPECT_EQ(print_features(external), kOfferExternal);
}

TEST(StreamFeatures, AreReadWithWhatIsUnknown) {  // covers STM-07
  StreamFeatures features = read_stream_features(stream_element(
      "features",
      "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><x xmlns='urn:y'/></starttls>"
      "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>A</mechanism><hostname/>"
      "<mechanism>B</mechanism></mechanisms><c xmlns='http://jabber.org/protocol/caps'/>"));
  EXPECT_TRUE(features.starttls && !features.starttls_required);
  EXPECT_EQ(features.mechanisms, (std::vector<std::string>{"A", "B"}));
  EXPECT_EQ(features.unknown_mandatory, "");
}

TEST(StreamFeatures, KnowWhatIsMandatory) {  // covers STM-07
  auto mandatory = [](std::string_view children) {
    return read_stream_features(stream_element("features", children)).unknown_mandatory;
  };
  EXPECT_EQ(mandatory("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"), "bind");
  EXPECT_EQ(mandatory("<dance xmlns='urn:d'><required/></dance>"), "dance");
  EXPECT_EQ(mandatory("<dance xmlns='urn:d'><required xmlns='urn:e'/></dance>"), "");
}

TEST(StreamErrorNonza, IsPrinted) {
  StreamError error{"policy-violation", "a < b", Element("stanza-too-big", ns::kErrors)};
  EXPECT_EQ(print_stream_error(error),
            "<stream:error>" + error_xml("policy-violation") +
                "<text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>a &lt; b</text>"
                "<stanza-too-big xmlns='urn:xmpp:errors'/></stream:error>");
}

TEST(StreamErrorNonza, GivesItsFirstKnownCondition) {  // covers STM-21
  auto read = [](std::string_view children) {
    return read_stream_error(stream_element("error", children));
  };
  EXPECT_EQ(read(error_xml("novel") + error_xml("reset") + error_xml("conflict")).condition,
            "reset");
  EXPECT_EQ(read(error_xml("novel")).condition, "undefined-condition");
  EXPECT_EQ(read("").condition, "undefined-condition");
  EXPECT_EQ(read("<reset xmlns='urn:other'/>").condition, "undefined-condition");
}

TEST(StreamErrorNonza, CapsItsTextAndKeepsTheApplicationCondition) {  // covers STM-21
  std::string text(5000, 'x');
  StreamError error = read_stream_error(stream_element(
      "error", error_xml("reset") + "<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>" + text +
                   "</text><why xmlns='urn:a'/><again xmlns='urn:a'/>"));
  EXPECT_LT(error.text.size(), 300U);
  EXPECT_TRUE(error.application.is("why", "urn:a"));
}

TEST(SaslFailure, IsPrintedAndRead) {
  EXPECT_EQ(print_sasl_failure("aborted"), "<failure " + kSaslNs + "><aborted/></failure>");
  EXPECT_EQ(read_sasl_failure(xml(print_sasl_failure("aborted"))), "aborted");
  EXPECT_EQ(read_sasl_failure(Element("failure", ns::kSasl)), "no condition");
}

}  // namespace
}  // namespace balcony
