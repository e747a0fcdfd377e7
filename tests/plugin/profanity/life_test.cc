// SPDX-License-Identifier: MIT
// Loading, logins, and the end.
#include "tests/plugin/profanity/fixture.h"

namespace {

using testing::ElementsAre;
using testing::IsSupersetOf;

class ProfanityLife : public ProfanityTest {
 protected:
  ProfanityLife() {
    core_.tell([this](const balcony_host& host) {
      std::vector<const char*> all(features_.begin(), features_.end());
      all.push_back(nullptr);
      host.features(host.user, all.data());
    });
  }
  std::vector<const char*> features_{"urn:xmpp:jingle:1", "urn:xmpp:jingle:transports:ibb:1"};
};

TEST_F(ProfanityLife, TellsOfItsFeaturesBeforeTheFirstPresence) {
  go_online();
  EXPECT_THAT(host_.features(), IsSupersetOf({"urn:xmpp:jingle:1"}));
  EXPECT_EQ(host_.presences, 0);
}

TEST_F(ProfanityLife, KeepsItsStateInTheClientsFolder) {
  go_online();
  EXPECT_EQ(core_.state_dir, folder_ / "profanity/balcony/romeo@localhost");
  EXPECT_THAT(core_.logins, ElementsAre("romeo@localhost/orchard new"));
}

TEST_F(ProfanityLife, ChangesItsFeaturesOnce) {
  go_online();
  features_ = {"urn:xmpp:jingle:1"};
  tell([this](const balcony_host& host) {
    const char* all[] = {features_[0], nullptr};
    host.features(host.user, all);
  });
  EXPECT_THAT(host_.features(), ElementsAre("urn:xmpp:jingle:1"));
  EXPECT_EQ(host_.presences, 1);
  tell([](const balcony_host& host) {
    const char* none[] = {nullptr};
    host.features(host.user, none);
  });
  EXPECT_TRUE(host_.features().empty());
  EXPECT_EQ(host_.presences, 2);
}

// The client never announces again what a plugin of that name has announced before.
TEST_F(ProfanityLife, AnnouncesItsFeaturesAgainInAnotherLife) {
  go_online();
  prof_on_unload();
  EXPECT_TRUE(host_.features().empty());
  EXPECT_FALSE(core_.is_open);
  EXPECT_EQ(host_.turn_handler, nullptr);
  core_.tell([](const balcony_host& host) {
    const char* all[] = {"urn:xmpp:jingle:1", nullptr};
    host.features(host.user, all);
  });
  host_.load_online();
  EXPECT_THAT(host_.features(), ElementsAre("urn:xmpp:jingle:1"));
}

TEST_F(ProfanityLife, ToldTheCoreWhoIsOnlineWhenItIsLoadedLate) {
  host_.roster = {{"juliet@localhost", {"balcony"}}, {"nurse@localhost", {}}};
  host_.load_online();
  EXPECT_THAT(core_.seen_in, ElementsAre("<presence from='juliet@localhost/balcony'/>"));
}

TEST_F(ProfanityLife, KnowsAResumedSessionFromANewLogin) {
  go_online();
  host_.lose_connection();
  host_.resume();
  host_.lose_connection();
  host_.log_in(false);
  host_.lose_connection();
  host_.log_in(true);
  EXPECT_THAT(core_.logins,
              ElementsAre("romeo@localhost/orchard new", "offline",
                          "romeo@localhost/orchard resumed", "offline",
                          "romeo@localhost/orchard new", "offline", "romeo@localhost/orchard new"));
}

TEST_F(ProfanityLife, IsResumedBeforeTheFirstStanzaOfAResumedSession) {
  go_online();
  host_.lose_connection();
  host_.state = 1;
  core_.incoming = [this](auto&) {
    EXPECT_EQ(core_.logins.back(), "romeo@localhost/orchard resumed");
    return BALCONY_CONSUMED;
  };
  EXPECT_EQ(prof_on_iq_stanza_receive("<iq type='set'/>"), 0);
  host_.resume();
  EXPECT_EQ(core_.logins.size(), 3u);
}

TEST_F(ProfanityLife, ClosesItsStreamsWhileTheServerIsThere) {
  go_online();
  core_.closing_turns = 3;
  tell_stream("open");
  EXPECT_EQ(host_.titles[kJuliet], "e2e in-band, unverified");
  prof_on_disconnect("romeo", "romeo@localhost/orchard");
  EXPECT_TRUE(core_.shut_down);
  EXPECT_FALSE(core_.is_open);
  EXPECT_FALSE(host_.titles.contains(kJuliet));
}

TEST_F(ProfanityLife, DoesNotWaitForAServerThatIsGone) {
  go_online();
  core_.closing_turns = 1 << 30;
  host_.lose_connection();
  EXPECT_FALSE(core_.shut_down);
  prof_on_shutdown();
  EXPECT_FALSE(core_.is_open);
}

TEST_F(ProfanityLife, EndsTwiceWithoutHarm) {
  go_online();
  prof_on_unload();
  prof_on_unload();
  prof_on_shutdown();
  EXPECT_EQ(prof_on_message_stanza_receive("<message/>"), 1);
  EXPECT_EQ(host_.sends(to_juliet("hello")), to_juliet("hello"));
}

TEST_F(ProfanityLife, OpensAnotherAccountAfresh) {
  go_online();
  prof_on_disconnect("romeo", "romeo@localhost/orchard");
  host_.full_jid = "mercutio@localhost/street";
  host_.log_in();
  EXPECT_EQ(core_.state_dir, folder_ / "profanity/balcony/mercutio@localhost");
  EXPECT_EQ(core_.logins.back(), "mercutio@localhost/street new");
}

TEST_F(ProfanityLife, TellsWhatStillWaitedWhenTheUserGoesToAnotherAccount) {
  go_online();
  core_.outgoing = [](auto&) { return BALCONY_BUSY; };
  host_.sends(to_juliet("hello"));
  host_.lose_connection();
  host_.full_jid = "mercutio@localhost/street";
  host_.log_in();
  EXPECT_TRUE(host_.saw_line("NOT SENT: \"hello\": you went to another account"));
}

TEST_F(ProfanityLife, ShowsTheStateInTheTitleOfANewWindow) {
  host_.windows.clear();
  go_online();
  tell_stream("open");
  EXPECT_TRUE(host_.titles.empty());
  EXPECT_TRUE(host_.saw_line("e2e: Encrypted end-to-end stream with juliet@localhost (balcony)"));
  host_.windows = {kJuliet};
  prof_on_chat_win_focus(kJuliet);
  EXPECT_EQ(host_.titles[kJuliet], "e2e in-band, unverified");
  tell_stream("closed", "success");
  EXPECT_TRUE(host_.titles.empty());
}

}  // namespace
