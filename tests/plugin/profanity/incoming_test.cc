// SPDX-License-Identifier: MIT
// What comes end to end, in the versions of the client.
#include "tests/plugin/profanity/fixture.h"

namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class ProfanityIncoming : public ProfanityTest {
 protected:
  ProfanityIncoming() {
    core_.outgoing = [](auto&) { return BALCONY_TAKEN; };
  }
};

struct Version {
  const char* name;
  bool new_layout, zeroed;
};

class ProfanityVersion : public ProfanityIncoming, public testing::WithParamInterface<Version> {};

TEST_P(ProfanityVersion, ShowsAMessageAsAnOrdinaryOne) {
  host_.version = GetParam().name;
  host_.new_layout = GetParam().new_layout;
  host_.zeroed = GetParam().zeroed;
  go_online();
  EXPECT_TRUE(
      arrives(message("<body>psst</body><replace id='m0' "
                      "xmlns='urn:xmpp:message-correct:0'/>")));
  ASSERT_EQ(host_.shown.size(), 1u);
  const auto& shown = host_.shown[0];
  EXPECT_EQ(shown.from, kJulietsClient);
  EXPECT_EQ(shown.to, "romeo@localhost/orchard");
  EXPECT_EQ(shown.id + " " + shown.replaces + " " + shown.body, "m1 m0 psst");
  EXPECT_EQ(shown.is_mam, 0);
  EXPECT_EQ(shown.type, 1);
  EXPECT_EQ(shown.trusted, 1);
}

INSTANTIATE_TEST_SUITE_P(
    Versions, ProfanityVersion,
    testing::Values(Version{"0.13.1", false, false}, Version{"0.14.0", false, false},
                    Version{"0.15.1", false, true}, Version{"0.16.0", false, true},
                    Version{"0.17.0", true, true}, Version{"0.18.2", true, true}));

TEST_F(ProfanityIncoming, ShowsALineInAVersionThatNobodyHasLookedAt) {
  for (const char* version : {"0.19.0", "1.0.0", "nonsense", ""}) {
    host_.version = version;
    host_.lines.clear();
    go_online();
    EXPECT_TRUE(arrives(message("<body>psst</body>")));
    EXPECT_TRUE(host_.shown.empty());
    EXPECT_TRUE(host_.saw_line("juliet@localhost: juliet@localhost: psst")) << version;
  }
  host_.version = "0.17.0";
  host_.status = "development";  // either layout
  go_online();
  arrives(message("<body>psst</body>"));
  EXPECT_TRUE(host_.shown.empty());
}

TEST_F(ProfanityIncoming, TellsTheClientWhoIsTyping) {
  go_online();
  for (const char* state : {"composing", "paused", "inactive", "gone", "active"})
    arrives(message("<" + std::string(state) + " xmlns='http://jabber.org/protocol/chatstates'/>"));
  arrives(message("<body>psst</body>"));
  EXPECT_THAT(host_.events,
              ElementsAre("typing juliet@localhost/balcony", "paused juliet@localhost/balcony",
                          "inactive juliet@localhost/balcony", "gone juliet@localhost/balcony",
                          "active juliet@localhost/balcony", "unknown juliet@localhost/balcony"));
}

// covers STZ-15
TEST_F(ProfanityIncoming, AnswersWithAReceiptOnTheSameWay) {
  go_online();
  arrives(message("<body>psst</body><request xmlns='urn:xmpp:receipts'/>"));
  ASSERT_EQ(core_.seen_out.size(), 1u);
  EXPECT_THAT(core_.seen_out[0], AllOf(HasSubstr("to='juliet@localhost/balcony'"),
                                       HasSubstr("<received xmlns='urn:xmpp:receipts' id='m1'/>")));
  arrives(message("<received xmlns='urn:xmpp:receipts' id='a1'/>"));
  EXPECT_THAT(host_.events, testing::Contains("receipt juliet@localhost a1"));
}

TEST_F(ProfanityIncoming, SendsNoReceiptIfTheUserSendsNone) {
  std::filesystem::create_directory(folder_.path() / "profanity");
  folder_.put("profanity/profrc", "[connection]\nreceipts.send=false\n");
  go_online();
  arrives(message("<body>psst</body><request xmlns='urn:xmpp:receipts'/>"));
  EXPECT_TRUE(core_.seen_out.empty());
}

TEST_F(ProfanityIncoming, MakesControlCharactersHarmless) {
  go_online();
  arrives(
      message("<body>a\tb\nc\xC2\x9B"
              "31m\x7F d \xE6\xBC\xA2 \xC3\xA9</body>"));
  ASSERT_EQ(host_.shown.size(), 1u);
  EXPECT_EQ(host_.shown[0].body,
            "a\tb\nc\xEF\xBF\xBD"
            "31m\xEF\xBF\xBD d \xE6\xBC\xA2 \xC3\xA9");
}

TEST_F(ProfanityIncoming, AnswersVersionAndDiscoAndLeavesTheRestToTheCore) {
  go_online();
  auto ask = [](const std::string& payload) {
    return "<iq type='get' id='q1' from='juliet@localhost/balcony' to='romeo@localhost/orchard'>" +
           payload + "</iq>";
  };
  EXPECT_TRUE(arrives(ask("<query xmlns='jabber:iq:version'/>")));
  EXPECT_TRUE(arrives(ask("<query xmlns='http://jabber.org/protocol/disco#info'/>")));
  EXPECT_FALSE(arrives(ask("<ping xmlns='urn:xmpp:ping'/>")));
  EXPECT_FALSE(arrives(ask("<query xmlns='jabber:iq:last'/>")));
  ASSERT_EQ(core_.seen_out.size(), 2u);
  EXPECT_THAT(core_.seen_out[0], AllOf(HasSubstr("id='q1'"), HasSubstr("<version>0.13.1")));
  EXPECT_THAT(core_.seen_out[1], AllOf(HasSubstr("type='console'"), HasSubstr("urn:xmpp:ping")));
}

TEST_F(ProfanityIncoming, SaysThatAMessageWasRefused) {
  go_online();
  arrives(
      "<message from='juliet@localhost/balcony' type='error'><error type='cancel'>"
      "<service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
  EXPECT_TRUE(host_.saw_line("could not take a message: service-unavailable"));
}

}  // namespace
