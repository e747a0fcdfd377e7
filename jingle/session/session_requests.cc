// SPDX-License-Identifier: MIT
// The peer's side of a session: one reply to each request, at the gate of the table (JGL-21), then
// what follows from it.
#include <algorithm>
#include <cassert>
#include <utility>

#include "jingle/base/ns.h"
#include "jingle/session/errors.h"
#include "jingle/session/session.h"

namespace balcony {
namespace {

// R's own wait: C-02 and, so that the initiator's timer decides, C-01 on top.
constexpr Duration kDecisionWait = 120s + 30s;

bool is_both(const Content& content) {
  return content.senders.empty() || content.senders == "both";
}

Reason because(std::string_view condition) {
  return {.condition = std::string(condition), .text = {}, .alternative_sid = {}};
}

}  // namespace

void Session::on_request(const Element& iq, const JingleRequest& request) {
  bool is_new_offer =
      request.action == Action::kSessionInitiate && !over_ && config_.role == Role::kResponder;
  if (state_ == SessionState::kNone && !is_new_offer) return refuse(iq, unknown_session());
  switch (reaction(state_, request.action)) {
    case Reaction::kUnknownSession:
      return refuse(iq, unknown_session());
    case Reaction::kOutOfOrder:
      return refuse(iq, out_of_order());
    case Reaction::kUnsupportedInfo:
      return refuse(iq, unsupported_info());
    case Reaction::kRejectContent:
      return reject_contents(iq, request);
    case Reaction::kProcess:
      return process(iq, request);
  }
}

void Session::process(const Element& iq, const JingleRequest& request) {
  switch (request.action) {
    case Action::kSessionInitiate:
      return on_initiate(iq, request);
    case Action::kSessionAccept:
      return on_accept(iq, request);
    case Action::kSessionInfo:
      return on_session_info(iq, request);
    case Action::kTransportInfo:
      return on_transport_info(iq, request);
    case Action::kTransportReplace:
      return on_transport_replace(iq, request);
    case Action::kTransportAccept:
      return on_transport_accept(iq, request);
    case Action::kContentModify:
      return on_content_modify(iq, request);
    case Action::kTransportReject:
      acknowledge(iq);
      return give_up_replace();
    case Action::kContentRemove:  // JGL-25: it was the only one
      acknowledge(iq);
      return finish(because(state_ == SessionState::kPending ? "cancel" : "success"));
    case Action::kSessionTerminate:
      acknowledge(iq);
      return end(request.reason ? *request.reason : read_reason(nullptr), true);
    default:
      assert(false && "the table processes no other action");
  }
}

void Session::on_initiate(const Element& iq, const JingleRequest& request) {
  if (!is_peer(request.initiator)) {  // JGL-04
    refuse(iq, {.condition = "not-acceptable", .type = {}, .application = {}, .text = {}});
    return end(because("security-error"), false);
  }
  Result<Content> content = choose(request.contents);
  if (!content && content.error().condition == "bad-request") {
    refuse(iq, bad_request(content.error().text));
    return end(because("general-error"), false);
  }
  acknowledge(iq);
  state_ = SessionState::kPending;
  if (!content) return finish(because(content.error().condition));  // JGL-10
  content_name_ = content->name;
  transport_ns_ = content->transport.ns();
  deadline_ = env_.now() + kDecisionWait;
  outputs_.push_back(Offered{std::move(*content)});
}

// JGL-08: alternatives in document order, the first usable one wins. If none is, the first one that
// is about XML streams says why (JGL-10).
Result<Content> Session::choose(const std::vector<Content>& contents) const {
  std::optional<Error> why_not;
  for (const Content& content : contents) {
    if (!content.description.is("description", ns::kXmlStream)) continue;
    Result<void> usable = {};
    if (!is_both(content))
      usable = fail(Blame::kPeer, "incompatible-parameters", "senders is not both");
    else if (config_.check_transport)
      usable = config_.check_transport(content.transport);
    if (usable) return content;
    if (!why_not) why_not = usable.error();
  }
  if (why_not) return tl::make_unexpected(*why_not);
  return fail(Blame::kPeer, "unsupported-applications", "no content is an XML stream");
}

// JGL-23.
void Session::on_accept(const Element& iq, const JingleRequest& request) {
  if (config_.role != Role::kInitiator) return refuse(iq, out_of_order());
  assert(!request.contents.empty());
  const Content& content = request.contents.front();
  if (content.transport.ns() != transport_ns_) {
    refuse(iq, bad_request("not the transport that was offered"));
    return finish(because("failed-transport"));
  }
  acknowledge(iq);
  if (!content.description.is("description", ns::kXmlStream))
    return finish(because("failed-application"));
  if (!is_peer(request.responder)) return finish(because("security-error"));  // JGL-04
  state_ = SessionState::kActive;
  deadline_.reset();
  outputs_.push_back(Accepted{content});
}

void Session::on_session_info(const Element& iq, const JingleRequest& request) {
  bool is_ping = request.payload.empty() && request.contents.empty();  // JGL-26
  if (!is_ping) return refuse(iq, unsupported_info());
  acknowledge(iq);
}

// What names none of the transports under negotiation is late or lost: acknowledged and dropped.
void Session::on_transport_info(const Element& iq, const JingleRequest& request) {
  acknowledge(iq);
  assert(!request.contents.empty());
  const Element& transport = request.contents.front().transport;
  if (transport.ns() == transport_ns_ || transport.ns() == replacing_ns_ ||
      transport.ns() == offered_ns_)
    outputs_.push_back(TransportInfo{transport});
}

// JGL-17 for ties, JGL-27. One offer at a time: a second one before the owner has answered the
// first is rejected, so that nothing queues up.
void Session::on_transport_replace(const Element& iq, const JingleRequest& request) {
  bool is_tie = state_ == SessionState::kReplacing;
  if (is_tie && config_.role == Role::kInitiator) return refuse(iq, tie_break());
  acknowledge(iq);
  if (is_tie) give_up_replace();
  assert(!request.contents.empty());
  const Element& transport = request.contents.front().transport;
  if (offered_ns_) {
    send(make(Action::kTransportReject, transport));
    return;
  }
  offered_ns_ = transport.ns();
  outputs_.push_back(ReplaceOffered{transport});
}

// JGL-30: an answer to something else counts as none.
void Session::on_transport_accept(const Element& iq, const JingleRequest& request) {
  assert(!request.contents.empty());
  const Element& transport = request.contents.front().transport;
  if (transport.ns() != replacing_ns_) {
    refuse(iq, bad_request("not the transport that was offered"));
    return give_up_replace();
  }
  acknowledge(iq);
  state_ = SessionState::kActive;
  transport_ns_ = transport.ns();
  replacing_ns_.reset();
  deadline_.reset();
  tags_.replace = 0;
  outputs_.push_back(TransportAccepted{transport});
}

// JGL-25: the stream goes both ways or not at all.
void Session::on_content_modify(const Element& iq, const JingleRequest& request) {
  acknowledge(iq);
  if (!std::all_of(request.contents.begin(), request.contents.end(), is_both))
    finish(because("incompatible-parameters"));
}

void Session::reject_contents(const Element& iq, const JingleRequest& request) {
  acknowledge(iq);
  JingleRequest answer = make(Action::kContentReject);
  for (const Content& content : request.contents) {
    Content& rejected = answer.contents.emplace_back();
    rejected.creator = content.creator;
    rejected.name = content.name;
  }
  send(answer);
}

// The IQ's sender is the party (JGL-04). What `initiator` or `responder` claims may name another
// resource of the same account, or nobody.
bool Session::is_peer(const std::string& party) const {
  if (party.empty()) return true;
  Result<Jid> jid = Jid::parse(party);
  return jid && jid->same_bare(config_.peer);
}

void Session::acknowledge(const Element& iq) { outputs_.push_back(SendReply{result_of(iq)}); }

void Session::refuse(const Element& iq, const StanzaError& error) {
  outputs_.push_back(SendReply{error_of(iq, error)});
}

}  // namespace balcony
