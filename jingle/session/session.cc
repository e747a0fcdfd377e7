// SPDX-License-Identifier: MIT
// The owner's side of a session: what we ask and what the replies mean. The peer's requests are in
// session_requests.cc.
#include "jingle/session/session.h"

#include <cassert>
#include <utility>

#include "jingle/base/ns.h"
#include "jingle/session/errors.h"

namespace balcony {
namespace {

constexpr Duration kAcceptWait = 120s;        // C-02
constexpr Duration kReplaceWait = 30s + 15s;  // JGL-27: C-01 + 15 s

}  // namespace

Session::Session(Config config, Env& env) : config_(std::move(config)), env_(env) {}

void Session::initiate(Content offer) {
  assert(config_.role == Role::kInitiator && state_ == SessionState::kNone && !over_);
  content_name_ = offer.name;
  transport_ns_ = offer.transport.ns();
  JingleRequest request = make(Action::kSessionInitiate);
  request.initiator = config_.local.full();
  request.contents.push_back(std::move(offer));
  state_ = SessionState::kPending;  // JGL-13: from the moment it is sent
  deadline_ = env_.now() + kAcceptWait;
  tags_.initiate = send(request);
}

void Session::prove() {
  assert(config_.role == Role::kResponder && state_ == SessionState::kPending);
  tags_.prove = send(make(Action::kSessionInfo));
}

void Session::accept(Content answer) {
  assert(config_.role == Role::kResponder && state_ == SessionState::kPending);
  answer.creator = "initiator";
  answer.name = content_name_;
  transport_ns_ = answer.transport.ns();
  JingleRequest request = make(Action::kSessionAccept);
  request.responder = config_.local.full();
  request.contents.push_back(std::move(answer));
  state_ = SessionState::kActive;
  deadline_.reset();
  tags_.accept = send(request);
}

void Session::send_transport_info(Element transport) {
  assert(state_ != SessionState::kNone);
  send(make(Action::kTransportInfo, std::move(transport)));
}

void Session::replace_transport(Element transport) {
  assert(state_ == SessionState::kActive);
  state_ = SessionState::kReplacing;
  replacing_ns_ = transport.ns();
  deadline_ = env_.now() + kReplaceWait;
  tags_.replace = send(make(Action::kTransportReplace, std::move(transport)));
}

void Session::accept_transport(Element transport) {
  assert(offered_ns_);
  offered_ns_.reset();
  transport_ns_ = transport.ns();
  send(make(Action::kTransportAccept, std::move(transport)));
}

void Session::reject_transport(Element transport) {
  assert(offered_ns_);
  offered_ns_.reset();
  send(make(Action::kTransportReject, std::move(transport)));
}

void Session::ping() {
  assert(state_ != SessionState::kNone);
  tags_.ping = send(make(Action::kSessionInfo));
}

void Session::terminate(Reason reason) {
  if (!over_) finish(std::move(reason));
}

void Session::drop() {
  if (!over_) end({.condition = "general-error", .text = {}, .alternative_sid = {}}, false);
}

void Session::on_reply(std::uint32_t tag, const Result<Element>& reply,
                       const Element& application) {
  assert(tag != 0 && tag <= last_tag_);
  if (tag == tags_.initiate) return on_initiate_reply(reply, application);
  if (tag == tags_.accept) return on_accept_reply(reply);
  if (tag == tags_.ping) return on_ping_reply(reply, application);
  if (tag == tags_.prove) {
    tags_.prove = 0;
    outputs_.push_back(OfferProven{reply.has_value()});
  } else if (tag == tags_.replace && !reply) {
    give_up_replace();
  }
}

// JGL-15, JGL-38. Silence after the session-accept came is no failure: the peer is there (JGL-13).
void Session::on_initiate_reply(const Result<Element>& reply, const Element& application) {
  tags_.initiate = 0;
  if (reply) {
    outputs_.push_back(Acknowledged{});
  } else if (reply.error().blame != Blame::kPeer) {
    if (state_ == SessionState::kPending)
      finish({.condition = "timeout", .text = {}, .alternative_sid = {}}, reply.error().condition);
  } else if (reply.error().condition == "conflict") {
    bury();
    outputs_.push_back(LostTie{});
  } else {
    bool moved = application.ns() == ns::kStanzaErrors;
    end({.condition = "general-error", .text = reply.error().text, .alternative_sid = {}}, true,
        reply.error().condition, moved ? application.text() : std::string());
  }
}

// STM-08: the result proves that the signalling reaches the account that offered.
void Session::on_accept_reply(const Result<Element>& reply) {
  tags_.accept = 0;
  if (reply) {
    outputs_.push_back(AcceptProven{});
  } else if (reply.error().blame != Blame::kPeer) {
    finish({.condition = "timeout", .text = {}, .alternative_sid = {}}, reply.error().condition);
  } else if (is_unknown_session(reply.error().condition)) {
    end({.condition = "general-error", .text = reply.error().text, .alternative_sid = {}}, true);
  } else {
    finish({.condition = "failed-application", .text = {}, .alternative_sid = {}});
  }
}

// Whoever answers about the payload of an empty session-info is there, if confused.
void Session::on_ping_reply(const Result<Element>& reply, const Element& application) {
  tags_.ping = 0;
  bool alive = reply || application.is("unsupported-info", ns::kJingleErrors);
  bool unknown =
      !reply && reply.error().blame == Blame::kPeer && is_unknown_session(reply.error().condition);
  outputs_.push_back(Pong{.alive = alive, .unknown_session = unknown});
}

void Session::give_up_replace() {
  state_ = SessionState::kActive;
  replacing_ns_.reset();
  deadline_.reset();
  tags_.replace = 0;
  outputs_.push_back(TransportRejected{});
}

Deadline Session::next_deadline() const { return deadline_; }

void Session::on_deadline() {
  if (!is_due(deadline_, env_.now())) return;
  if (state_ == SessionState::kReplacing)
    give_up_replace();
  else
    finish({.condition = "timeout", .text = {}, .alternative_sid = {}});
}

std::optional<Session::Output> Session::poll() {
  if (outputs_.empty()) return std::nullopt;
  Output output = std::move(outputs_.front());
  outputs_.pop_front();
  return output;
}

JingleRequest Session::make(Action action) const {
  JingleRequest request;
  request.action = action;
  request.sid = config_.sid;
  return request;
}

// Around a <transport/> alone, in the one content that was negotiated (JGL-24).
JingleRequest Session::make(Action action, Element transport) const {
  JingleRequest request = make(action);
  request.contents.push_back({.creator = "initiator",
                              .name = content_name_,
                              .senders = {},
                              .disposition = {},
                              .description = {},
                              .transport = std::move(transport),
                              .fingerprint = {}});
  return request;
}

std::uint32_t Session::send(const JingleRequest& request) {
  outputs_.push_back(SendRequest{to_element(request), ++last_tag_});
  return last_tag_;
}

void Session::finish(Reason reason, std::string condition) {
  if (state_ != SessionState::kNone) {
    JingleRequest request = make(Action::kSessionTerminate);
    request.reason = reason;
    send(request);
  }
  end(std::move(reason), false, std::move(condition));
}

void Session::end(Reason reason, bool by_peer, std::string condition, std::string moved_to) {
  bury();
  outputs_.push_back(Ended{std::move(reason), by_peer, std::move(condition), std::move(moved_to)});
}

void Session::bury() {
  state_ = SessionState::kNone;
  over_ = true;
  deadline_.reset();
  offered_ns_.reset();
  tags_ = {};
}

}  // namespace balcony
