// SPDX-License-Identifier: MIT
// What a script is told of the stanzas that it sends, and of who is there.
#include "plugin/cli/outbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "plugin/cli/presences.h"
#include "plugin/strophe/balcony_strophe.h"

namespace balcony_cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class OutboxTest : public ::testing::Test {
 protected:
  static Outgoing stanza(const std::string& to, const std::string& id) {
    return {"message", "chat", id, to, "<message id='" + id + "'/>", false};
  }
  int answer = BALCONY_STROPHE_SENT;
  std::vector<std::string> out, passed;
  Events events{[this](const std::string& line) { out.push_back(line); }, [] { return 0.0; }};
  Outbox outbox{[this](const std::string& xml, std::string& reason) {
                  if (answer == BALCONY_STROPHE_REFUSED) reason = "mode require";
                  if (answer != BALCONY_STROPHE_BUSY) passed.push_back(xml);
                  return answer;
                },
                events};
};

TEST_F(OutboxTest, SaysWhichWayAStanzaWent) {
  outbox.send(stanza("j@l", "1"));
  answer = BALCONY_STROPHE_TAKEN;
  outbox.send(stanza("j@l", "2"));
  EXPECT_THAT(out, ElementsAre(HasSubstr(R"("via":"server","to":"j@l","id":"1")"),
                               HasSubstr(R"("via":"e2e","to":"j@l","id":"2")")));
}

TEST_F(OutboxTest, ReportsWhatWasRefused) {
  answer = BALCONY_STROPHE_REFUSED;
  outbox.send(stanza("j@l", "1"));
  EXPECT_THAT(out,
              ElementsAre(HasSubstr(R"("undelivered","t":0.0,"to":"j@l","id":"1","unknown":false,)"
                                    R"("reason":"mode require","xml":"<message id='1'/>")")));
}

TEST_F(OutboxTest, ReportsWhatCannotGoWhileOffline) {
  answer = BALCONY_STROPHE_OFFLINE;
  outbox.send(stanza("j@l", "1"));
  EXPECT_THAT(out, ElementsAre(HasSubstr(R"("reason":"offline")")));
}

TEST_F(OutboxTest, KeepsTheOrderWhileThePluginIsBusy) {
  answer = BALCONY_STROPHE_BUSY;
  outbox.send(stanza("j@l/b", "1"));
  answer = BALCONY_STROPHE_TAKEN;
  outbox.send(stanza("j@l", "2"));      // has to wait for the first
  outbox.send(stanza("nurse@l", "3"));  // has not
  EXPECT_THAT(passed, ElementsAre("<message id='3'/>"));
  outbox.on_writable();
  EXPECT_THAT(passed, ElementsAre("<message id='3'/>", "<message id='1'/>", "<message id='2'/>"));
}

TEST_F(OutboxTest, TriesAgainAsOftenAsItTakes) {
  answer = BALCONY_STROPHE_BUSY;
  outbox.send(stanza("j@l", "1"));
  outbox.on_writable();
  EXPECT_THAT(out, IsEmpty());
  answer = BALCONY_STROPHE_TAKEN;
  outbox.on_writable();
  outbox.on_writable();
  EXPECT_THAT(passed, ElementsAre("<message id='1'/>"));
}

TEST_F(OutboxTest, ReportsWhatStillWaitsAtTheEnd) {
  answer = BALCONY_STROPHE_BUSY;
  outbox.send(stanza("j@l", "1"));
  outbox.give_up("going offline");
  outbox.give_up("going offline");
  EXPECT_THAT(out, ElementsAre(HasSubstr(R"("reason":"going offline")")));
}

TEST_F(OutboxTest, IsBounded) {
  answer = BALCONY_STROPHE_BUSY;
  for (std::size_t i = 0; i < Outbox::kMaxWaiting; ++i) outbox.send(stanza("j@l", "1"));
  EXPECT_THAT(out, IsEmpty());
  outbox.send(stanza("j@l", "2"));
  EXPECT_THAT(out, ElementsAre(HasSubstr("undelivered")));
}

TEST_F(OutboxTest, IsSilentAboutStanzasThatAreNotTheScripts) {
  Outgoing own = stanza("j@l", "1");
  own.is_own = true;
  for (int each : {BALCONY_STROPHE_SENT, BALCONY_STROPHE_REFUSED, BALCONY_STROPHE_OFFLINE}) {
    answer = each;
    outbox.send(own);
  }
  EXPECT_EQ(passed.size(), 3u);
  EXPECT_THAT(out, IsEmpty());
}

class PresencesTest : public OutboxTest {
 protected:
  ~PresencesTest() override { xmpp_ctx_free(context); }
  void on(const std::string& xml) {
    StanzaPtr stanza(xmpp_stanza_new_from_string(context, xml.c_str()));
    presences.on_stanza(stanza.get());
  }
  xmpp_ctx_t* context = xmpp_ctx_new(nullptr, nullptr);
  Presences presences{events};
};

TEST_F(PresencesTest, TellsAgainWhenE2eBecomesKnown) {
  on("<presence from='j@l/b'/>");
  presences.on_peer("j@l/b", 1);
  presences.on_peer("j@l/b", 1);
  on("<presence from='j@l/b'><show>away</show></presence>");
  on("<presence from='j@l/b' type='unavailable'/>");
  EXPECT_THAT(out, ElementsAre(HasSubstr(R"("available","e2e":null)"),
                               HasSubstr(R"("available","e2e":true)"),
                               HasSubstr(R"("available","e2e":true)"),
                               HasSubstr(R"("unavailable","e2e":true)")));
}

TEST_F(PresencesTest, ForgetsWhoIsGone) {
  on("<presence from='j@l/b'/>");
  presences.on_peer("j@l/b", 0);
  on("<presence from='j@l/b' type='unavailable'/>");
  presences.on_peer("j@l/b", 1);
  on("<presence from='j@l/b'/>");
  presences.clear();
  presences.on_peer("j@l/b", 1);
  EXPECT_EQ(out.size(), 4u);
  EXPECT_THAT(out.back(), HasSubstr(R"("e2e":null)"));
}

TEST_F(PresencesTest, SaysNothingOfOtherStanzas) {
  on("<presence from='j@l' type='subscribe'/>");
  on("<presence/>");
  on("<message from='j@l/b'/>");
  EXPECT_THAT(out, IsEmpty());
}

TEST_F(PresencesTest, RemembersABoundedNumber) {
  for (std::size_t i = 0; i <= Presences::kMaxResources; ++i) {
    on("<presence from='j@l/" + std::to_string(i) + "'/>");
  }
  out.clear();
  presences.on_peer("j@l/0", 1);
  presences.on_peer("j@l/" + std::to_string(Presences::kMaxResources), 1);
  EXPECT_THAT(out, ElementsAre(HasSubstr("j@l/0")));
}

}  // namespace
}  // namespace balcony_cli
