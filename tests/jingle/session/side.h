// SPDX-License-Identifier: MIT
// One session under test, with its outputs as words: tests record them all and compare the list.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "jingle/base/ns.h"
#include "jingle/base/xml_parser.h"
#include "jingle/session/session.h"
#include "tests/support/fake_env.h"

namespace balcony {

using Events = std::vector<std::string>;

inline constexpr std::string_view kAda = "ada@example.org/desk";
inline constexpr std::string_view kBen = "ben@example.net/lab";
inline constexpr std::string_view kSid = "j-5f2c91aa";

inline Jid jid(std::string_view text) { return Jid::parse(text).value(); }

inline Element xml(std::string_view text) {
  Result<Element> element = parse_stanza(text);
  if (!element) ADD_FAILURE() << element.error().text << " in " << text;
  return element ? *element : Element("broken", "");
}

inline std::string jingle_xml(std::string_view action, std::string_view inner = {},
                              std::string_view sid = kSid, std::string_view attributes = {}) {
  return "<jingle xmlns='urn:xmpp:jingle:1' action='" + std::string(action) + "' sid='" +
         std::string(sid) + "' " + std::string(attributes) + ">" + std::string(inner) + "</jingle>";
}

inline Element iq_set(std::string_view from, std::string_view to, std::string_view payload) {
  return xml("<iq type='set' id='q1' from='" + std::string(from) + "' to='" + std::string(to) +
             "'>" + std::string(payload) + "</iq>");
}

inline const std::string kIbb =
    "<transport xmlns='urn:xmpp:jingle:transports:ibb:1' block-size='4096' sid='ibb-7d10'/>";
inline const std::string kSocks =
    "<transport xmlns='urn:xmpp:jingle:transports:s5b:1' sid='s-1' mode='tcp'/>";
inline const std::string kDescription = "<description xmlns='urn:xmpp:jingle:apps:xmlstream:0'/>";

inline std::string content_xml(std::string_view inner, std::string_view attributes = {}) {
  return "<content creator='initiator' name='xmlstream' " + std::string(attributes) + ">" +
         std::string(inner) + "</content>";
}
inline const std::string kOffer = content_xml(kDescription + kIbb);

inline Element transport(const std::string& text) { return xml(text); }

class Side {
 public:
  explicit Side(Role role, FakeEnv& env, Session::Config config = {})
      : session(fill(role, config), env) {}

  // A request of the peer, parsed as the router does it.
  Events on(std::string_view action, std::string_view inner = {},
            std::string_view attributes = {}) {
    const Session::Config& config = session.config();
    Element iq = iq_set(config.peer.full(), config.local.full(),
                        jingle_xml(action, inner, config.sid, attributes));
    Result<JingleRequest> request = read_jingle(*iq.first_child());
    EXPECT_TRUE(request) << action << " " << inner;
    session.on_request(iq, *request);
    return drain();
  }

  // What has become of our last request.
  Events succeeds(std::uint32_t request) {
    session.on_reply(request, Element("iq", ns::kClient));
    return drain();
  }
  Events fails(std::uint32_t request, std::string condition,
               std::string_view jingle_condition = {}) {
    session.on_reply(
        request, fail(Blame::kPeer, std::move(condition), ""),
        jingle_condition.empty() ? Element() : Element(jingle_condition, ns::kJingleErrors));
    return drain();
  }
  Events gets_no_reply(std::uint32_t request) {
    session.on_reply(request, fail(Blame::kEnvironment, "timeout", ""));
    return drain();
  }

  Events drain() {
    Events events;
    while (std::optional<Session::Output> output = session.poll())
      events.push_back(std::visit([this](const auto& o) { return describe(o); }, *output));
    return events;
  }

  // Shortcuts to a state, their outputs swallowed.
  Side& offered() {
    if (session.config().role == Role::kInitiator)
      session.initiate(xmlstream_content(transport(kIbb), ""));
    else
      on("session-initiate", kOffer);
    drain();
    return *this;
  }
  Side& active() {
    offered();
    if (session.config().role == Role::kInitiator)
      on("session-accept", kOffer);
    else
      session.accept(xmlstream_content(transport(kIbb), ""));
    drain();
    return *this;
  }
  Side& replacing() {
    active();
    session.replace_transport(transport(kSocks));
    drain();
    return *this;
  }

  Session session;
  Element last_request;  // <jingle/>
  Element last_reply;    // <iq/>
  std::uint32_t tag = 0;

 private:
  static Session::Config fill(Role role, Session::Config config) {
    config.role = role;
    bool is_ada = role == Role::kInitiator;
    config.local = jid(is_ada ? kAda : kBen);
    config.peer = jid(is_ada ? kBen : kAda);
    config.sid = kSid;
    return config;
  }

  std::string describe(const Session::SendRequest& o) {
    last_request = o.jingle;
    tag = o.tag;
    Result<JingleRequest> request = read_jingle(o.jingle);
    EXPECT_TRUE(request) << to_xml(o.jingle);
    if (!request) return "send nonsense";
    std::string text = "send " + std::string(to_string(request->action));
    if (request->reason) text += " " + request->reason->condition;
    return text;
  }
  std::string describe(const Session::SendReply& o) {
    last_reply = o.iq;
    EXPECT_EQ(o.iq.attr("id"), "q1");
    EXPECT_EQ(o.iq.attr("to"), session.config().peer.full());
    EXPECT_EQ(o.iq.attr("from"), session.config().local.full());
    if (o.iq.attr("type") == "result") return "result";
    StanzaError error = stanza_error(o.iq);
    std::string text = "error " + error.condition;
    if (error.application) text += " " + std::string(error.application.name());
    return text;
  }
  static std::string named(const char* word, const Element& transport) {
    return std::string(word) + " " + std::string(transport.attr("sid"));
  }
  std::string describe(const Session::Offered& o) { return named("offered", o.content.transport); }
  std::string describe(const Session::OfferProven& o) { return o.genuine ? "genuine" : "forged"; }
  std::string describe(const Session::Acknowledged&) { return "acknowledged"; }
  std::string describe(const Session::Accepted& o) {
    return named("accepted", o.content.transport);
  }
  std::string describe(const Session::AcceptProven&) { return "accept proven"; }
  std::string describe(const Session::TransportInfo& o) { return named("info", o.transport); }
  std::string describe(const Session::ReplaceOffered& o) { return named("replace", o.transport); }
  std::string describe(const Session::TransportAccepted& o) {
    return named("transport accepted", o.transport);
  }
  std::string describe(const Session::TransportRejected&) { return "transport rejected"; }
  std::string describe(const Session::Pong& o) {
    return o.alive ? "alive" : o.unknown_session ? "unknown there" : "silent";
  }
  std::string describe(const Session::LostTie&) { return "lost tie"; }
  std::string describe(const Session::Ended& o) {
    return "ended " + o.reason.condition + (o.by_peer ? " by peer" : "") +
           (o.condition.empty() ? "" : ": " + o.condition);
  }
};

}  // namespace balcony
