// SPDX-License-Identifier: MIT
// The lines on stdout, to the letter of HOST-CLI.md.
#include "plugin/cli/events.h"

#include <gtest/gtest.h>

namespace balcony_cli {
namespace {

class EventsTest : public ::testing::Test {
 protected:
  std::string out;
  Events events{[this](const std::string& line) { out += line; }, [] { return 1.5; }};
};

TEST_F(EventsTest, AreOneLineEach) {
  events.online("romeo@localhost/orchard");
  events.offline("quit");
  EXPECT_EQ(out, R"({"event":"online","t":1.5,"jid":"romeo@localhost/orchard"})"
                 "\n"
                 R"({"event":"offline","t":1.5,"reason":"quit"})"
                 "\n");
}

TEST_F(EventsTest, TellPresenceWithWhatIsKnownOfE2e) {
  events.presence("j@l/b", "available", std::nullopt);
  events.presence("j@l/b", "available", true);
  events.presence("j@l/b", "unavailable", false);
  EXPECT_EQ(out, R"({"event":"presence","t":1.5,"from":"j@l/b","type":"available","e2e":null})"
                 "\n"
                 R"({"event":"presence","t":1.5,"from":"j@l/b","type":"available","e2e":true})"
                 "\n"
                 R"({"event":"presence","t":1.5,"from":"j@l/b","type":"unavailable","e2e":false})"
                 "\n");
}

TEST_F(EventsTest, ShowLineFeedsInAStanzaAsReferences) {
  events.stanza("e2e", "j@l/b", "<message><body>a\nb\rc</body></message>");
  EXPECT_EQ(out, R"({"event":"stanza","t":1.5,"via":"e2e","from":"j@l/b",)"
                 R"("xml":"<message><body>a&#10;b&#13;c</body></message>"})"
                 "\n");
}

TEST_F(EventsTest, LeaveOutWhatIsNotKnown) {
  events.stanza("server", "", "<presence/>");
  events.sent("server", "", "");
  events.notice("", "hello");
  EXPECT_EQ(out, R"({"event":"stanza","t":1.5,"via":"server","xml":"<presence/>"})"
                 "\n"
                 R"({"event":"sent","t":1.5,"via":"server"})"
                 "\n"
                 R"({"event":"notice","t":1.5,"text":"hello"})"
                 "\n");
}

TEST_F(EventsTest, TellWhatBecameOfAStanza) {
  events.sent("e2e", "j@l", "1");
  events.undelivered("j@l", "1", true, "stream lost", "<message/>");
  EXPECT_EQ(out, R"({"event":"sent","t":1.5,"via":"e2e","to":"j@l","id":"1"})"
                 "\n"
                 R"({"event":"undelivered","t":1.5,"to":"j@l","id":"1","unknown":true,)"
                 R"("reason":"stream lost","xml":"<message/>"})"
                 "\n");
}

TEST_F(EventsTest, TellAStreamWithTheMethodsThatFailed) {
  balcony_attempt tried{"s5b", "timeout"};
  balcony_stream_info info{};
  info.peer = "j@l/b";
  info.state = "closed";
  info.reason = "success";
  info.tried = &tried;
  info.tried_count = 1;
  events.stream(info);
  EXPECT_EQ(out, R"({"event":"stream","t":1.5,"peer":"j@l/b","state":"closed","reason":"success",)"
                 R"("tried":[{"transport":"s5b","reason":"timeout"}]})"
                 "\n");
}

TEST_F(EventsTest, AddCountersToAStatus) {
  balcony_stream_info info{};
  info.peer = "j@l/b";
  info.since = 2;
  info.bytes_out = 7;
  events.status(info);
  EXPECT_EQ(out, R"({"event":"status","t":1.5,"peer":"j@l/b","since":2.0,"stanzas_in":0,)"
                 R"("stanzas_out":0,"bytes_in":0,"bytes_out":7})"
                 "\n");
}

TEST_F(EventsTest, AskForAKeyWithTheKnownOnes) {
  const char* known[] = {"aa", "bb"};
  events.ask({sizeof(balcony_question), "key", "j@l/b", "cc", known, 2});
  events.ask({sizeof(balcony_question), "offer", "j@l/b", nullptr, nullptr, 0});
  EXPECT_EQ(out, R"({"event":"ask","t":1.5,"kind":"key","peer":"j@l/b","fingerprint":"cc",)"
                 R"("known":["aa","bb"]})"
                 "\n"
                 R"({"event":"ask","t":1.5,"kind":"offer","peer":"j@l/b"})"
                 "\n");
}

TEST_F(EventsTest, TellRepliesVerificationAndErrors) {
  events.reply("list", false, "no streams");
  events.verified("j@l/b", "aa", "fingerprint");
  events.error("no");
  EXPECT_EQ(out,
            R"({"event":"reply","t":1.5,"to":"list","ok":false,"text":"no streams"})"
            "\n"
            R"({"event":"verified","t":1.5,"peer":"j@l/b","fingerprint":"aa","by":"fingerprint"})"
            "\n"
            R"({"event":"error","t":1.5,"text":"no"})"
            "\n");
}

TEST_F(EventsTest, ReplaceWhatIsNoUtf8) {
  events.error("a\xff z");
  EXPECT_EQ(out, "{\"event\":\"error\",\"t\":1.5,\"text\":\"a\xEF\xBF\xBD z\"}\n");
}

}  // namespace
}  // namespace balcony_cli
