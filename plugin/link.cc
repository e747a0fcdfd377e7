// SPDX-License-Identifier: MIT
// Link, part 1: the Jingle session. How it ends is in link_end.cc.
#include "plugin/link.h"

#include <utility>

#include "jingle/base/ns.h"
#include "jingle/base/overloaded.h"
#include "jingle/session/errors.h"
#include "plugin/link_contest.h"

namespace balcony {
namespace {

constexpr Duration kUserDecides = 135s;  // C-02 + 15 s: the peer's own timer comes first
constexpr Duration kLiveness = 5s;       // JGL-18
constexpr Duration kLivenessStep = 250ms;
constexpr Duration kDoubt = 2s;  // a client that is up has answered our offer by then
// Of an undecided offer: a full set of candidates (C-15), each in an info of its own.
constexpr std::size_t kMostEarlyInfos = 32;
constexpr std::size_t kEarlyInfoSize = 4096;

}  // namespace

Link::Link(LinkOwner& owner, Role role, const Peers& peers, const std::string& sid)
    : owner_(owner),
      role_(role),
      peers_(peers),
      started_(owner.env().now()),
      port_(owner, peers.remote),
      opened_(started_),
      limit_(owner.scheduler(), owner.env()),
      session_timer_(owner.scheduler(), owner.env()),
      absence_(owner.scheduler(), owner.env()),
      liveness_timer_(owner.scheduler(), owner.env()),
      expiry_(owner.scheduler(), owner.env()),
      contest_(owner.scheduler(), owner.env()),
      doubt_timer_(owner.scheduler(), owner.env()) {
  facts_.peer = peers.remote.full();
  facts_.role = role == Role::kInitiator ? "initiator" : "responder";
  make_session(sid);
}

Link::~Link() {
  owner_.router().remove(session_.get());
  owner_.release(port_, ns::kJingle, sid());
}

std::unique_ptr<Link> Link::initiate(LinkOwner& owner, const Peers& peers,
                                     std::vector<std::string> methods) {
  std::unique_ptr<Link> link(new Link(owner, Role::kInitiator, peers, owner.env().token()));
  link->methods_ = std::move(methods);
  link->show();
  link->next_method();
  link->drive();
  return link;
}

std::unique_ptr<Link> Link::respond(LinkOwner& owner, const Peers& peers, const std::string& sid,
                                    bool must_prove) {
  std::unique_ptr<Link> link(new Link(owner, Role::kResponder, peers, sid));
  link->must_prove_ = must_prove;
  return link;
}

void Link::make_session(const std::string& sid) {
  if (session_) {
    owner_.router().remove(session_.get());
    owner_.release(port_, ns::kJingle, session_->config().sid);
  }
  auto usable = [this](const Element& transport) -> Result<void> {
    TransportFactory* factory = owner_.factory(transport.ns());
    if (!factory)
      return fail(Blame::kPeer, "unsupported-transports", "no such transport is enabled here");
    return factory->check_offer(transport);
  };
  session_ = std::make_unique<Session>(
      Session::Config{role_, peers_.local, peers_.remote, sid, std::move(usable)}, owner_.env());
  enroll();
  owner_.claim(port_, ns::kJingle, sid);
}

void Link::drive() {
  while (auto output = session_->poll()) act(*output);
  auto when = session_->next_deadline();
  if (!when) return session_timer_.clear();
  session_timer_.set(*when, [this] {
    session_->on_deadline();
    drive();
  });
}

void Link::act(Session::Output& output) {
  std::visit(
      Overloaded{
          [this](Session::SendRequest& order) { request(std::move(order)); },
          [this](Session::SendReply& reply) { owner_.send(reply.iq); },
          [this](Session::Offered& offer) {
            offered_transport_ = offer.content.transport;
            peer_digest_ = offer.content.fingerprint;
            if (must_prove_) return session_->prove();
            on_offer_proven(true);
          },
          [this](Session::OfferProven& proof) { on_offer_proven(proof.genuine); },
          [this](Session::Acknowledged&) {
            acknowledged_ = true;
            owner_.on_offer_acknowledged(*this);
          },
          [this](Session::Accepted& accept) { on_accepted(accept.content); },
          [this](Session::AcceptProven&) { on_accept_proven(); },
          [this](Session::TransportInfo& info) { keep_early(std::move(info.transport)); },
          [this](Session::ReplaceOffered& offer) { on_replace_offered(offer.transport); },
          [this](Session::TransportAccepted& accept) { on_replace_accepted(accept.transport); },
          [this](Session::TransportRejected&) {
            facts_.tried.push_back({method_, "the other side does not want it"});
            next_method();
          },
          [this](Session::Pong& pong) { on_pong(pong); },
          [this](Session::LostTie&) { on_lost_tie(); },
          [this](Session::Ended& ended) { on_session_ended(ended); },
      },
      output);
}

void Link::request(Session::SendRequest order) {
  auto on_reply = [this, sid = sid(), tag = order.tag](const Result<Element>& reply,
                                                       const Element& condition) {
    if (sid != this->sid()) return;  // of a session that was tried before
    session_->on_reply(tag, reply, condition);
    drive();
  };
  port_.request_with_condition("set", std::move(order.jingle), std::move(on_reply));
}

void Link::on_jingle(const Element& iq, const JingleRequest& request) {
  absence_.clear();
  if (auto why = objection_to(request)) {
    bool is_broken = why->condition == "bad-request";
    return owner_.send(error_of(iq, is_broken ? bad_request(why->text) : unsupported_info()));
  }
  session_->on_request(iq, request);
  drive();
}

// The transport's word comes before the session's acknowledgement (IBB-17).
std::optional<Error> Link::objection_to(const JingleRequest& request) {
  if (request.action != Action::kTransportInfo || request.contents.empty()) return std::nullopt;
  const Element& info = request.contents.front().transport;
  TransportFactory* factory = owner_.factory(info.ns());
  bool is_meant = transport_ && factory && factory->name() == method_ &&
                  session_->state() != SessionState::kNone;
  if (!is_meant) return std::nullopt;
  auto taken = transport_->on_remote_info(info);
  return taken ? std::nullopt : std::optional(taken.error());
}

// The transport had it already, unless there is none yet because our user has not decided.
void Link::keep_early(Element info) {
  bool is_early = role_ == Role::kResponder && phase_ == Phase::kSignalling && !is_over() &&
                  info.ns() == offered_transport_.ns();
  if (!is_early || early_infos_.size() == kMostEarlyInfos) return;
  if (to_xml(info).size() <= kEarlyInfoSize) early_infos_.push_back(std::move(info));
}

// ---- an offer of the peer ----

void Link::on_offer_proven(bool genuine) {
  if (!genuine) return session_->drop();  // nobody offered anything: tell nobody
  offer_ready_ = true;
  owner_.on_offer_ready(*this);
}

void Link::ask_about_offer() {
  bool is_asked = told_;  // in the place of one that the user was asked about
  show();
  question_ = Question::kOffer;
  limit_.set(owner_.env().now() + kUserDecides, [this] {
    over("timeout", "the offer of " + peers_.remote.full() + " was not answered");
    terminate({"timeout", {}, {}});
    drive();
  });
  if (!is_asked && !owner_.ask({"offer", peers_.remote.full(), {}, {}})) decide_offer(false);
}

void Link::decide_offer(bool accept) {
  if (phase_ != Phase::kSignalling || !offer_ready_) return;
  question_ = Question::kNone;
  limit_.clear();
  if (!accept) {
    over("decline", "the offer of " + peers_.remote.full() + " was declined");
    terminate({"decline", {}, {}});
    return drive();
  }
  show();
  phase_ = Phase::kConnecting;
  if (!try_transport(offered_transport_.ns(), Role::kInitiator, Step::kAccept))
    return give_up("unsupported-transports", "the method that was offered is not enabled here");
  if (auto usable = transport_->on_remote_description(offered_transport_); !usable)
    return give_up("failed-transport", usable.error().text);
  for (const Element& info : std::exchange(early_infos_, {}))
    (void)transport_->on_remote_info(info);  // acknowledged already
  drive();
}

void Link::on_accept_proven() {
  proven_ = true;
  channel_ ? channel_->on_proven() : prove_contenders();
  if (auto done = std::exchange(unjudged_, std::nullopt)) judge_key(*done);
}

void Link::on_lost_tie() {
  session_over_ = true;
  owner_.on_lost_offer(*this);
  over("alternative-session", peers_.remote.full() + " called at the same moment");
  finish_goodbye();
}

void Link::take_place_of(Link& other) { told_ = std::exchange(other.told_, false) || told_; }

// ---- whether the peer is there ----

void Link::check_alive() {
  if (liveness_timer_.is_set()) return;
  TimePoint now = owner_.env().now();
  if (!is_open() || channel_->last_received() + kLiveness > now) return answer_alive(is_open());
  liveness_asked_ = now;
  channel_->ping();
  session_->ping();
  watch_liveness();
  drive();
}

void Link::watch_liveness() {
  liveness_timer_.set(owner_.env().now() + kLivenessStep, [this] {
    bool spoke = channel_->last_received() > liveness_asked_;
    bool silent = owner_.env().now() >= liveness_asked_ + kLiveness;
    if (spoke || silent) return answer_alive(spoke);
    watch_liveness();
  });
}

void Link::answer_alive(bool alive) {
  liveness_timer_.clear();
  owner_.on_alive(*this, alive);
}

// A client that came up after our offer was sent never answers it, and its own offer meets ours
// (JGL-14): both would wait. Asked for the session it says that there is none (JGL-26).
void Link::doubt_offer() {
  if (doubt_ != Doubt::kNone || doubt_timer_.is_set() || !is_unanswered_offer()) return;
  doubt_timer_.set(owner_.env().now() + kDoubt, [this] {
    bool is_pending = session_->state() == SessionState::kPending;  // or waits to be tried again
    if (!is_pending || !is_unanswered_offer()) return;
    doubt_ = Doubt::kAsked;
    session_->ping();
    drive();
  });
}

// JGL-26. An open stream outlives its session: it ends when it is silent, or replaced (JGL-18).
void Link::on_pong(const Session::Pong& pong) {
  if (pong.alive) absence_.clear();
  if (!pong.unknown_session || is_over()) return;
  if (doubt_ == Doubt::kAsked && is_unanswered_offer() && !absence_.is_set()) {
    renews_ = true;
    owner_.on_lost_offer(*this);
  }
  if (phase_ == Phase::kOpen) {
    if (liveness_timer_.is_set()) answer_alive(false);
    return;
  }
  if (channel_) channel_->cut();
  over("gone", peers_.remote.full() + " does not know of this attempt any more");
  session_->drop();
}

// ---- to the host ----

void Link::show() {
  if (told_) return;
  told_ = true;
  tell("negotiating");
}

void Link::tell(const std::string& state) {
  facts_.state = state;
  if (told_) owner_.tell(TellStream{facts_});
}

StreamInfo Link::status() const {
  StreamInfo info = facts_;
  TimePoint from = phase_ == Phase::kOpen ? opened_ : started_;
  info.since = std::chrono::duration<double>(owner_.env().now() - from).count();
  if (channel_) {
    info.bytes_in = channel_->octets_read();
    info.bytes_out = channel_->octets_written();
  }
  return info;
}

}  // namespace balcony
