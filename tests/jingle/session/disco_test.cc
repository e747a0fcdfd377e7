// SPDX-License-Identifier: MIT
// What is known of the peers' resources, and when it is asked for or forgotten.
#include "jingle/session/disco.h"

#include "tests/jingle/session/side.h"

namespace balcony {
namespace {

constexpr std::string_view kLab = "ben@example.net/lab";
constexpr std::string_view kPhone = "ben@example.net/phone";

std::string query_xml(const std::string& features, const std::string& node = {}) {
  return "<query xmlns='http://jabber.org/protocol/disco#info'" +
         (node.empty() ? std::string() : " node='" + node + "'") + ">" + features + "</query>";
}
const std::string kStreams =
    "<feature var='urn:xmpp:jingle:1'/><feature var='urn:xmpp:jingle:apps:xmlstream:0'/>"
    "<feature var='urn:xmpp:jingle:transports:ibb:1'/><feature var='urn:x-balcony:0#move'/>";

class PeerFeaturesTest : public testing::Test {
 protected:
  // The question that presence raises: `to node`, or nothing.
  std::string presence(std::string_view from, const std::string& inner = {},
                       const std::string& type = {}) {
    std::string text = "<presence from='" + std::string(from) + "'" +
                       (type.empty() ? "" : " type='" + type + "'") + ">" + inner + "</presence>";
    return describe(peers.on_presence(xml(text)));
  }
  static std::string describe(const std::optional<PeerFeatures::Query>& query) {
    return query ? query->to.full() + " " + query->node : "nothing";
  }
  void answer(std::string_view from, const std::string& features, const std::string& node = {}) {
    Element query = xml(query_xml(features, node));
    peers.on_features(jid(from), &query);
  }
  static std::string caps(const std::string& ver, const std::string& hash = "sha-1") {
    return "<c xmlns='http://jabber.org/protocol/caps' hash='" + hash + "' node='n' ver='" + ver +
           "'/>";
  }
  Events resources() {
    Events names;
    for (const Jid& full : peers.resources(jid("ben@example.net")))
      names.emplace_back(full.resource());
    return names;
  }

  FakeEnv env;
  PeerFeatures peers{env};
  const std::string ver = *caps_hash(xml(query_xml(kStreams)));
};

// covers DSC-06
TEST_F(PeerFeaturesTest, AreAskedOfTheFullAddressAndTheAdvertisedNode) {
  EXPECT_EQ(peers.supports(jid(kLab)), std::nullopt);
  EXPECT_EQ(presence(kLab, caps(ver)), std::string(kLab) + " n#" + ver);
  EXPECT_TRUE(peers.is_online(jid(kLab)));
  EXPECT_EQ(peers.supports(jid(kLab)), std::nullopt);
  EXPECT_EQ(peers.features(jid(kLab)), nullptr);
  answer(kLab, kStreams, "n#" + ver);
  EXPECT_EQ(peers.supports(jid(kLab)), true);
  EXPECT_TRUE(peers.features(jid(kLab))->contains("urn:x-balcony:0#move"));
}

TEST_F(PeerFeaturesTest, AreAskedWithoutANodeIfNoneIsAdvertised) {
  EXPECT_EQ(presence(kLab), std::string(kLab) + " ");
  answer(kLab, "<feature var='urn:xmpp:jingle:1'/>");
  EXPECT_EQ(peers.supports(jid(kLab)), false);
  std::string legacy = "<c xmlns='http://jabber.org/protocol/caps' node='n' ver='1.0'/>";
  EXPECT_EQ(presence(kPhone, legacy), std::string(kPhone) + " ");
}

TEST_F(PeerFeaturesTest, AreAskedOnceHoweverOftenPresenceChanges) {
  presence(kLab, caps(ver));
  EXPECT_EQ(presence(kLab, caps(ver) + "<show>away</show>"), "nothing");
}

// covers DSC-06
TEST_F(PeerFeaturesTest, OfAVerifiedHashHoldForEverybodyWhoShowsIt) {
  presence(kLab, caps(ver));
  presence("cleo@example.net/a", caps(ver));
  answer(kLab, kStreams);
  EXPECT_EQ(peers.supports(jid("cleo@example.net/a")), true);
  EXPECT_EQ(presence(kPhone, caps(ver)), "nothing");
  EXPECT_EQ(peers.supports(jid(kPhone)), true);
}

// covers DSC-06
TEST_F(PeerFeaturesTest, OfAHashThatDoesNotVerifyHoldForThatResourceOnly) {
  presence(kLab, caps("bogus"));
  answer(kLab, kStreams);
  EXPECT_EQ(peers.supports(jid(kLab)), true);
  EXPECT_EQ(presence(kPhone, caps("bogus")), std::string(kPhone) + " n#bogus");
  EXPECT_EQ(peers.supports(jid(kPhone)), std::nullopt);
}

TEST_F(PeerFeaturesTest, OfAnotherHashFunctionHoldForThatResourceOnly) {
  presence(kLab, caps(ver, "sha-256"));
  answer(kLab, kStreams);
  EXPECT_EQ(presence(kPhone, caps(ver)), std::string(kPhone) + " n#" + ver);
}

// covers DSC-06, DSC-12
TEST_F(PeerFeaturesTest, OfAnXep0390HashAreAskedByItsNodeAndForgottenWithIt) {
  auto caps2 = [](const std::string& hash) {
    return "<c xmlns='urn:xmpp:caps'><hash xmlns='urn:xmpp:hashes:2' algo='sha-256'>" + hash +
           "</hash></c>";
  };
  EXPECT_EQ(
      presence(kLab, caps2("K1Njy3HZBThlo4moOD5gBGhn0U0oK7/CbfLlIUDi6o4=")),
      std::string(kLab) + " urn:xmpp:caps#sha-256.K1Njy3HZBThlo4moOD5gBGhn0U0oK7/CbfLlIUDi6o4=");
  answer(kLab, kStreams);
  EXPECT_EQ(peers.supports(jid(kLab)), true);
  EXPECT_EQ(presence(kLab, caps2("b3RoZXI=")),
            std::string(kLab) + " urn:xmpp:caps#sha-256.b3RoZXI=");
  EXPECT_EQ(peers.supports(jid(kLab)), std::nullopt);
  EXPECT_EQ(presence(kPhone, caps2("")), std::string(kPhone) + " ");
}

// covers DSC-06
TEST_F(PeerFeaturesTest, CountAsNoneForTenMinutesAfterSilence) {
  presence(kLab, caps(ver));
  peers.on_features(jid(kLab), nullptr);
  EXPECT_EQ(peers.supports(jid(kLab)), false);
  EXPECT_EQ(describe(peers.query_for(jid(kLab))), "nothing");
  env.advance(10min);
  EXPECT_EQ(peers.supports(jid(kLab)), std::nullopt);
  EXPECT_EQ(describe(peers.query_for(jid(kLab))), std::string(kLab) + " n#" + ver);
}

// covers JGL-38
TEST_F(PeerFeaturesTest, CountAsNoneForTenMinutesAfterARefusedOffer) {
  presence(kLab, caps(ver));
  answer(kLab, kStreams);
  peers.mark_unsupported(jid(kLab));
  EXPECT_EQ(peers.supports(jid(kLab)), false);
  env.advance(10min);
  EXPECT_EQ(peers.supports(jid(kLab)), true);
}

// covers DSC-12
TEST_F(PeerFeaturesTest, AreForgottenWithTheResource) {
  presence(kLab);
  answer(kLab, kStreams);
  EXPECT_EQ(presence(kLab, "", "unavailable"), "nothing");
  EXPECT_FALSE(peers.is_online(jid(kLab)));
  EXPECT_EQ(peers.supports(jid(kLab)), std::nullopt);
}

// covers DSC-12
TEST_F(PeerFeaturesTest, AreForgottenWithAChangedHash) {
  presence(kLab, caps(ver));
  answer(kLab, kStreams);
  EXPECT_EQ(presence(kLab, caps("other")), std::string(kLab) + " n#other");
  EXPECT_EQ(peers.supports(jid(kLab)), std::nullopt);
  EXPECT_EQ(presence(kLab, caps(ver)), "nothing");  // the hash itself is still known
  EXPECT_EQ(peers.supports(jid(kLab)), true);
}

TEST_F(PeerFeaturesTest, IgnoreTheAnswerAboutAHashThatHasChangedMeanwhile) {
  presence(kLab, caps(ver));
  presence(kLab, caps("other"));
  answer(kLab, kStreams, "n#" + ver);
  EXPECT_EQ(peers.supports(jid(kLab)), std::nullopt);
}

TEST_F(PeerFeaturesTest, OfAWholeAccountAreForgottenAtItsServersWord) {
  presence(kLab);
  presence(kPhone);
  presence("ben@example.network/x");
  presence("ben@example.net", "", "unavailable");
  EXPECT_EQ(resources(), Events{});
  EXPECT_TRUE(peers.is_online(jid("ben@example.network/x")));
}

TEST_F(PeerFeaturesTest, ForgetWhoIsOnlineAtANewLoginButNotTheHashes) {
  presence(kLab, caps(ver));
  answer(kLab, kStreams);
  peers.on_login();
  EXPECT_FALSE(peers.is_online(jid(kLab)));
  EXPECT_EQ(presence(kLab, caps(ver)), "nothing");
  EXPECT_EQ(peers.supports(jid(kLab)), true);
}

TEST_F(PeerFeaturesTest, CanBeAskedOfAResourceThatShowsNoPresence) {
  EXPECT_EQ(describe(peers.query_for(jid(kLab))), std::string(kLab) + " ");
  answer(kLab, kStreams);
  EXPECT_EQ(describe(peers.query_for(jid(kLab))), "nothing");
  EXPECT_EQ(peers.supports(jid(kLab)), true);
  EXPECT_FALSE(peers.is_online(jid(kLab)));
  EXPECT_EQ(resources(), Events{});
  EXPECT_EQ(presence(kLab), std::string(kLab) + " ");  // it may be another client by now
}

// covers DSC-09
TEST_F(PeerFeaturesTest, PutTheResourceLastActiveFirst) {
  presence(kLab, "<priority>5</priority>");
  presence(kPhone, "<priority>1</priority>");
  presence("ben@example.net/old", "<priority>5</priority>");
  presence(kLab, "<priority>5</priority>");  // no new arrival
  EXPECT_EQ(resources(), (Events{"old", "lab", "phone"}));
  peers.mark_active(jid(kPhone));
  EXPECT_EQ(resources(), (Events{"phone", "old", "lab"}));
  peers.mark_active(jid("ben@example.net/nobody"));
  EXPECT_EQ(resources().size(), 3U);
}

TEST_F(PeerFeaturesTest, TakeAPriorityThatIsNoNumberForNone) {
  presence(kLab, "<priority>much</priority>");
  presence(kPhone, "<priority>-1</priority>");
  EXPECT_EQ(resources(), (Events{"lab", "phone"}));
}

TEST_F(PeerFeaturesTest, IgnorePresenceThatSaysNothingOfAResource) {
  EXPECT_EQ(presence(kLab, "", "subscribe"), "nothing");
  EXPECT_EQ(presence("ben@example.net"), "nothing");
  EXPECT_EQ(presence("@"), "nothing");
  EXPECT_EQ(resources(), Events{});
}

TEST_F(PeerFeaturesTest, AreKeptForABoundedNumberOfResources) {
  answer("first@example.net/x", kStreams);
  for (int i = 0; i < 4096; ++i) presence("p" + std::to_string(i) + "@example.net/x");
  EXPECT_EQ(peers.supports(jid("first@example.net/x")), std::nullopt);  // gave way
  EXPECT_TRUE(peers.is_online(jid("p4095@example.net/x")));
  EXPECT_EQ(presence("one-more@example.net/x"), "nothing");
  EXPECT_FALSE(peers.is_online(jid("one-more@example.net/x")));
  answer("one-more@example.net/x", kStreams);
  EXPECT_EQ(peers.supports(jid("one-more@example.net/x")), std::nullopt);
}

TEST_F(PeerFeaturesTest, AreKeptForABoundedNumberOfHashes) {
  int known = 0;
  for (int i = 0; i < 600; ++i) {
    std::string features = kStreams + "<feature var='f" + std::to_string(i) + "'/>";
    presence(kLab, caps(*caps_hash(xml(query_xml(features)))));
    answer(kLab, features);
  }
  for (int i = 0; i < 600; ++i) {
    std::string features = kStreams + "<feature var='f" + std::to_string(i) + "'/>";
    known += presence(kLab, caps(*caps_hash(xml(query_xml(features))))) == "nothing";
  }
  EXPECT_EQ(known, 512);
}

TEST(ReadFeatures, KeepsWhatConcernsUsAndNoMoreThan64) {
  std::string many = "<feature var='http://jabber.org/protocol/muc'/>" + kStreams +
                     "<feature var='urn:xmpp:jingle:" + std::string(200, 'x') + "'/>" +
                     "<identity category='client' type='pc'/>";
  EXPECT_EQ(read_features(xml(query_xml(many))),
            (Features{"urn:xmpp:jingle:1", "urn:xmpp:jingle:apps:xmlstream:0",
                      "urn:xmpp:jingle:transports:ibb:1", "urn:x-balcony:0#move"}));
  for (int i = 0; i < 100; ++i)
    many += "<feature var='urn:xmpp:jingle:" + std::to_string(i) + "'/>";
  EXPECT_EQ(read_features(xml(query_xml(many))).size(), 64U);
}

}  // namespace
}  // namespace balcony
