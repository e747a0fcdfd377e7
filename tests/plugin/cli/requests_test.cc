// SPDX-License-Identifier: MIT
// What balcony-cli answers to whom.
#include "plugin/cli/requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace balcony_cli {
namespace {

using ::testing::HasSubstr;
constexpr Requests::Time kStart{};

class RequestsTest : public ::testing::Test {
 protected:
  ~RequestsTest() override { xmpp_ctx_free(context); }
  std::optional<Outgoing> on(const std::string& xml) {
    StanzaPtr stanza(xmpp_stanza_new_from_string(context, xml.c_str()));
    return requests.on_stanza(stanza.get(), kStart);
  }
  std::optional<Outgoing> get(const std::string& payload) {
    return on("<iq type='get' id='1' from='j@l/b'>" + payload + "</iq>");
  }
  xmpp_ctx_t* context = xmpp_ctx_new(nullptr, nullptr);
  Caps caps{context};
  bool is_known = true;
  Requests requests{caps, [this](const std::string&) { return is_known; }};
};

TEST_F(RequestsTest, AnswersPing) {
  auto answer = get("<ping xmlns='urn:xmpp:ping'/>");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->xml, "<iq type='result' id='1' to='j@l/b'></iq>");
  EXPECT_TRUE(answer->is_own);
}

TEST_F(RequestsTest, AnswersVersion) {
  EXPECT_THAT(get("<query xmlns='jabber:iq:version'/>")->xml,
              HasSubstr("<name>balcony-cli</name><version>0.1</version>"));
}

// covers DSC-01
TEST_F(RequestsTest, AnswersDiscoWithThePluginsFeatures) {
  caps.set_plugin_features({"urn:xmpp:jingle:1"});
  auto answer = get("<query xmlns='http://jabber.org/protocol/disco#info'/>");
  EXPECT_THAT(answer->xml, HasSubstr("<identity category='client' type='bot'"));
  EXPECT_THAT(answer->xml, HasSubstr("<feature var='urn:xmpp:jingle:1'/>"));
  EXPECT_THAT(answer->xml, HasSubstr("<feature var='urn:xmpp:ping'/>"));
}

// covers DSC-10
TEST_F(RequestsTest, AnswersDiscoOfAStrangerAsIfThereWereNoPlugin) {
  is_known = false;
  const std::string disco = "<query xmlns='http://jabber.org/protocol/disco#info'";
  std::string plain = get(disco + "/>")->xml;
  std::string element = caps.element();
  std::size_t at = element.find("ver='") + 5;
  std::string ver = element.substr(at, element.find('\'', at) - at);
  caps.set_plugin_features({"urn:xmpp:jingle:1"});
  EXPECT_EQ(get(disco + "/>")->xml, plain);
  EXPECT_THAT(get(disco + " node='urn:x-balcony:cli#" + ver + "'/>")->xml, HasSubstr("result"));
  element = caps.element();
  ver = element.substr(at, element.find('\'', at) - at);
  EXPECT_THAT(get(disco + " node='urn:x-balcony:cli#" + ver + "'/>")->xml,
              HasSubstr("<item-not-found"));
}

TEST_F(RequestsTest, AnswersDiscoOfAnUnknownNodeWithAnError) {
  EXPECT_THAT(get("<query xmlns='http://jabber.org/protocol/disco#info' node='x'/>")->xml,
              HasSubstr("<item-not-found"));
}

TEST_F(RequestsTest, LeavesOthersToTheScriptForTenSeconds) {
  EXPECT_FALSE(get("<query xmlns='urn:example'/>"));
  EXPECT_EQ(requests.next_deadline(), kStart + Requests::kWait);
  EXPECT_TRUE(requests.due(kStart + std::chrono::seconds(9)).empty());
  auto due = requests.due(kStart + Requests::kWait);
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].to, "j@l/b");
  EXPECT_THAT(due[0].xml, HasSubstr("<service-unavailable"));
  EXPECT_FALSE(requests.next_deadline());
}

TEST_F(RequestsTest, DoesNotAnswerWhatTheScriptAnswered) {
  get("<query xmlns='urn:example'/>");
  requests.on_sent({"iq", "result", "1", "somebody@else", "", false});
  requests.on_sent({"iq", "get", "1", "j@l/b", "", false});
  EXPECT_TRUE(requests.next_deadline());
  requests.on_sent({"iq", "error", "1", "j@l/b", "", false});
  EXPECT_FALSE(requests.next_deadline());
}

TEST_F(RequestsTest, TakesOnlyRequestsForRequests) {
  EXPECT_FALSE(on("<iq type='result' id='1'><ping xmlns='urn:xmpp:ping'/></iq>"));
  EXPECT_FALSE(on("<iq type='get'><ping xmlns='urn:xmpp:ping'/></iq>"));
  EXPECT_FALSE(on("<message type='get' id='1'/>"));
  EXPECT_FALSE(requests.next_deadline());
}

TEST_F(RequestsTest, AnswersTheServersOwnWithoutAnAddress) {
  on("<iq type='set' id='push'><query xmlns='jabber:iq:roster'/></iq>");
  EXPECT_THAT(requests.due(kStart + Requests::kWait)[0].xml,
              HasSubstr("<iq type='error' id='push'><error"));
}

TEST_F(RequestsTest, AnswersAtOnceWhenTooManyAreOpen) {
  for (std::size_t i = 0; i < Requests::kMaxOpen; ++i) {
    EXPECT_FALSE(on("<iq type='get' id='" + std::to_string(i) + "' from='j@l/b'/>"));
  }
  EXPECT_THAT(on("<iq type='get' id='more' from='j@l/b'/>")->xml,
              HasSubstr("<service-unavailable"));
}

// The hash was computed apart, with openssl.
// covers DSC-07
TEST_F(RequestsTest, HashesItsFeaturesForPresence) {
  EXPECT_EQ(caps.element(),
            "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='urn:x-balcony:cli' "
            "ver='O1vFL/3zwqAk/ZFR2qWPsrWpX8w='/>");
}

// covers DSC-07
TEST_F(RequestsTest, AnswersTheNodesOfTheLastThreeSets) {
  auto node = [this] {
    std::string element = caps.element();
    std::size_t at = element.find("ver='") + 5;
    return "urn:x-balcony:cli#" + element.substr(at, element.find('\'', at) - at);
  };
  std::string first = node();
  caps.set_plugin_features({"a"});
  caps.set_plugin_features({"a"});
  caps.set_plugin_features({"b"});
  EXPECT_EQ(caps.query(first)->find("var='a'"), std::string::npos);
  caps.set_plugin_features({"c"});
  EXPECT_FALSE(caps.query(first));
  EXPECT_THAT(*caps.query(node()), HasSubstr("<feature var='c'/>"));
  EXPECT_THAT(*caps.query(node()), HasSubstr("node='" + node() + "'"));
}

}  // namespace
}  // namespace balcony_cli
