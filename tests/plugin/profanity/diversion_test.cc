// SPDX-License-Identifier: MIT
// What leaves the client, and what goes in its place.
#include "tests/plugin/profanity/fixture.h"

namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class ProfanityDiversion : public ProfanityTest {
 protected:
  ProfanityDiversion() { go_online(); }
  void core_answers(int answer) {
    core_.outgoing = [answer](auto&) { return answer; };
  }
};

constexpr auto IsReplacement = [] {
  return AllOf(HasSubstr("<iq type='get' to='romeo@localhost'"), HasSubstr("urn:xmpp:ping"));
};

// covers STZ-01
TEST_F(ProfanityDiversion, PutsAPingToOurselvesInThePlaceOfWhatIsTaken) {
  core_answers(BALCONY_TAKEN);
  std::string first = host_.sends(to_juliet("psst")), second = host_.sends(to_juliet("psst"));
  EXPECT_THAT(first, IsReplacement());
  EXPECT_THAT(second, IsReplacement());
  EXPECT_NE(first, second);  // ids
  EXPECT_THAT(core_.seen_out, ElementsAre(to_juliet("psst"), to_juliet("psst")));
}

// covers STZ-13, STZ-15
TEST_F(ProfanityDiversion, SendsByTheStreamWhatTheClientAddressesToAnotherDevice) {
  core_answers(BALCONY_TAKEN);
  tell_stream("open");
  auto addressed = [](const std::string& to, const std::string& inner) {
    return "<message to='" + to + "' type='chat'>" + inner + "</message>";
  };
  std::string body = "<body>psst</body>";
  std::string receipt = "<received xmlns='urn:xmpp:receipts' id='1'/>";
  for (const char* to : {kJulietsClient, kJuliet, "juliet@localhost/telephone"})
    host_.sends(addressed(to, body));
  host_.sends(addressed("juliet@localhost/telephone", receipt));
  EXPECT_THAT(core_.seen_out, ElementsAre(addressed(kJulietsClient, body), addressed(kJuliet, body),
                                          addressed(kJuliet, body),
                                          addressed("juliet@localhost/telephone", receipt)));
  EXPECT_TRUE(host_.saw_line("another device of juliet@localhost (telephone)"));
}

TEST_F(ProfanityDiversion, LeavesAloneWhatPasses) {
  EXPECT_EQ(host_.sends(to_juliet("hello")), to_juliet("hello"));
  core_.outgoing_text = "<message>another</message>";
  EXPECT_EQ(host_.sends(to_juliet("hello")), "<message>another</message>");
}

TEST_F(ProfanityDiversion, TellsTheUserWhatIsRefused) {
  core_answers(BALCONY_REFUSED);
  core_.outgoing_text = "mode require";
  EXPECT_THAT(host_.sends(to_juliet("secret")), IsReplacement());
  EXPECT_TRUE(host_.saw_line("juliet@localhost: NOT SENT: \"secret\": mode require"));
}

TEST_F(ProfanityDiversion, SaysNothingOfTypingNoticesThatAreRefused) {
  core_answers(BALCONY_REFUSED);
  host_.sends(
      "<message to='juliet@localhost' type='chat'><composing "
      "xmlns='http://jabber.org/protocol/chatstates'/></message>");
  EXPECT_TRUE(host_.lines.empty());
}

TEST_F(ProfanityDiversion, KeepsWhatAFullStreamDoesNotTakeAndItsOrder) {
  core_answers(BALCONY_BUSY);
  EXPECT_THAT(host_.sends(to_juliet("one")), IsReplacement());
  core_answers(BALCONY_TAKEN);
  EXPECT_THAT(host_.sends(to_juliet("two")), IsReplacement());
  core_.seen_out.clear();
  tell([](const balcony_host& host) { host.writable(host.user, kJulietsClient); });
  EXPECT_THAT(core_.seen_out, ElementsAre(to_juliet("one"), to_juliet("two")));
  EXPECT_FALSE(host_.saw_line("NOT SENT"));
}

TEST_F(ProfanityDiversion, NeverSendsByTheServerWhatWasWrittenForAStream) {
  core_answers(BALCONY_BUSY);
  host_.sends(to_juliet("one"));
  core_answers(BALCONY_PASS);  // the stream is gone
  tell([](const balcony_host& host) { host.writable(host.user, kJulietsClient); });
  EXPECT_TRUE(host_.sent.empty());
  EXPECT_TRUE(host_.saw_line("NOT SENT: \"one\": the stream was closed"));
}

TEST_F(ProfanityDiversion, KeepsNoMoreThanItSays) {
  core_answers(BALCONY_BUSY);
  std::string large = to_juliet(std::string(1 << 20, 'x'));
  for (int i = 0; i < 7; ++i) host_.sends(large);
  EXPECT_FALSE(host_.saw_line("NOT SENT"));
  host_.sends(large);
  EXPECT_TRUE(host_.saw_line("too much is waiting"));
}

TEST_F(ProfanityDiversion, ReportsWhatDidNotArrive) {
  for (int unknown : {0, 1}) {
    tell([&](const balcony_host& host) {
      balcony_stanza lost = end_to_end(kJulietsClient, "a1",
                                       "<message to='juliet@localhost/balcony'><body>lost</body>"
                                       "</message>");
      host.undelivered(host.user, &lost, unknown, "the path broke");
    });
  }
  EXPECT_THAT(host_.lines,
              ElementsAre("juliet@localhost: NOT SENT: \"lost\": the path broke",
                          "juliet@localhost: MAY NOT HAVE ARRIVED: \"lost\": the path broke"));
}

TEST_F(ProfanityDiversion, SaysOnceThatMessagesWaitForAStream) {
  core_answers(BALCONY_TAKEN);
  host_.sends(to_juliet("one"));
  host_.sends(to_juliet("two"));
  EXPECT_EQ(host_.lines.size(), 1u);
  EXPECT_TRUE(host_.saw_line("Waiting for an end-to-end stream with juliet@localhost"));
  tell_stream("open");
  host_.lines.clear();
  host_.sends(to_juliet("three"));
  EXPECT_TRUE(host_.lines.empty());
}

TEST_F(ProfanityDiversion, WarnsOnceOfAnotherEncryptionInside) {
  core_answers(BALCONY_TAKEN);
  tell_stream("open");
  host_.lines.clear();
  std::string omemo =
      "<message to='juliet@localhost'><body>fallback</body>"
      "<encrypted xmlns='eu.siacs.conversations.axolotl'/></message>";
  host_.sends(omemo);
  host_.sends(omemo);
  EXPECT_EQ(host_.lines.size(), 1u);
  EXPECT_TRUE(host_.saw_line("/omemo end"));
}

TEST_F(ProfanityDiversion, KeepsTheReplyToItsPingFromTheClient) {
  core_answers(BALCONY_TAKEN);
  std::string ping = host_.sends(to_juliet("psst"));
  std::string id = ping.substr(ping.find("id='") + 4);
  id = id.substr(0, id.find('\''));
  EXPECT_EQ(prof_on_iq_stanza_receive(("<iq id=\"" + id + "\" type=\"result\"/>").c_str()), 0);
  EXPECT_EQ(prof_on_iq_stanza_receive("<iq id=\"another\" type=\"result\"/>"), 1);
}

TEST_F(ProfanityDiversion, KeepsFromTheClientWhatIsTheCores) {
  core_.incoming = [](auto&) { return BALCONY_CONSUMED; };
  EXPECT_EQ(prof_on_iq_stanza_receive("<iq type='set'/>"), 0);
  core_.incoming = [](auto&) { return BALCONY_PASS; };
  EXPECT_EQ(prof_on_message_stanza_receive("<message/>"), 1);
  EXPECT_EQ(prof_on_presence_stanza_receive("<presence/>"), 1);
}

TEST_F(ProfanityDiversion, LetsNothingOutThatWasThrown) {
  core_.outgoing = [](auto&) -> int { throw std::runtime_error("what a day"); };
  EXPECT_EQ(host_.sends(to_juliet("secret")), " ");
  EXPECT_THAT(host_.log, ElementsAre("Balcony: what a day"));
}

using ProfanityWithoutState = ProfanityTest;

TEST_F(ProfanityWithoutState, SendsOnlyToRooms) {
  core_.open_error = [](auto&) { return "contacts.ini is damaged."; };
  go_online();
  EXPECT_TRUE(host_.saw_line("out of order: contacts.ini is damaged."));
  EXPECT_THAT(host_.sends(to_juliet("secret")), HasSubstr("urn:xmpp:ping"));
  EXPECT_TRUE(host_.saw_line("NOT SENT: \"secret\""));
  std::string talk = "<message to='room@muc' type='groupchat'><body>hi</body></message>";
  EXPECT_EQ(host_.sends(talk), talk);
}

}  // namespace
