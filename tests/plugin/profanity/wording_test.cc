// SPDX-License-Identifier: MIT
#include "plugin/profanity/wording.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace profanity_host;
using testing::ElementsAre;
using testing::HasSubstr;

balcony_stream_info stream(const char* state, const char* transport, const char* trust) {
  balcony_stream_info info{};
  info.peer = "juliet@localhost/balcony";
  info.state = state;
  info.transport = transport;
  info.trust = trust;
  return info;
}

TEST(ProfanityTitle, SaysTheWayAndMarksAKeyThatIsNotVerified) {
  EXPECT_EQ(title(stream("open", "ibb", "pinned")), "e2e in-band, unverified");
  EXPECT_EQ(title(stream("open", "s5b-direct", "verified")), "e2e direct");
  EXPECT_EQ(title(stream("moved", "s5b-proxy", "ca")), "e2e relayed");
  EXPECT_EQ(title(stream("resuming", "ibb", "verified")), "e2e interrupted");
  EXPECT_EQ(title(stream("negotiating", "ibb", nullptr)), "");
  EXPECT_EQ(title(stream("closed", "ibb", "verified")), "");
  balcony_stream_info through_turn = stream("open", "ice-tcp", "verified");
  through_turn.pair = "relay/host";
  EXPECT_EQ(title(through_turn), "e2e relayed");
}

TEST(ProfanityEventLine, IsOneForEachChange) {
  EXPECT_THAT(event_line(stream("open", "ibb", "pinned"), false),
              HasSubstr("is open: in-band, through your server, which can't read it; key trusted, "
                        "not verified"));
  EXPECT_EQ(event_line(stream("moved", "s5b-direct", "pinned"), true),
            "The stream with juliet@localhost (balcony) is now direct.");
  EXPECT_EQ(event_line(stream("negotiating", nullptr, nullptr), false), "");
}

TEST(ProfanityEventLine, SaysWhyThereIsNoStream) {
  balcony_stream_info info = stream("closed", nullptr, nullptr);
  info.text = "nobody answered";
  balcony_attempt tried[] = {{"s5b", "no path"}, {"ibb", "no answer"}};
  info.tried = tried;
  info.tried_count = 2;
  EXPECT_EQ(event_line(info, false),
            "No stream with juliet@localhost (balcony): nobody answered. Tried: s5b: no path; ibb: "
            "no answer.");
}

TEST(ProfanityEventLine, SaysWhatAnEndMeansForWhatIsWritten) {
  balcony_stream_info info = stream("closed", "ibb", "pinned");
  info.reason = "success";
  EXPECT_EQ(event_line(info, true),
            "The stream with juliet@localhost (balcony) is closed. What you write now goes as the "
            "mode of this contact says.");
}

TEST(ProfanityQuestion, NamesTheCommandsThatAnswerIt) {
  balcony_question offer{sizeof offer, "offer", "juliet@localhost/balcony", nullptr, nullptr, 0};
  EXPECT_THAT(question_lines(offer),
              ElementsAre(HasSubstr("juliet@localhost (balcony) offers"),
                          HasSubstr("/e2e accept juliet@localhost   or   /e2e decline juliet@")));
}

TEST(ProfanityQuestion, WarnsOfAnotherKey) {
  const char* known[] = {"0123456789abcdef"};
  balcony_question key{sizeof key, "key", "juliet@localhost/balcony", "fedcba9876543210", known, 1};
  auto lines = question_lines(key);
  EXPECT_THAT(lines[0], HasSubstr("ANOTHER KEY"));
  EXPECT_EQ(lines[1], "  fedcba98 76543210");
  EXPECT_EQ(lines[2], "  known: 01234567 89abcdef");
  EXPECT_EQ(lines[4], "  /e2e trust juliet@localhost fedcba9876543210");
}

TEST(ProfanityStatus, IsTwoLinesForEachStream) {
  balcony_stream_info info = stream("open", "ibb", "verified");
  info.tls = "TLSv1.3";
  info.cipher = "TLS_AES_128_GCM_SHA256";
  info.since = 200;
  info.stanzas_out = 3;
  info.bytes_in = 20 * 1024;
  EXPECT_THAT(status_lines(info),
              ElementsAre("  juliet@localhost (balcony): open for 3 min, in-band, TLSv1.3 "
                          "TLS_AES_128_GCM_SHA256, key verified",
                          "    out: 3 stanzas, 0 bytes; in: 0 stanzas, 20 KiB"));
}

}  // namespace
