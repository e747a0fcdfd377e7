// SPDX-License-Identifier: MIT
// The two decisions that the host's side makes at once: what may leave through the server, and what
// of the server's is ours.
#include "plugin/snapshot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jingle/base/ns.h"
#include "jingle/base/stanza.h"
#include "jingle/base/xml_parser.h"

namespace balcony {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kJuliet = "juliet@example.net";
constexpr const char* kBalcony = "juliet@example.net/balcony";  // has the stream, if there is one
constexpr const char* kPhone = "juliet@example.net/phone";
const std::vector<std::string> kAddresses{kJuliet, kBalcony, kPhone};
const std::vector<Mode> kModes{Mode::kOff, Mode::kAsk, Mode::kAuto, Mode::kRequire};

Jid jid(const std::string& text) { return *Jid::parse(text); }

Snapshot snapshot_of(Mode mode, const std::string& stream) {
  Snapshot snapshot;
  snapshot.modes[jid(kJuliet)] = mode;
  if (stream != "none") snapshot.open[jid(kJuliet)] = {jid(kBalcony)};
  if (stream == "full") snapshot.full = {jid(kBalcony)};
  return snapshot;
}

Element stanza(std::string_view name, const std::string& to, const std::string& type) {
  Element stanza(name, ns::kClient);
  if (!to.empty()) stanza.set_attr("to", to);
  if (!type.empty()) stanza.set_attr("type", type);
  return stanza;
}

Element message(const std::string& to, const std::string& type = "chat") {
  return stanza("message", to, type).add(Element("body", ns::kClient).add_text("But soft!"));
}

Element iq(const std::string& to, const std::string& type,
           std::string_view payload_ns = ns::kPing) {
  return stanza("iq", to, type).set_attr("id", "i1").add(Element("query", payload_ns));
}

char letter(const OutgoingDecision& decision) { return "PATRB"[decision.kind]; }

// covers DSC-10
TEST(Snapshot, LetsOnlyThoseKnowOfBalconyWhoMayUseIt) {
  Snapshot snapshot;
  snapshot.local = jid("romeo@example.org/orchard");
  EXPECT_TRUE(snapshot.may_know(jid("paris@example.com/tomb"))) << "nobody is known yet";
  Roster roster;
  roster.on_roster(*parse_stanza(
      "<query xmlns='jabber:iq:roster'><item jid='juliet@example.net' subscription='both'/>"
      "<item jid='nurse@example.net' subscription='to'/>"
      "<item jid='tybalt@example.net' subscription='from'/></query>"));
  roster.on_blocklist(*parse_stanza(
      "<blocklist xmlns='urn:xmpp:blocking'><item jid='tybalt@example.net'/></blocklist>"));
  roster.on_directed_presence(jid("friar@example.com/cell"), true);
  snapshot.roster = roster;
  for (const char* known : {kBalcony, "friar@example.com/cell", "romeo@example.org/phone",
                            "romeo@example.org", "example.org"})
    EXPECT_TRUE(snapshot.may_know(jid(known))) << known;
  for (const char* other : {"paris@example.com/tomb", "nurse@example.net/house",
                            "tybalt@example.net/street", "friar@example.com", "example.net"})
    EXPECT_FALSE(snapshot.may_know(jid(other))) << other;
  snapshot.modes[jid("nurse@example.net")] = Mode::kAsk;
  EXPECT_TRUE(snapshot.may_know(jid("nurse@example.net/house")));
  snapshot.modes[jid(kJuliet)] = Mode::kOff;
  EXPECT_FALSE(snapshot.may_know(jid(kBalcony)));
}

// What becomes of a stanza to the bare address, to the client with the stream, and to another one:
// Pass, pass and Attempt, Take, Refuse or Busy.
template <class Make>
std::string fates(const Snapshot& snapshot, Make make) {
  std::string letters;
  for (const std::string& to : kAddresses) letters += letter(decide_outgoing(make(to), snapshot));
  return letters;
}

struct Row {
  std::vector<std::string> types;
  std::string stream;
  std::vector<std::string> by_mode;  // off, ask, auto, require
};

const std::vector<std::string> kTalk{"", "chat", "normal", "unheard-of"};
const std::vector<Row> kMessages{
    {kTalk, "none", {"PPP", "PPP", "AAA", "TTT"}},
    {kTalk, "open", {"PPP", "TTP", "TTA", "TTT"}},
    {kTalk, "full", {"PPP", "BBP", "BBA", "BBT"}},
    {{"error"}, "none", {"PPP", "PPP", "PPP", "TTT"}},
    {{"error"}, "open", {"PPP", "PTP", "PTP", "TTT"}},
    {{"error"}, "full", {"PPP", "PBP", "PBP", "BBT"}},
    {{"headline"}, "none", {"PPP", "PPP", "PPP", "RRR"}},
    {{"headline"}, "open", {"PPP", "PPP", "PPP", "RRR"}},
    {{"headline"}, "full", {"PPP", "PPP", "PPP", "RRR"}},
    {{"groupchat"}, "none", {"PPP", "PPP", "PPP", "PPP"}},
    {{"groupchat"}, "open", {"PPP", "PPP", "PPP", "PPP"}},
    {{"groupchat"}, "full", {"PPP", "PPP", "PPP", "PPP"}},
};

// covers STZ-01, STZ-21
TEST(OutgoingMessage, GoesByModeTypeStreamAndAddress) {
  for (const Row& row : kMessages) {
    for (const std::string& type : row.types) {
      for (std::size_t mode = 0; mode < kModes.size(); ++mode) {
        Snapshot snapshot = snapshot_of(kModes[mode], row.stream);
        EXPECT_EQ(fates(snapshot, [&](auto& to) { return message(to, type); }), row.by_mode[mode])
            << to_string(kModes[mode]) << ", type " << type << ", stream " << row.stream;
      }
    }
  }
}

// covers STZ-21, SECURITY.md promise 4
TEST(OutgoingMessage, NeverPassesInModeRequireWhateverItHolds) {
  const std::vector<std::string> contents{
      "",
      "<composing xmlns='http://jabber.org/protocol/chatstates'/>",
      "<received xmlns='urn:xmpp:receipts' id='m1'/>",
      "<displayed xmlns='urn:xmpp:chat-markers:0' id='m1'/>",
      "<body>x</body><replace xmlns='urn:xmpp:message-correct:0' id='m1'/>",
      "<encrypted xmlns='eu.siacs.conversations.axolotl'/>",
      "<data xmlns='http://jabber.org/protocol/ibb' sid='s' seq='0'>eA==</data>",
      "<propose xmlns='urn:xmpp:jingle-message:0' id='s'/>",
      "<x xmlns='jabber:x:conference' jid='room@example.org'/>",
      "<addresses xmlns='http://jabber.org/protocol/address'/><body>x</body>"};
  for (const char* stream : {"none", "open", "full"}) {
    for (const std::string type : {"", "chat", "normal", "error", "headline", "unheard-of"}) {
      for (const std::string& content : contents) {
        for (const std::string& to : kAddresses) {
          std::string xml =
              "<message type='" + type + "' to='" + to + "'>" + content + "</message>";
          auto kind = decide_outgoing(*parse_stanza(xml), snapshot_of(Mode::kRequire, stream)).kind;
          EXPECT_NE(kind, OutgoingDecision::kPass) << xml;
          EXPECT_NE(kind, OutgoingDecision::kPassAndAttempt) << xml;
        }
      }
    }
  }
}

// covers SECURITY.md promise 4
TEST(OutgoingMessage, NeverPassesInModeRequireHoweverTheAddressIsWritten) {
  Snapshot snapshot = snapshot_of(Mode::kRequire, "none");
  for (const char* to : {"Juliet@Example.NET", "juliet@example.net.", "JULIET@example.net/any"})
    EXPECT_EQ(decide_outgoing(message(to), snapshot).kind, OutgoingDecision::kTake) << to;
}

// covers SECURITY.md promise 4
TEST(OutgoingMessage, IsRefusedInModeRequireWhereItsAddressOrNamespaceCannotBeRead) {
  for (bool of_all : {true, false}) {
    Snapshot snapshot = snapshot_of(of_all ? Mode::kAsk : Mode::kRequire, "none");
    if (of_all) snapshot.modes.clear();
    if (of_all) snapshot.default_mode = Mode::kRequire;
    auto unreadable = decide_outgoing(message("jul\u200biet@@example.net"), snapshot);
    EXPECT_EQ(unreadable.kind, OutgoingDecision::kRefuse);
    EXPECT_THAT(unreadable.why, HasSubstr("address"));
    Element alien("message", "jabber:component:accept");
    alien.set_attr("to", kJuliet);
    EXPECT_EQ(decide_outgoing(alien, snapshot).kind, OutgoingDecision::kRefuse);
  }
  Snapshot relaxed = snapshot_of(Mode::kAuto, "open");
  EXPECT_EQ(decide_outgoing(message("@"), relaxed).kind, OutgoingDecision::kPass);
}

TEST(OutgoingMessage, IsRefusedWithAReasonAndNoWayAround) {  // SECURITY.md promise 4
  Snapshot snapshot = snapshot_of(Mode::kRequire, "open");
  auto headline = decide_outgoing(message(kJuliet, "headline"), snapshot);
  EXPECT_THAT(headline.why, HasSubstr("was not sent"));
  EXPECT_THAT(headline.why, Not(HasSubstr("anyway")));
  snapshot.closing = true;
  auto late = decide_outgoing(message(kBalcony), snapshot);
  EXPECT_EQ(late.kind, OutgoingDecision::kRefuse);
  EXPECT_THAT(late.why, Not(IsEmpty()));
}

TEST(OutgoingMessage, StartsNothingWhileStreamsAreBeingClosed) {
  Snapshot snapshot = snapshot_of(Mode::kAuto, "none");
  snapshot.closing = true;
  EXPECT_EQ(fates(snapshot, [](auto& to) { return message(to); }), "PPP");
}

TEST(OutgoingMessage, StartsAStreamOnlyForWhatSomebodyWrote) {  // covers STZ-21
  Snapshot snapshot = snapshot_of(Mode::kAuto, "none");
  EXPECT_EQ(fates(snapshot, [](auto& to) { return stanza("message", to, "chat"); }), "PPP");
  EXPECT_EQ(decide_outgoing(message(kPhone), snapshot).contact, jid(kPhone));
}

TEST(OutgoingMessage, FollowsTheDefaultModeWhereTheContactHasNone) {
  for (std::size_t mode = 0; mode < kModes.size(); ++mode) {
    Snapshot snapshot;
    snapshot.default_mode = kModes[mode];
    EXPECT_EQ(letter(decide_outgoing(message(kJuliet), snapshot)), "PPAT"[mode]);
    snapshot.modes[jid(kJuliet)] = Mode::kOff;
    EXPECT_EQ(letter(decide_outgoing(message(kJuliet), snapshot)), 'P');
  }
}

TEST(OutgoingMessage, TakesTheBestStreamForABareAddress) {  // covers STZ-01
  Snapshot snapshot = snapshot_of(Mode::kAsk, "open");
  snapshot.open[jid(kJuliet)] = {jid(kPhone), jid(kBalcony)};
  snapshot.full = {jid(kBalcony)};
  EXPECT_EQ(fates(snapshot, [](auto& to) { return message(to); }), "TBT");
}

TEST(OutgoingMessage, PassesWithoutAnAddress) {  // to the user's own account
  Snapshot snapshot;
  snapshot.default_mode = Mode::kRequire;
  EXPECT_EQ(decide_outgoing(message(""), snapshot).kind, OutgoingDecision::kPass);
}

TEST(OutgoingIq, RequestGoesOnTheStreamToTheFullAddressOnly) {  // covers STZ-02
  for (const std::string type : {"get", "set"}) {
    for (Mode mode : kModes) {
      auto make = [&](const std::string& to) { return iq(to, type); };
      bool off = mode == Mode::kOff;
      EXPECT_EQ(fates(snapshot_of(mode, "none"), make), "PPP");
      EXPECT_EQ(fates(snapshot_of(mode, "open"), make), off ? "PPP" : "PTP");
      EXPECT_EQ(fates(snapshot_of(mode, "full"), make), off ? "PPP" : "PBP");
    }
  }
}

TEST(OutgoingIq, RequestOfTheServerPathStaysThere) {  // covers STZ-03, IBB-18
  for (std::string_view payload : {ns::kJingle, ns::kIbb, ns::kBytestreams, ns::kRoster,
                                   ns::kBlocking, std::string_view("urn:xmpp:mam:2")}) {
    EXPECT_EQ(
        letter(decide_outgoing(iq(kBalcony, "set", payload), snapshot_of(Mode::kRequire, "open"))),
        'P')
        << payload;
  }
}

TEST(OutgoingIq, ReplyReturnsOnTheChannelOfItsRequest) {  // covers STZ-02
  for (Mode mode : kModes) {
    for (const char* stream : {"open", "full"}) {
      Snapshot snapshot = snapshot_of(mode, stream);
      snapshot.owed = {{jid(kBalcony), "i1"}};
      for (const std::string type : {"result", "error"}) {
        EXPECT_EQ(fates(snapshot, [&](auto& to) { return iq(to, type); }), "PTP");
        EXPECT_EQ(letter(decide_outgoing(iq(kBalcony, type).set_attr("id", "i2"), snapshot)), 'P');
      }
      EXPECT_NE(letter(decide_outgoing(iq(kPhone, "get"), snapshot)), 'T');
    }
  }
}

TEST(OutgoingIq, LateReplyIsKeptFromTheServerUnlessTheServerAsksTheSame) {  // covers STZ-02
  Snapshot snapshot;
  RequestKey request(jid(kBalcony), "i1");
  snapshot.owed = {request};
  snapshot.settle(request);
  EXPECT_EQ(letter(decide_outgoing(iq(kBalcony, "result"), snapshot)), 'T');
  Element again = iq("romeo@example.org/orchard", "get").set_attr("from", kBalcony);
  EXPECT_TRUE(may_concern_us(to_xml(again, ns::kClient), snapshot));
  snapshot.on_request(again);
  EXPECT_EQ(letter(decide_outgoing(iq(kBalcony, "result"), snapshot)), 'P');
}

TEST(OutgoingIq, LateRepliesAreRememberedWithinABound) {  // covers STZ-02
  Snapshot snapshot;
  for (std::size_t i = 0; i <= Snapshot::kMaxSettled; ++i)
    snapshot.settle({jid(kBalcony), "i" + std::to_string(i)});
  EXPECT_EQ(snapshot.settled.size(), Snapshot::kMaxSettled);
  EXPECT_EQ(snapshot.settled.front().second, "i1");
}

TEST(OutgoingPresence, GoesOnTheStreamWhenItIsDirectedToItsClient) {  // covers STZ-04
  for (const std::string type : {"", "unavailable"}) {
    auto make = [&](const std::string& to) { return stanza("presence", to, type); };
    for (Mode mode : kModes) {
      bool off = mode == Mode::kOff;
      EXPECT_EQ(fates(snapshot_of(mode, "none"), make), "PPP");
      EXPECT_EQ(fates(snapshot_of(mode, "open"), make), off ? "PPP" : "PTP");
      EXPECT_EQ(fates(snapshot_of(mode, "full"), make), off ? "PPP" : "PBP");
    }
    EXPECT_EQ(letter(decide_outgoing(make(""), snapshot_of(Mode::kRequire, "open"))), 'P');
  }
}

TEST(OutgoingPresence, OfSubscriptionsUsesTheServer) {  // covers STZ-04
  for (const std::string type : {"subscribe", "subscribed", "unsubscribe", "probe", "error"}) {
    EXPECT_EQ(fates(snapshot_of(Mode::kRequire, "open"),
                    [&](auto& to) { return stanza("presence", to, type); }),
              "PPP");
  }
}

TEST(OutgoingStanza, OfAnotherKindPasses) {
  EXPECT_EQ(
      fates(snapshot_of(Mode::kRequire, "open"), [](auto& to) { return stanza("enable", to, ""); }),
      "PPP");
}

// ---- what comes from the server ----

struct Arrival {
  std::string xml;
  IncomingDecision alone, with_own_jingle;  // where the host has no Jingle, or one of its own
};

constexpr auto kPass = IncomingDecision::kPass;
constexpr auto kObserve = IncomingDecision::kObserve;
constexpr auto kConsume = IncomingDecision::kConsume;

std::string iq_text(const std::string& type, const std::string& payload,
                    const std::string& id = "i1") {
  return "<iq type='" + type + "' id='" + id + "' from='juliet@example.net/balcony'>" + payload +
         "</iq>";
}

std::string jingle(const std::string& action, const std::string& sid,
                   const std::string& application) {
  return "<jingle xmlns='urn:xmpp:jingle:1' action='" + action + "' sid='" + sid +
         "'><content creator='initiator' name='c'><description xmlns='" + application +
         "'/></content></jingle>";
}

const std::string kStreamOffer =
    jingle("session-initiate", "new", "urn:xmpp:jingle:apps:xmlstream:0");
const std::string kCall = jingle("session-initiate", "new", "urn:xmpp:jingle:apps:rtp:1");

const std::vector<Arrival> kArrivals{
    {"<presence from='a@b/c'/>", kObserve, kObserve},
    {"<presence from='a@b/c' type='unavailable'/>", kObserve, kObserve},
    {"<message from='a@b/c'><body>hi</body></message>", kObserve, kObserve},
    {iq_text("set", "<query xmlns='jabber:iq:roster'/>"), kObserve, kObserve},
    {iq_text("set", "<block xmlns='urn:xmpp:blocking'/>"), kObserve, kObserve},
    {iq_text("set", "<unblock xmlns='urn:xmpp:blocking'/>"), kObserve, kObserve},
    // answers to our own requests
    {iq_text("result", "", "balcony-0-1"), kConsume, kConsume},
    {iq_text("error", "", "balcony-0-1"), kConsume, kConsume},
    {iq_text("result", "<query xmlns='jabber:iq:roster'/>", "balcony-0-2"), kConsume, kConsume},
    {iq_text("result", "<query xmlns='jabber:iq:roster'/>", "host-1"), kPass, kPass},
    {iq_text("get", "<ping xmlns='urn:xmpp:ping'/>", "balcony-0-1"), kPass, kPass},
    // offers and sessions
    {iq_text("set", kStreamOffer), kConsume, kConsume},
    {iq_text("set", kCall), kConsume, kPass},
    {iq_text("set", jingle("session-info", "ours", "urn:any")), kConsume, kConsume},
    {iq_text("set", jingle("session-info", "theirs", "urn:any")), kConsume, kPass},
    {iq_text("set", jingle("session-accept", "new", "urn:xmpp:jingle:apps:xmlstream:0")), kConsume,
     kPass},
    {iq_text("set", "<jingle xmlns='urn:xmpp:jingle:1' action='session-initiate' sid='new'/>"),
     kConsume, kPass},
    {iq_text("get", kStreamOffer), kPass, kPass},
    // bytestreams
    {iq_text("set", "<open xmlns='http://jabber.org/protocol/ibb' sid='ours'/>"), kConsume,
     kConsume},
    {iq_text("set", "<data xmlns='http://jabber.org/protocol/ibb' sid='theirs'/>"), kConsume,
     kPass},
    {iq_text("set", "<query xmlns='http://jabber.org/protocol/bytestreams' sid='ours'/>"), kConsume,
     kConsume},
    {iq_text("set", "<query xmlns='http://jabber.org/protocol/bytestreams' sid='theirs'/>"),
     kConsume, kPass},
    // the host's own business
    {iq_text("get", "<query xmlns='http://jabber.org/protocol/disco#info'/>"), kPass, kPass},
    {iq_text("set", "<query xmlns='urn:example:any' sid='ours'/>"), kPass, kPass},
    {iq_text("set", ""), kPass, kPass},
    {iq_text("", kStreamOffer), kPass, kPass},
};

Snapshot incoming_snapshot(bool own_jingle) {
  Snapshot snapshot;
  snapshot.own_jingle = own_jingle;
  snapshot.id_prefix = "balcony-0-";
  snapshot.sids = {"ours"};
  return snapshot;
}

// covers JGL-21 (column N), IBB-06, DSC-04
TEST(IncomingStanza, IsConsumedOnlyIfItIsOurs) {
  for (const Arrival& arrival : kArrivals) {
    Element read = *parse_stanza(arrival.xml);
    EXPECT_EQ(decide_incoming(read, incoming_snapshot(false)), arrival.alone) << arrival.xml;
    EXPECT_EQ(decide_incoming(read, incoming_snapshot(true)), arrival.with_own_jingle)
        << arrival.xml;
  }
}

TEST(IncomingStanza, IsNeverSparedFromParsingWhenItConcernsUs) {
  for (const Arrival& arrival : kArrivals) {
    for (bool own : {false, true}) {
      bool concerns = decide_incoming(*parse_stanza(arrival.xml), incoming_snapshot(own)) != kPass;
      EXPECT_TRUE(!concerns || may_concern_us(arrival.xml, incoming_snapshot(own))) << arrival.xml;
    }
  }
}

TEST(IncomingStanza, IsSparedFromParsingWhenItIsPlainlyNotOurs) {
  Snapshot snapshot = incoming_snapshot(false);
  for (const std::string& xml :
       {iq_text("get", "<ping xmlns='urn:xmpp:ping'/>"), iq_text("result", "", "host-1"),
        std::string("<message from='a@b'><composing xmlns='http://jabber.org/protocol/chatstates'/>"
                    "</message>"),
        std::string()})
    EXPECT_FALSE(may_concern_us(xml, snapshot)) << xml;
}

TEST(IncomingStanza, IsNoAnswerToUsBeforeTheCoreHasNamedItsIds) {
  Snapshot snapshot;
  EXPECT_FALSE(may_concern_us(iq_text("result", ""), snapshot));
  EXPECT_EQ(decide_incoming(*parse_stanza(iq_text("result", "")), snapshot), kPass);
}

TEST(Snapshot, HasAModeForEveryAddressOfAContact) {
  Snapshot snapshot = snapshot_of(Mode::kRequire, "none");
  for (const std::string& address : kAddresses)
    EXPECT_EQ(snapshot.mode_of(jid(address)), Mode::kRequire);
  EXPECT_EQ(snapshot.mode_of(jid("example.net")), Mode::kAsk);
}

}  // namespace
}  // namespace balcony
