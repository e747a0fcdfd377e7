// SPDX-License-Identifier: MIT
// Each event of the core becomes exactly one callback, with all that it holds.
#include "plugin/host_calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jingle/base/ns.h"

namespace balcony {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string or_null(const char* text) { return text ? text : "NULL"; }

// A host that writes down every callback as one line.
struct Calls {
  std::vector<std::string> lines;
  int handles = 1;  // what receive() answers

  static void add(void* user, const std::string& line) {
    static_cast<Calls*>(user)->lines.push_back(line);
  }
  static std::string print(const balcony_stream_info* i) {
    std::string line;
    for (const char* text : {i->peer, i->state, i->role, i->transport, i->local, i->remote, i->pair,
                             i->tls, i->cipher, i->trust, i->fingerprint, i->reason, i->text})
      line += or_null(text) + " ";
    for (std::uint32_t n = 0; n < i->tried_count; ++n)
      line += std::string(i->tried[n].transport) + "=" + i->tried[n].reason + " ";
    return line + std::to_string(i->since) + " " + std::to_string(i->stanzas_in) + " " +
           std::to_string(i->stanzas_out) + " " + std::to_string(i->bytes_in) + " " +
           std::to_string(i->bytes_out) + (i->size == sizeof *i ? "" : " bad size");
  }
  static std::string print(const balcony_stanza* s) {
    std::string line;
    for (const char* text : {s->local, s->peer, s->id, s->xml, s->transport, s->tls, s->trust})
      line += or_null(text) + " ";
    return line + (s->size == sizeof *s ? "ok" : "bad size");
  }

  balcony_host host() {
    balcony_host host{};
    host.size = sizeof host;
    host.user = this;
    host.send = [](void* u, const char* stanza) { add(u, std::string("send ") + stanza); };
    host.receive = [](void* u, const balcony_stanza* s) {
      add(u, "receive " + print(s));
      return static_cast<Calls*>(u)->handles;
    };
    host.undelivered = [](void* u, const balcony_stanza* s, int unknown, const char* reason) {
      add(u, "undelivered " + print(s) + " " + std::to_string(unknown) + " " + reason);
    };
    host.stream = [](void* u, const balcony_stream_info* i) { add(u, "stream " + print(i)); };
    host.peer = [](void* u, const char* jid, int e2e) {
      add(u, std::string("peer ") + jid + " " + std::to_string(e2e));
    };
    host.status = [](void* u, const balcony_stream_info* i) { add(u, "status " + print(i)); };
    host.verified = [](void* u, const char*, const char*, const char*) { add(u, "verified"); };
    host.ask = [](void* u, const balcony_question* q) {
      std::string line =
          std::string("ask ") + q->kind + " " + q->peer + " " + or_null(q->fingerprint);
      for (std::uint32_t n = 0; n < q->known_count; ++n) line += std::string(" ") + q->known[n];
      add(u, line);
    };
    host.notice = [](void* u, const char* peer, const char* text) {
      add(u, std::string("notice ") + peer + " " + text);
    };
    host.reply = [](void* u, const char* line, int ok, const char* text) {
      add(u, std::string("reply ") + line + " " + std::to_string(ok) + " " + text);
    };
    host.features = [](void* u, const char* const* features) {
      std::string line = "features";
      for (; *features; ++features) line += std::string(" ") + *features;
      add(u, line);
    };
    host.writable = [](void* u, const char* peer) { add(u, std::string("writable ") + peer); };
    host.log = [](void* u, int level, const char* line) {
      add(u, "log " + std::to_string(level) + " " + line);
    };
    return host;
  }
};

StreamInfo full_info() {
  StreamInfo info;
  info.peer = "a@b/c";
  info.state = "open";
  info.role = "initiator";
  info.transport = "ice-tcp";
  info.local = "l:1";
  info.remote = "r:2";
  info.pair = "host/srflx";
  info.tls = "TLSv1.3";
  info.cipher = "AES";
  info.trust = "new";
  info.fingerprint = "ff";
  info.reason = "success";
  info.text = "bye";
  info.tried = {{"s5b", "slow"}, {"ptcp", "shut"}};
  info.since = 1.5;
  info.stanzas_in = 1;
  info.stanzas_out = 2;
  info.bytes_in = 3;
  info.bytes_out = 4;
  return info;
}

const StanzaInfo kStanza{"me@x/y", "a@b/c", "m1", "<message/>", "ibb", "TLSv1.3", "pinned"};

struct HostCalls : ::testing::Test {
  Calls calls;
  Mailbox mailbox{[] {}, [] {}};

  std::vector<std::string> told(const HostEvent& event) {
    calls.lines.clear();
    call_host(calls.host(), mailbox, event);
    return calls.lines;
  }
};

TEST_F(HostCalls, HandOverEachEventOnceWithAllItHolds) {
  const std::string info =
      "a@b/c open initiator ice-tcp l:1 r:2 host/srflx TLSv1.3 AES new ff success bye s5b=slow "
      "ptcp=shut 1.500000 1 2 3 4";
  EXPECT_THAT(told(TellStream{full_info()}), ElementsAre("stream " + info));
  EXPECT_THAT(told(TellStatus{full_info()}), ElementsAre("status " + info));
  EXPECT_THAT(told(TellSend{"<iq/>"}), ElementsAre("send <iq/>"));
  EXPECT_THAT(told(TellReceive{kStanza, false}),
              ElementsAre("receive me@x/y a@b/c m1 <message/> ibb TLSv1.3 pinned ok"));
  EXPECT_THAT(told(TellUndelivered{kStanza, true, "gone"}),
              ElementsAre("undelivered me@x/y a@b/c m1 <message/> ibb TLSv1.3 pinned ok 1 gone"));
  EXPECT_THAT(told(TellPeer{"a@b/c", -1}), ElementsAre("peer a@b/c -1"));
  EXPECT_THAT(told(TellAsk{"key", "a@b/c", "ff", {"aa", "bb"}}),
              ElementsAre("ask key a@b/c ff aa bb"));
  EXPECT_THAT(told(TellNotice{"a@b", "hello"}), ElementsAre("notice a@b hello"));
  EXPECT_THAT(told(TellReply{"list", false, "no"}), ElementsAre("reply list 0 no"));
  EXPECT_THAT(told(TellFeatures{{"f1", "f2"}}), ElementsAre("features f1 f2"));
  EXPECT_THAT(told(TellFeatures{}), ElementsAre("features"));
  EXPECT_THAT(told(TellWritable{"a@b/c"}), ElementsAre("writable a@b/c"));
  EXPECT_THAT(told(TellLog{kLogInfo, "line"}), ElementsAre("log 2 line"));
}

TEST_F(HostCalls, GiveNullForWhatIsNotKnownYet) {
  StreamInfo info;
  info.peer = "a@b/c";
  info.state = "negotiating";
  EXPECT_THAT(told(TellStream{info}),
              ElementsAre("stream a@b/c negotiating NULL NULL NULL NULL NULL NULL NULL NULL NULL "
                          "NULL NULL 0.000000 0 0 0 0"));
  EXPECT_THAT(
      told(TellUndelivered{{"me@x/y", "a@b/c", "", "<message/>", "", "", ""}, false, "why"}),
      ElementsAre("undelivered me@x/y a@b/c  <message/> NULL NULL NULL ok 0 why"));
  EXPECT_THAT(told(TellAsk{"offer", "a@b/c", "", {}}), ElementsAre("ask offer a@b/c NULL"));
}

TEST_F(HostCalls, LoseWhatTheHostHasNoCallbackFor) {
  balcony_host deaf{};
  deaf.size = sizeof deaf;
  for (const HostEvent& event :
       {HostEvent(TellSend{}), HostEvent(TellReceive{kStanza, false}),
        HostEvent(TellUndelivered{kStanza, false, {}}), HostEvent(TellStream{full_info()}),
        HostEvent(TellPeer{}), HostEvent(TellStatus{full_info()}), HostEvent(TellAsk{}),
        HostEvent(TellNotice{}), HostEvent(TellReply{}), HostEvent(TellFeatures{}),
        HostEvent(TellWritable{}), HostEvent(TellLog{})})
    call_host(deaf, mailbox, event);
  EXPECT_FALSE(mailbox.next_for_core());
}

struct UnhandledRequest : HostCalls {
  const std::string xml = "<iq type='get' id='i1' from='a@b/c'><ping xmlns='urn:xmpp:ping'/></iq>";
  StanzaInfo request{"me@x/y", "a@b/c", "i1", xml, "ibb", "TLSv1.3", "pinned"};

  std::optional<CoreEvent> answered(const balcony_host& host, bool is_request = true) {
    call_host(host, mailbox, TellReceive{request, is_request});
    return mailbox.next_for_core();
  }
};

TEST_F(UnhandledRequest, GoesBackToTheCore) {  // covers STZ-11
  calls.handles = 0;
  auto event = answered(calls.host());
  ASSERT_TRUE(event);
  const auto& unhandled = std::get<Unhandled>(*event);
  EXPECT_EQ(unhandled.peer.full(), "a@b/c");
  EXPECT_EQ(unhandled.id, "i1");
  EXPECT_TRUE(unhandled.request.child("ping", ns::kPing));
}

TEST_F(UnhandledRequest, GoesBackFromAHostThatReceivesNothing) {  // covers STZ-11
  EXPECT_TRUE(answered(balcony_host{}));
}

TEST_F(UnhandledRequest, StaysWithAHostThatTakesIt) { EXPECT_FALSE(answered(calls.host())); }

TEST_F(UnhandledRequest, IsNoMessageThatAHostIgnored) {
  calls.handles = 0;
  EXPECT_FALSE(answered(calls.host(), false));
}

}  // namespace
}  // namespace balcony
