// SPDX-License-Identifier: MIT
#include "jingle/base/stanza.h"

#include <gtest/gtest.h>

#include "jingle/base/ns.h"

namespace balcony {
namespace {

Element request() {
  return make_iq("set", "juliet@capulet.lit/balcony", "b1", Element("query", "urn:q"))
      .set_attr("from", "romeo@montague.lit/orchard");
}

TEST(Iq, HoldsWhatItIsMadeOf) {
  Element iq = request();
  EXPECT_TRUE(iq.is("iq", ns::kClient));
  EXPECT_EQ(iq.attr("type"), "set");
  EXPECT_EQ(iq.attr("to"), "juliet@capulet.lit/balcony");
  EXPECT_EQ(iq.attr("id"), "b1");
  EXPECT_TRUE(iq.child("query", "urn:q"));
}

TEST(Iq, HasNoAddressAndNoPayloadIfNoneIsGiven) {
  Element iq = make_iq("result", "", "b1", Element());
  EXPECT_FALSE(iq.has_attr("to"));
  EXPECT_TRUE(iq.nodes().empty());
}

TEST(Iq, IsARequestOrAReply) {
  for (std::string_view type : {"get", "set"}) {
    EXPECT_TRUE(is_iq_request(make_iq(type, "", "1", {})));
    EXPECT_FALSE(is_iq_reply(make_iq(type, "", "1", {})));
  }
  for (std::string_view type : {"result", "error"}) {
    EXPECT_FALSE(is_iq_request(make_iq(type, "", "1", {})));
    EXPECT_TRUE(is_iq_reply(make_iq(type, "", "1", {})));
  }
  EXPECT_FALSE(is_iq_request(Element("message", ns::kClient).set_attr("type", "get")));
  EXPECT_FALSE(is_iq_request(Element("iq", "jabber:server").set_attr("type", "get")));
  EXPECT_FALSE(is_iq_reply(Element("iq", "").set_attr("type", "result")));
}

TEST(Result, GoesBackToTheSender) {
  Element result = result_of(request());
  EXPECT_EQ(to_xml(result, ns::kClient),
            "<iq type='result' to='romeo@montague.lit/orchard' from='juliet@capulet.lit/balcony' "
            "id='b1'/>");
}

TEST(Result, InventsNoAddress) {
  EXPECT_EQ(to_xml(result_of(make_iq("get", "", "7", {})), ns::kClient),
            "<iq type='result' id='7'/>");
}

TEST(StanzaErrors, AreReadAsTheyWereWritten) {
  StanzaError error{"item-not-found", "cancel", Element("unknown-session", ns::kJingleErrors),
                    "no"};
  Element stanza = error_of(request(), error);
  EXPECT_EQ(stanza.attr("type"), "error");
  EXPECT_EQ(stanza.attr("to"), "romeo@montague.lit/orchard");
  EXPECT_EQ(stanza.child("query", "urn:q"), nullptr);
  StanzaError read = stanza_error(stanza);
  EXPECT_EQ(read.condition, error.condition);
  EXPECT_EQ(read.type, error.type);
  EXPECT_EQ(read.application, error.application);
  EXPECT_EQ(read.text, error.text);
}

// RFC 6120 section 8.3.3
TEST(StanzaErrors, HaveTheUsualTypeOfTheirCondition) {
  for (auto [condition, type] : {std::pair("bad-request", "modify"),
                                 {"redirect", "modify"},
                                 {"forbidden", "auth"},
                                 {"registration-required", "auth"},
                                 {"resource-constraint", "wait"},
                                 {"item-not-found", "cancel"},
                                 {"service-unavailable", "cancel"}}) {
    StanzaError error{condition, {}, {}, {}};
    EXPECT_EQ(stanza_error(error_of(request(), error)).type, type) << condition;
  }
}

TEST(StanzaErrors, WithoutAConditionAreUndefined) {
  EXPECT_EQ(stanza_error(Element("iq", ns::kClient)).condition, "undefined-condition");
  Element stanza("message", ns::kClient);
  stanza.add(Element("error", ns::kClient).add(Element("unknown-session", ns::kJingleErrors)));
  StanzaError error = stanza_error(stanza);
  EXPECT_EQ(error.condition, "undefined-condition");
  EXPECT_EQ(error.application.name(), "unknown-session");
}

// covers STM-21
TEST(StanzaErrors, CountTheirFirstConditionAndCleanTheirText) {
  Element node("error", ns::kClient);
  node.add(Element("text", ns::kStanzaErrors).add_text("a\nb"));
  node.add(Element("conflict", ns::kStanzaErrors)).add(Element("gone", ns::kStanzaErrors));
  node.add(Element("first", "urn:a")).add(Element("second", "urn:a"));
  StanzaError error = stanza_error(Element("iq", ns::kClient).add(node));
  EXPECT_EQ(error.condition, "conflict");
  EXPECT_EQ(error.text, "a b");
  EXPECT_EQ(error.application.name(), "first");
}

// covers JGL-34
TEST(CleanText, ReplacesWhatMovesCursorsOrTurnsText) {
  EXPECT_EQ(clean_text("a\x1B[2J\r\nb\x7F"), "a [2J  b ");
  EXPECT_EQ(clean_text("a\u0080\u009B\u009Fb\u2028\u202E\u2066\u2069"), "a   b    ");
  EXPECT_EQ(clean_text("naïve 🌹 \u2027\u202F\u2065\u00A0"), "naïve 🌹 \u2027\u202F\u2065\u00A0");
}

TEST(CleanText, CountsCharactersNotOctets) {
  EXPECT_EQ(clean_text("ééé", 3), "ééé");
  EXPECT_EQ(clean_text("éééé", 3), "ééé…");
  EXPECT_EQ(clean_text(std::string(300, 'x')), std::string(256, 'x') + "…");
  EXPECT_EQ(clean_text("", 0), "");
}

}  // namespace
}  // namespace balcony
