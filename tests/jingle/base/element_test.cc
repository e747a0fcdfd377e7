// SPDX-License-Identifier: MIT
#include "jingle/base/element.h"

#include <gtest/gtest.h>

#include "jingle/base/ns.h"
#include "jingle/base/xml_parser.h"

namespace balcony {
namespace {

Element message() {
  return Element("message", ns::kClient)
      .set_attr("to", "juliet@capulet.lit")
      .add(Element("body", ns::kClient).add_text("Wherefore?"))
      .add(Element("x", "urn:other"));
}

TEST(Element, IsNamelessUntilItIsGivenAName) {
  EXPECT_FALSE(Element());
  EXPECT_TRUE(Element("a", ""));
  EXPECT_TRUE(Element("a", "n").is("a", "n"));
  EXPECT_FALSE(Element("a", "n").is("a", ""));
  EXPECT_FALSE(Element("a", "n").is("b", "n"));
}

TEST(Element, TellsAnEmptyAttributeFromAnAbsentOne) {
  Element e("a", "");
  e.set_attr("x", "");
  EXPECT_TRUE(e.has_attr("x"));
  EXPECT_FALSE(e.has_attr("y"));
  EXPECT_EQ(e.attr("x"), "");
  EXPECT_EQ(e.attr("y"), "");
}

TEST(Element, KeepsAttributesOfSeveralNamespacesApart) {
  Element e("iq", ns::kClient);
  e.set_attr("from", "mallory@x").set_attr("from", "bob@x", "u");
  EXPECT_EQ(e.attr("from"), "mallory@x");
  EXPECT_EQ(e.attr("from", "u"), "bob@x");
  e.remove_attr("from", "u");
  EXPECT_FALSE(e.has_attr("from", "u"));
  EXPECT_EQ(e.attr("from"), "mallory@x");
}

TEST(Element, OverwritesAnAttributeThatItHas) {
  Element e("a", "");
  e.set_attr("x", "1").set_attr("x", "2");
  e.remove_attr("absent");
  Attributes left = e.attributes();
  EXPECT_EQ((std::vector<Attribute>(left.begin(), left.end())),
            (std::vector<Attribute>{{"x", "", "2"}}));
}

TEST(Element, FindsItsChildren) {
  Element e = message();
  ASSERT_TRUE(e.child("x", "urn:other"));
  EXPECT_EQ(e.child("x", ns::kClient), nullptr);
  EXPECT_EQ(e.first_child()->name(), "body");
  EXPECT_EQ(e.children().size(), 2U);
  EXPECT_EQ(Element("a", "").add_text("only text").first_child(), nullptr);
}

TEST(Element, JoinsAdjacentTextAndSkipsThatOfItsChildren) {
  Element e("a", "");
  e.add_text("").add_text("one ").add_text("two").add(Element("b", "").add_text("no"));
  e.add_text(" three");
  EXPECT_EQ(e.nodes().size(), 3U);
  EXPECT_EQ(e.text(), "one two three");
}

TEST(Element, IsEqualToItsCopyOnly) {
  Element original = message(), copy = original;
  EXPECT_EQ(original, copy);
  copy.nodes().front().element()->add_text("!");
  EXPECT_FALSE(original == copy);
  EXPECT_EQ(original.child("body", ns::kClient)->text(), "Wherefore?");
}

TEST(Print, DeclaresANamespaceOnlyWhereItChanges) {
  EXPECT_EQ(
      to_xml(message(), ns::kClient),
      "<message to='juliet@capulet.lit'><body>Wherefore?</body><x xmlns='urn:other'/></message>");
  EXPECT_EQ(to_xml(message()),
            "<message xmlns='jabber:client' to='juliet@capulet.lit'><body>Wherefore?</body>"
            "<x xmlns='urn:other'/></message>");
  EXPECT_EQ(to_xml(Element("a", "n").add(Element("b", "")), "n"), "<a><b xmlns=''/></a>");
}

TEST(Print, DeclaresPrefixesForAttributesOnly) {
  Element e("a", "");
  e.set_attr("lang", "en", ns::kXml).set_attr("p", "1", "u'").set_attr("q", "2", "v");
  EXPECT_EQ(to_xml(e), "<a xml:lang='en' xmlns:ns1='u&apos;' ns1:p='1' xmlns:ns2='v' ns2:q='2'/>");
}

TEST(Print, EscapesAllThatParsersWouldChange) {
  Element e("a", "");
  e.set_attr("v", "<&>'\"\t\n\r").add_text("<&>'\"\t\n\r");
  EXPECT_EQ(to_xml(e), "<a v='&lt;&amp;&gt;&apos;\"&#9;&#10;&#13;'>&lt;&amp;&gt;'\"\t\n&#13;</a>");
  EXPECT_EQ(escape_xml("a<b]]>\r"), "a&lt;b]]&gt;&#13;");
}

TEST(Print, KeepsToOneLineWhenAsked) {
  Element e = Element("a", "").add(Element("b", "").add_text("1\n2\r"));
  EXPECT_EQ(to_xml(e, "", true), "<a><b>1&#10;2&#13;</b></a>");
}

TEST(Print, AppendsToWhatIsThere) {
  std::string out = "before";
  append_xml(out, Element("a", "n"), "n");
  EXPECT_EQ(out, "before<a/>");
}

TEST(Print, NamesAnElementOfTheXmlNamespaceByItsPrefix) {  // it may be no default
  Element e = Element("a", "n").add(Element("b", ns::kXml).add(Element("c", "n")));
  e.add(Element("d", ns::kXml));
  EXPECT_EQ(to_xml(e), "<a xmlns='n'><xml:b><c/></xml:b><xml:d/></a>");
  EXPECT_EQ(parse_stanza(to_xml(e)), e);
}

TEST(Print, IsUndoneByTheParser) {
  Element e = message();
  e.set_attr("lang", "de", ns::kXml).set_attr("id", "&amp;<'\"\t\r\n &#38;");
  e.set_attr("from", "x", "urn:u?a=1&b=2").set_attr("from", "y", "urn:v");
  e.add_text("]]>\r\n\t <&> é 🌹").add(Element("y", "urn:n?a&b").add(Element("z", "")));
  for (bool one_line : {false, true}) {
    auto parsed = parse_stanza(to_xml(e, ns::kClient, one_line));
    ASSERT_TRUE(parsed) << parsed.error().text;
    EXPECT_EQ(*parsed, e) << to_xml(*parsed);
  }
}

}  // namespace
TEST(Element, TakesViewsOfItselfAsValues) {
  Element e("message", "urn:of:nobody:in:particular");
  e.set_attr("from", "romeo@example.org/orchard").set_attr("to", "juliet@example.net/balcony");
  e.set_attr("to", e.attr("from")).set_attr("id", e.ns()).set_attr("from", e.attr("id"));
  EXPECT_EQ(e.attr("to"), "romeo@example.org/orchard");
  EXPECT_EQ(e.attr("id"), "urn:of:nobody:in:particular");
  EXPECT_EQ(e.attr("from"), "urn:of:nobody:in:particular");
  EXPECT_EQ(e.name(), "message");
}

TEST(Element, IsNothingOnceItIsMovedFrom) {
  Element e("a", "urn:u");
  e.set_attr("b", "1").add(Element("c", "jabber:client"));
  Element taken = std::move(e);
  EXPECT_FALSE(e);  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(e, Element());
  EXPECT_EQ(to_xml(taken), "<a xmlns='urn:u' b='1'><c xmlns='jabber:client'/></a>");
  e = taken;
  EXPECT_EQ(e, taken);
}

TEST(Element, LosesTheAttributesThatAreNotKept) {
  Element e("a", "urn:u");
  e.set_attr("x", "1").set_attr("x", "2", "urn:p").set_attr("y", "3").set_attr("z", "4", "urn:p");
  e.keep_attrs([](const Attribute& attribute) { return attribute.ns.empty(); });
  EXPECT_EQ(e, Element("a", "urn:u").set_attr("x", "1").set_attr("y", "3"));
}

}  // namespace balcony
