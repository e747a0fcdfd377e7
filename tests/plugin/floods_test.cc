// SPDX-License-Identifier: MIT
// Floods of what costs us something: offers, attempts that stall half-way, questions (SECURITY.md,
// promise 8). What is bounded stays bounded, and a good peer is still served.
#include "tests/plugin/two_agents_fixture.h"

namespace balcony {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kNurse = "nurse@example.net/house";

class Floods : public TwoAgents {
 protected:
  // Romeo, in reach of the internet, and a good friend; what else comes to him the test says.
  void meet_friend(const std::vector<std::string>& romeos) {
    world.befriend(kRomeo, kNurse);
    nurse = &world.add(kNurse, kAuto, true, {"198.51.100.30"});
    meet_puppet(romeos, parser_is_sound, {"192.0.2.10"});
  }
  void expect_friend_is_served() {
    nurse->command("start romeo@example.org");
    world.advance(3s);
    EXPECT_EQ(nurse->state(), "open") << nurse->last_stream().info.text;
    nurse->message(romeo->jid, "Here, sir, a ring");
    world.advance(1s);
    EXPECT_THAT(romeo->bodies("e2e"), Contains("Here, sir, a ring"));
  }
  // An offer whose only candidates are honeypots.
  static Element socks5_offer(const std::string& sid) {
    return offer_of("<transport xmlns='urn:xmpp:jingle:transports:s5b:1' mode='tcp' sid='t" + sid +
                        "'><candidate cid='c' host='203.0.113.9' jid='juliet@example.net/balcony' "
                        "port='5000' priority='8257536'/></transport>",
                    sid);
  }

  bool parser_is_sound = true;
  FakeHost* nurse = nullptr;
};

// As from a host whose parser takes a prefixed `from` for the sender: every one claims to be
// Juliet's, and her client knows of none.
TEST_F(Floods, OfForgedOffersPinShowOpenAndEndNothing) {  // covers JGL-40, promises 3, 7, 8
  parser_is_sound = false;
  meet_friend(kAuto);
  Element own = call_puppet();
  ASSERT_TRUE(own);
  says(result_of(own));
  std::size_t listeners = world.internet.listeners();

  for (int i = 0; i < 10'000; ++i) {
    romeo->incoming(socks5_offer("zz" + std::to_string(i)));
    if (i % 50 != 0) continue;
    world.run();
    while (Element question = take_request("jingle", "session-info"))
      says(error_of(question, {"item-not-found", {}, {}, {}}));
    world.puppets[kJuliet].clear();
  }

  world.advance(1s);
  EXPECT_THAT(world.internet.tried, IsEmpty());
  EXPECT_EQ(world.internet.listeners(), listeners);
  EXPECT_THAT(romeo->states(), testing::ElementsAre("negotiating"));  // our own, still
  EXPECT_THAT(romeo->told<TellAsk>(), IsEmpty());
  romeo->command("fingerprint juliet@example.net");
  world.run();
  EXPECT_THAT(romeo->reply(), HasSubstr("No key"));
  std::string sid(own.first_child()->attr("sid"));
  says(jingle("session-terminate", sid, "<reason><decline/></reason>"));
  EXPECT_EQ(romeo->last_stream().info.reason, "decline") << "it was Juliet's to answer";
  expect_friend_is_served();
}

// A contact whose every client calls, is accepted, and then says nothing more.
TEST_F(Floods, OfHalfOpenAttemptsLeaveRoomForOthers) {  // covers C-17, C-03, promise 8
  meet_friend(kAuto);
  for (int i = 0; i < 200; ++i) {
    std::string client = "juliet@example.net/" + std::to_string(i);
    world.puppets[client];
    romeo->incoming(offer("s" + std::to_string(i), client));
    world.run();
    for (const Element& stanza : std::exchange(world.puppets[client], {})) {
      if (!is_iq_request(stanza)) continue;
      romeo->incoming(result_of(stanza).set_attr("from", client).set_attr("to", kRomeo));
    }
    world.run();
  }
  world.advance(1s);
  expect_friend_is_served();
  world.advance(130s);  // what was half open has ended at its limits
  romeo->command("status");
  world.run();
  EXPECT_EQ(romeo->told<TellStatus>().size(), 1U);
}

// Each in a client of its own, so that none takes another's place.
TEST_F(Floods, OfQuestionsAskOneForEachContact) {  // covers SECURITY.md "Limits"
  meet_friend({"trust=ask"});
  for (int i = 0; i < 50; ++i) {
    std::string client = "juliet@example.net/" + std::to_string(i);
    world.puppets[client];
    romeo->incoming(offer("q" + std::to_string(i), client));
    world.run();
  }
  world.advance(1s);
  EXPECT_EQ(romeo->told<TellAsk>().size(), 1U);
  std::vector<std::string> said = world.jingle();
  EXPECT_GE(std::count_if(said.begin(), said.end(),
                          [](const auto& line) { return line.starts_with("session-terminate q"); }),
            2)
      << "what was not asked was declined";
  nurse->command("start romeo@example.org");
  world.advance(2s);
  EXPECT_EQ(romeo->told<TellAsk>().size(), 2U) << "another contact's question comes through";
}

// Bare presence, pushes, replies to nothing, requests of no interest: no state is kept for them.
TEST_F(Floods, OfStanzasThatMeanNothingAreForgotten) {  // covers promise 8
  meet_friend(kAuto);
  world.run();
  std::size_t timers = world.scheduler.waiting();
  for (int i = 0; i < 2'000; ++i) {
    std::string n = std::to_string(i);
    for (const std::string& xml :
         {"<iq type='result' id='balcony-" + n + "' from='juliet@example.net/balcony'/>",
          "<iq type='set' id='" + n + "' from='m@x/" + n +
              "'><data xmlns='http://jabber.org/protocol/ibb' sid='s' seq='0'>AA==</data></iq>",
          "<iq type='set' id='" + n + "' from='m@x/" + n +
              "'><jingle xmlns='urn:xmpp:jingle:1' action='session-info' sid='" + n + "'/></iq>",
          "<iq type='set' id='" + n +
              "' from='juliet@example.net/balcony'><query "
              "xmlns='jabber:iq:roster'/></iq>",
          "<presence from='m@x/" + n + "'/>"})
      romeo->incoming(*parse_stanza(xml));
    if (i % 100 == 0) world.run();
  }
  world.run();
  EXPECT_LE(world.scheduler.waiting(), timers + 2);
  EXPECT_THAT(romeo->told<TellStream>(), IsEmpty());
  expect_friend_is_served();
}

}  // namespace
}  // namespace balcony
