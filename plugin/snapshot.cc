// SPDX-License-Identifier: MIT
#include "plugin/snapshot.h"

#include <algorithm>
#include <array>

#include "jingle/base/ns.h"
#include "jingle/base/stanza.h"
#include "jingle/stream/stanza_filter.h"

namespace balcony {

Mode Snapshot::mode_of(const Jid& jid) const {
  auto found = modes.find(jid.to_bare());
  return found == modes.end() ? default_mode : found->second;
}

// Nobody is a stranger before the roster came: a contact that asks so early would take our silence
// for an answer. Our own server asks for the account; our other clients see all of it.
bool Snapshot::may_know(const Jid& asker) const {
  if (!roster || asker.same_bare(local) || asker.full() == local.domain()) return true;
  return mode_of(asker) != Mode::kOff && roster->admits(asker, modes.contains(asker.to_bare()));
}

void Snapshot::settle(const RequestKey& request) {
  owed.erase(request);
  if (settled.size() == kMaxSettled) settled.pop_front();
  settled.push_back(request);
}

void Snapshot::on_request(const Element& stanza) {
  if (settled.empty() || !is_iq_request(stanza)) return;
  if (auto from = Jid::parse(stanza.attr("from")))
    std::erase(settled, RequestKey(*from, std::string(stanza.attr("id"))));
}

bool Snapshot::requires_anywhere() const {
  return default_mode == Mode::kRequire ||
         std::any_of(modes.begin(), modes.end(),
                     [](const auto& entry) { return entry.second == Mode::kRequire; });
}

namespace {

// The stream that a stanza to `to` belongs on, or null: its own, or for a bare address the
// contact's best.
const Jid* open_stream(const Jid& to, const Snapshot& snapshot) {
  auto found = snapshot.open.find(to.to_bare());
  if (found == snapshot.open.end() || found->second.empty()) return nullptr;
  if (to.is_bare()) return &found->second.front();
  auto full = std::find(found->second.begin(), found->second.end(), to);
  return full == found->second.end() ? nullptr : &*full;
}

OutgoingDecision take(const Jid& stream, const Snapshot& snapshot) {
  return {
      snapshot.full.contains(stream) ? OutgoingDecision::kBusy : OutgoingDecision::kTake, {}, {}};
}

// STZ-01, STZ-21, SECURITY.md promise 4.
OutgoingDecision decide_message(const Element& message, const Jid& to, const Snapshot& snapshot) {
  if (message.attr("type") == "groupchat") return {};
  Mode mode = snapshot.mode_of(to);
  const Jid* stream = open_stream(to, snapshot);
  bool crosses = may_cross(message);
  bool is_error = message.attr("type") == "error";
  if (mode == Mode::kRequire) {
    if (!crosses) {
      return {
          OutgoingDecision::kRefuse,
          {},
          "mode require: this kind of message can only go through the server, so it was not sent"};
    }
    if (snapshot.closing)
      return {OutgoingDecision::kRefuse, {}, "mode require: streams are being closed"};
    return stream ? take(*stream, snapshot) : OutgoingDecision{OutgoingDecision::kTake, {}, {}};
  }
  if (mode == Mode::kOff || !crosses || (is_error && to.is_bare())) return {};
  if (stream) return take(*stream, snapshot);
  bool wants_stream =
      mode == Mode::kAuto && !is_error && message.child("body", ns::kClient) && !snapshot.closing;
  if (wants_stream) return {OutgoingDecision::kPassAndAttempt, to, {}};
  return {};
}

// STZ-02: requests to the peer's full JID, replies on the channel that the request came by.
OutgoingDecision decide_iq(const Element& iq, const Jid& to, const Snapshot& snapshot) {
  if (is_iq_reply(iq)) {
    RequestKey request(to, iq.attr("id"));
    bool end_to_end = snapshot.owed.contains(request) ||
                      std::find(snapshot.settled.begin(), snapshot.settled.end(), request) !=
                          snapshot.settled.end();
    return {end_to_end ? OutgoingDecision::kTake : OutgoingDecision::kPass, {}, {}};
  }
  const Jid* stream = to.is_bare() ? nullptr : open_stream(to, snapshot);
  if (!stream || !may_cross(iq) || snapshot.mode_of(to) == Mode::kOff) return {};
  return take(*stream, snapshot);
}

}  // namespace

OutgoingDecision decide_outgoing(const Element& stanza, const Snapshot& snapshot) {
  auto to = Jid::parse(stanza.attr("to"));
  bool is_message = stanza.name() == "message";  // of any namespace: none may slip through
  if (!to && is_message && stanza.has_attr("to") && snapshot.requires_anywhere()) {
    return {OutgoingDecision::kRefuse,
            {},
            "mode require: its address can't be read, so the message was not sent"};
  }
  if (!to) return {};
  if (is_message) return decide_message(stanza, *to, snapshot);
  if (stanza.is("iq", ns::kClient)) return decide_iq(stanza, *to, snapshot);
  if (!stanza.is("presence", ns::kClient) || to->is_bare() || !may_cross(stanza)) return {};
  const Jid* stream = open_stream(*to, snapshot);  // STZ-04
  return stream && snapshot.mode_of(*to) != Mode::kOff ? take(*stream, snapshot)
                                                       : OutgoingDecision{};
}

bool may_concern_us(std::string_view stanza, const Snapshot& snapshot) {
  constexpr std::array<std::string_view, 7> kMarks{
      ns::kJingle, ns::kIbb, ns::kBytestreams, ns::kRoster, ns::kBlocking, "<presence", "<body"};
  auto holds = [&](std::string_view mark) { return stanza.find(mark) != std::string_view::npos; };
  return std::any_of(kMarks.begin(), kMarks.end(), holds) ||
         (!snapshot.settled.empty() && stanza.starts_with("<iq")) ||
         (!snapshot.id_prefix.empty() && holds(snapshot.id_prefix));
}

IncomingDecision decide_incoming(const Element& stanza, const Snapshot& snapshot) {
  if (stanza.is("presence", ns::kClient) || stanza.is("message", ns::kClient))
    return IncomingDecision::kObserve;
  if (is_iq_reply(stanza)) {
    bool ours = !snapshot.id_prefix.empty() && stanza.attr("id").starts_with(snapshot.id_prefix);
    return ours ? IncomingDecision::kConsume : IncomingDecision::kPass;
  }
  const Element* payload = stanza.first_child();
  if (!is_iq_request(stanza) || stanza.attr("type") != "set" || !payload)
    return IncomingDecision::kPass;
  if (payload->ns() == ns::kRoster || payload->ns() == ns::kBlocking)
    return IncomingDecision::kObserve;
  bool ours = snapshot.sids.contains(payload->attr("sid"));
  if (payload->is("jingle", ns::kJingle)) {
    const Element* content = payload->child("content", ns::kJingle);
    bool offer = payload->attr("action") == "session-initiate" && content &&
                 content->child("description", ns::kXmlStream);
    return ours || offer || !snapshot.own_jingle ? IncomingDecision::kConsume
                                                 : IncomingDecision::kPass;
  }
  if (payload->ns() == ns::kIbb || payload->is("query", ns::kBytestreams))
    return ours || !snapshot.own_jingle ? IncomingDecision::kConsume : IncomingDecision::kPass;
  return IncomingDecision::kPass;
}

}  // namespace balcony
