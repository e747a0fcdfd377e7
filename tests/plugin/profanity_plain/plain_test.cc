// SPDX-License-Identifier: MIT
// A client that exports nothing but the plugin interface: slower, plainer, as safe.
#include "tests/plugin/profanity/fixture.h"

namespace {

using testing::HasSubstr;

using ProfanityWithoutInternals = ProfanityTest;

TEST_F(ProfanityWithoutInternals, DivertsAndReceives) {
  core_.outgoing = [](auto&) { return BALCONY_TAKEN; };
  go_online();
  EXPECT_THAT(host_.sends(to_juliet("psst")), HasSubstr("urn:xmpp:ping"));
  EXPECT_TRUE(arrives(message("<body>and back</body>")));
  EXPECT_TRUE(host_.saw_line("juliet@localhost: juliet@localhost: and back"));
  EXPECT_TRUE(host_.shown.empty());
}

TEST_F(ProfanityWithoutInternals, TakesEveryLoginForANewOne) {
  go_online();
  host_.lose_connection();
  host_.resume();
  EXPECT_EQ(core_.logins.back(), "romeo@localhost/orchard new");
}

TEST_F(ProfanityWithoutInternals, AnnouncesItsFeaturesOneByOne) {
  core_.tell([](const balcony_host& host) {
    const char* all[] = {"a", "b", nullptr};
    host.features(host.user, all);
  });
  go_online();
  EXPECT_EQ(host_.features().size(), 2u);
  EXPECT_EQ(host_.presences, 2);
}

TEST_F(ProfanityWithoutInternals, EndsAtOnce) {
  go_online();
  core_.closing_turns = 1 << 30;
  prof_on_disconnect("romeo", "romeo@localhost/orchard");
  prof_on_unload();
  EXPECT_FALSE(core_.is_open);
}

}  // namespace
