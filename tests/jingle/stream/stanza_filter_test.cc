// SPDX-License-Identifier: MIT
#include "jingle/stream/stanza_filter.h"

#include <gtest/gtest.h>

#include "tests/jingle/stream/probe.h"

namespace balcony {
namespace {

const StreamEnds kEnds{kBen, kAda, "en"};  // we are Ben

Inbound filter(std::string_view stanza) { return filter_inbound(xml(stanza), kEnds); }

// What becomes of a stanza, in one word or with its content.
std::string fate(std::string_view stanza) {
  Inbound inbound = filter(stanza);
  if (auto* pass = std::get_if<Pass>(&inbound)) return to_xml(pass->stanza, ns::kClient);
  if (auto* refusal = std::get_if<AnswerError>(&inbound))
    return stanza_error(refusal->iq).condition + (refusal->misaddressed ? "!" : "");
  if (auto* drop = std::get_if<Drop>(&inbound)) return drop->misaddressed ? "drop!" : "drop";
  return std::get<Violation>(inbound).condition;
}

bool passes(std::string_view stanza) { return std::holds_alternative<Pass>(filter(stanza)); }

const std::string kStamp = " from='ada@example.org/desk' to='ben@example.net/lab'";

TEST(StanzaFilter, StampsAStanzaWithoutAddresses) {  // covers STZ-05, STM-05
  EXPECT_EQ(fate("<message type='chat' id='m1'><body>Hi</body></message>"),
            "<message" + kStamp + " type='chat' id='m1' xml:lang='en'><body>Hi</body></message>");
}

TEST(StanzaFilter, UpgradesBareAddresses) {  // covers STZ-05
  EXPECT_EQ(fate("<message from='Ada@Example.org' to='ben@example.net' xml:lang='fr'/>"),
            "<message" + kStamp + " xml:lang='fr'/>");
}

TEST(StanzaFilter, GivesNoLanguageWhereNobodyNamedOne) {
  Inbound inbound = filter_inbound(xml("<presence/>"), {kBen, kAda, ""});
  EXPECT_EQ(to_xml(std::get<Pass>(inbound).stanza, ns::kClient), "<presence" + kStamp + "/>");
}

TEST(StanzaFilter, RefusesToHearAnybodyButThePeer) {  // covers STZ-06, STE-09
  for (const char* from : {"mallory@example.org", "ada@example.org/phone", "example.org", "@", "/x",
                           "ben@example.net", "ben@example.net/lab", "ada@example.org/Desk"})
    EXPECT_EQ(fate("<message from='" + std::string(from) + "'><body/></message>"), "invalid-from")
        << from;
}

TEST(StanzaFilter, RelaysToNobody) {  // covers STZ-07
  EXPECT_EQ(fate("<message to='ben@example.net/phone'><body/></message>"), "drop!");
  EXPECT_EQ(fate("<presence to='eve@example.net'/>"), "drop!");
  EXPECT_EQ(fate("<iq type='get' id='1' to='example.net'><ping xmlns='urn:xmpp:ping'/></iq>"),
            "service-unavailable!");
  EXPECT_EQ(fate("<iq type='result' id='1' to='eve@example.net'/>"), "drop!");
}

TEST(StanzaFilter, AnswersARefusedRequestToThePeer) {  // covers STZ-12
  auto answer = std::get<AnswerError>(
      filter("<iq type='set' id='r1' to='eve@x'><query xmlns='jabber:iq:roster'/></iq>"));
  EXPECT_EQ(answer.iq.attr("to"), kAda.full());
  EXPECT_EQ(answer.iq.attr("from"), kBen.full());
  EXPECT_EQ(answer.iq.attr("id"), "r1");
  EXPECT_EQ(answer.iq.attr("type"), "error");
}

TEST(StanzaFilter, LeavesOutPrefixedAttributesAtEveryLevel) {  // covers SECURITY promise 5
  EXPECT_EQ(fate("<message xmlns:z='urn:z' z:from='bob@x' z:to='eve@x' z:type='groupchat' id='1' "
                 "odd='1' xml:space='preserve'><body z:lang='x' xml:lang='de' xml:space='preserve' "
                 "keep='k'>Hi<b xmlns='urn:b' z:a='1' a='2'/></body></message>"),
            "<message" + kStamp +
                " id='1' xml:lang='en'><body xml:lang='de' keep='k'>Hi"
                "<b xmlns='urn:b' a='2'/></body></message>");
}

TEST(StanzaFilter, RemovesEveryStanzaIdAndKeepsTheOriginId) {  // covers STZ-09
  EXPECT_EQ(
      fate("<message><stanza-id xmlns='urn:xmpp:sid:0' by='ben@example.net' id='1'/>"
           "<origin-id xmlns='urn:xmpp:sid:0' id='2'/>"
           "<x xmlns='urn:x'><stanza-id xmlns='urn:xmpp:sid:0' by='x' id='3'/></x></message>"),
      "<message" + kStamp +
          " xml:lang='en'><origin-id xmlns='urn:xmpp:sid:0' id='2'/>"
          "<x xmlns='urn:x'/></message>");
}

TEST(StanzaFilter, LeavesOutTextBetweenPayloads) {
  EXPECT_EQ(fate("<message> loose <body>Hi</body> text </message>"),
            "<message" + kStamp + " xml:lang='en'><body>Hi</body></message>");
}

const std::string_view kServerPathPayloads[] = {
    // covers STZ-03, STZ-08
    "<jingle xmlns='urn:xmpp:jingle:1'/>",
    "<propose xmlns='urn:xmpp:jingle-message:0'/>",
    "<propose xmlns='urn:xmpp:jingle-message:1'/>",
    "<data xmlns='http://jabber.org/protocol/ibb'/>",
    "<query xmlns='http://jabber.org/protocol/bytestreams'/>",
    "<query xmlns='jabber:iq:roster'/>",
    "<block xmlns='urn:xmpp:blocking'/>",
    "<query xmlns='jabber:iq:privacy'/>",
    "<received xmlns='urn:xmpp:carbons:2'/>",
    "<enable xmlns='urn:xmpp:carbons:1'/>",
    "<result xmlns='urn:xmpp:mam:2'/>",
    "<fin xmlns='urn:xmpp:mam:3'/>",
    "<pubsub xmlns='http://jabber.org/protocol/pubsub'/>",
    "<event xmlns='http://jabber.org/protocol/pubsub#event'/>",
    "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'/>",
    "<query xmlns='jabber:iq:register'/>",
    "<query xmlns='jabber:iq:private'/>",
    "<query xmlns='jabber:iq:auth'/>",
    "<forwarded xmlns='urn:xmpp:forward:0'/>",
    "<command xmlns='http://jabber.org/protocol/commands' "
    "node='http://jabber.org/protocol/admin#delete-user'/>",
    "<x xmlns='http://jabber.org/protocol/muc#user'/>",
    "<query xmlns='http://jabber.org/protocol/muc#admin'/>",
    "<addresses xmlns='http://jabber.org/protocol/address'/>",
    "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>",
    "<privilege xmlns='urn:xmpp:privilege:2'/>",
    "<mix xmlns='urn:xmpp:mix:core:1'/>",
};

TEST(StanzaFilter, KeepsTheServerPathOutInBothDirections) {
  for (std::string_view payload : kServerPathPayloads) {
    std::string text(payload);
    for (std::string_view type : {"get", "set"}) {
      std::string iq = "<iq id='1' type='" + std::string(type) + "'>" + text + "</iq>";
      EXPECT_EQ(fate(iq), "service-unavailable") << text;
      EXPECT_FALSE(may_cross(xml(iq))) << text;
    }
    EXPECT_EQ(fate("<iq id='1' type='result'>" + text + "</iq>"), "drop") << text;
    EXPECT_EQ(fate("<message><body>see</body>" + text + "</message>"), "drop") << text;
    EXPECT_EQ(fate("<presence>" + text + "</presence>"), "drop") << text;
    EXPECT_FALSE(may_cross(xml("<message>" + text + "</message>"))) << text;
  }
}

TEST(StanzaFilter, PassesOrdinaryAndUnknownPayloads) {  // covers STZ-22
  for (std::string_view payload :
       {"<query xmlns='http://jabber.org/protocol/disco#info'/>", "<ping xmlns='urn:xmpp:ping'/>",
        "<query xmlns='jabber:iq:version'/>", "<encrypted xmlns='eu.siacs.conversations.axolotl'/>",
        "<command xmlns='http://jabber.org/protocol/commands' node='ping'/>",
        "<x xmlns='urn:new'/>", "<x xmlns='jabber:x:conference' jid='r@c.x'/>"}) {
    EXPECT_TRUE(passes("<iq type='get' id='1'>" + std::string(payload) + "</iq>")) << payload;
    EXPECT_TRUE(passes("<message>" + std::string(payload) + "</message>")) << payload;
  }
}

TEST(StanzaFilter, PassesPresenceOnlyAsAvailability) {  // covers STZ-04
  EXPECT_TRUE(passes("<presence><show>away</show></presence>"));
  EXPECT_TRUE(passes("<presence type='unavailable'/>"));
  for (std::string_view type :
       {"subscribe", "subscribed", "unsubscribe", "unsubscribed", "probe", "error", "odd"}) {
    std::string presence = "<presence type='" + std::string(type) + "'/>";
    EXPECT_EQ(fate(presence), "drop") << type;
    EXPECT_FALSE(may_cross(xml(presence))) << type;
  }
  EXPECT_TRUE(may_cross(xml("<presence/>")));
  EXPECT_TRUE(may_cross(xml("<presence type='unavailable'/>")));
}

TEST(StanzaFilter, TakesAnUnknownMessageTypeForNormal) {
  EXPECT_EQ(fate("<message type='shout'/>"), "<message" + kStamp + " xml:lang='en'/>");
  for (std::string_view type : {"chat", "normal", "headline", "error"})
    EXPECT_TRUE(passes("<message type='" + std::string(type) + "'/>")) << type;
  EXPECT_EQ(fate("<message type='groupchat'><body>Hi all</body></message>"), "drop");
}

TEST(StanzaFilter, SendsChatAndNormalMessagesOnly) {  // covers STZ-01
  EXPECT_TRUE(may_cross(xml("<message type='chat'/>")));
  EXPECT_TRUE(may_cross(xml("<message/>")));
  EXPECT_FALSE(may_cross(xml("<message type='groupchat'/>")));
  EXPECT_FALSE(may_cross(xml("<message type='headline'/>")));
  EXPECT_FALSE(may_cross(Element("message", "jabber:server")));
  EXPECT_FALSE(may_cross(Element("features", ns::kClient)));
  EXPECT_TRUE(may_cross(xml("<iq type='result' id='1'/>")));
}

TEST(StanzaFilter, AnswersAnIqThatIsNone) {  // covers STZ-11
  EXPECT_EQ(fate("<iq type='get'><ping xmlns='urn:xmpp:ping'/></iq>"), "drop");
  EXPECT_EQ(fate("<iq type='query' id='1'><ping xmlns='urn:xmpp:ping'/></iq>"), "bad-request");
  EXPECT_EQ(fate("<iq id='1'><ping xmlns='urn:xmpp:ping'/></iq>"), "bad-request");
  EXPECT_EQ(fate("<iq type='get' id='1'/>"), "bad-request");
  EXPECT_EQ(fate("<iq type='set' id='1'><a xmlns='urn:a'/><b xmlns='urn:b'/></iq>"), "bad-request");
  EXPECT_TRUE(passes("<iq type='result' id='1'/>"));
  EXPECT_TRUE(passes("<iq type='error' id='1'><error type='cancel'/></iq>"));
}

TEST(StanzaFilter, AddressesWhatGoesOut) {  // covers STZ-01, STZ-05
  Element out = address_outbound(xml("<message to='ada@example.org' from='x@y'/>"), kEnds);
  EXPECT_EQ(out.attr("to"), kAda.full());
  EXPECT_EQ(out.attr("from"), kBen.full());
}

}  // namespace
}  // namespace balcony
