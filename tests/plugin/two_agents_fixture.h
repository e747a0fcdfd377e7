// SPDX-License-Identifier: MIT
// What the tests of two agents share: Romeo and Juliet, contacts of each other, and after each test
// a look at whether what the hosts were told makes sense.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/two_agents.h"

namespace balcony {

inline constexpr const char* kRomeo = "romeo@example.org/orchard";
inline constexpr const char* kJuliet = "juliet@example.net/balcony";
inline const std::vector<std::string> kAuto = {"mode=auto", "trust=tofu"};  // no questions

class TwoAgents : public ::testing::Test {
 protected:
  void SetUp() override { world.befriend(kRomeo, kJuliet); }
  void TearDown() override {
    for (auto& host : world.hosts) EXPECT_EQ(host->broken_law(), "");
  }

  void meet(std::vector<std::string> romeos = kAuto, std::vector<std::string> juliets = kAuto,
            bool parser_is_sound = true) {
    romeo = &world.add(kRomeo, std::move(romeos), parser_is_sound);
    juliet = &world.add(kJuliet, std::move(juliets), parser_is_sound);
  }
  // Each has an address of its own.
  void meet_on_a_network(std::vector<std::string> romeos = kAuto,
                         std::vector<std::string> juliets = kAuto) {
    romeo = &world.add(kRomeo, std::move(romeos), true, {"192.0.2.10"});
    juliet = &world.add(kJuliet, std::move(juliets), true, {"198.51.100.20"});
  }
  void open() {
    romeo->command("start juliet@example.net");
    world.advance(2s);
    ASSERT_EQ(romeo->state(), "open") << romeo->last_stream().info.text;
    ASSERT_EQ(juliet->state(), "open");
  }

  // Romeo alone, with a Juliet whom the test plays.
  void meet_puppet(std::vector<std::string> romeos = kAuto, bool parser_is_sound = true,
                   const std::vector<std::string>& addresses = {}) {
    world.puppets[kJuliet];
    romeo = &world.add(kRomeo, std::move(romeos), parser_is_sound, addresses);
    romeo->incoming(*parse_stanza(std::string("<presence from='") + kJuliet + "'/>"));
    answer_disco();
  }
  void answer_disco() {
    world.run();
    Element query("query", ns::kDiscoInfo);
    for (std::string_view feature : {ns::kJingle, ns::kXmlStream, ns::kJingleIbb})
      query.add(Element("feature", ns::kDiscoInfo).set_attr("var", feature));
    Element asked = take_request("query");
    if (asked) says(result_of(asked).add(query));
  }
  // The oldest request of Romeo with such a payload; nameless if there is none.
  Element take_request(std::string_view payload, std::string_view action = {}) {
    auto& inbox = world.puppets[kJuliet];
    auto found = std::find_if(inbox.begin(), inbox.end(), [&](const Element& stanza) {
      const Element* child = stanza.first_child();
      return is_iq_request(stanza) && child && child->name() == payload &&
             (action.empty() || child->attr("action") == action);
    });
    if (found == inbox.end()) return {};
    Element request = *found;
    inbox.erase(found);
    return request;
  }
  Element call_puppet() {  // Romeo's offer
    romeo->command("start juliet@example.net");
    world.run();
    return take_request("jingle", "session-initiate");
  }
  void says(Element stanza) {  // Juliet, to Romeo
    stanza.set_attr("from", kJuliet).set_attr("to", kRomeo);
    romeo->incoming(stanza);
    world.run();
  }
  static Element offer(const std::string& sid, const std::string& from = kJuliet,
                       const std::string& to = kRomeo) {
    return offer_of("<transport xmlns='urn:xmpp:jingle:transports:ibb:1' block-size='4096' sid='i" +
                        sid + "'/>",
                    sid, from, to);
  }
  static Element offer_of(const std::string& transport, const std::string& sid,
                          const std::string& from = kJuliet, const std::string& to = kRomeo) {
    return *parse_stanza("<iq type='set' id='o-" + sid + "' from='" + from + "' to='" + to +
                         "'><jingle xmlns='urn:xmpp:jingle:1' action='session-initiate' sid='" +
                         sid +
                         "'><content creator='initiator' name='xmlstream'>"
                         "<description xmlns='urn:xmpp:jingle:apps:xmlstream:0'/>" +
                         transport + "</content></jingle></iq>");
  }
  static Element jingle(const std::string& action, const std::string& sid,
                        const std::string& inner = {}) {
    return *parse_stanza("<iq type='set' id='j-" + action +
                         "'><jingle xmlns='urn:xmpp:jingle:1' action='" + action + "' sid='" + sid +
                         "'>" + inner + "</jingle></iq>");
  }
  std::string fingerprint_asked(const FakeHost& host) {
    return host.told<TellAsk>().back().fingerprint;
  }

  World world;
  FakeHost* romeo = nullptr;
  FakeHost* juliet = nullptr;
};

}  // namespace balcony
