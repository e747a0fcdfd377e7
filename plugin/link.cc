// SPDX-License-Identifier: MIT
// Link, part 1: the Jingle session, and the life of the link.
#include "plugin/link.h"

#include <utility>

#include "jingle/base/ns.h"

namespace balcony {
namespace {

constexpr Duration kUserDecides = 135s;  // C-02 + 15 s: the peer's own timer comes first
constexpr Duration kAbsence = 10s;       // JGL-36
constexpr Duration kRetry = 30s;         // JGL-38
constexpr int kRetries = 2;
constexpr Duration kLiveness = 5s;  // JGL-18
constexpr Duration kLivenessStep = 250ms;

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

// What a stanza error to our session-initiate means to the user (JGL-38).
struct Refusal {
  std::string reason, text;
};
Refusal read_refusal(const std::string& condition, const std::string& peer) {
  if (condition == "service-unavailable" || condition == "feature-not-implemented") {
    return {"unsupported-applications",
            peer + " can't talk end to end, or does not accept it from you"};
  }
  if (condition == "recipient-unavailable" || condition == "item-not-found")
    return {"gone", peer + " is not online"};
  if (condition == "remote-server-not-found" || condition == "remote-server-timeout")
    return {"connectivity-error", "the server of " + peer + " can't be reached"};
  if (condition == "resource-constraint")
    return {"busy", peer + " has too many streams; try later"};
  if (condition == "timeout") return {"timeout", peer + " did not answer the offer"};
  if (condition == "not-acceptable" || condition == "forbidden" || condition == "policy-violation")
    return {"decline", peer + " refused the offer (" + condition + ")"};
  return {"general-error", "the offer to " + peer + " failed (" + condition + ")"};
}

std::string told_reason(const Reason& reason, const std::string& peer) {
  std::string text = reason.condition == "decline"   ? peer + " declined"
                     : reason.condition == "cancel"  ? peer + " called it off"
                     : reason.condition == "gone"    ? peer + " went offline"
                     : reason.condition == "success" ? peer + " ended the stream"
                     : reason.condition == "timeout" ? peer + " waited too long for an answer"
                     : reason.condition == "busy"    ? peer + " is busy"
                                                     : peer + " ended it: " + reason.condition;
  return reason.text.empty() ? text : text + " (" + reason.text + ")";
}

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
      liveness_timer_(owner.scheduler(), owner.env()) {
  facts_.peer = peers.remote.full();
  facts_.role = role == Role::kInitiator ? "initiator" : "responder";
  make_session(sid);
}

Link::~Link() { owner_.router().remove(session_.get()); }

std::unique_ptr<Link> Link::initiate(LinkOwner& owner, const Peers& peers,
                                     std::vector<std::string> methods) {
  std::unique_ptr<Link> link(new Link(owner, Role::kInitiator, peers, owner.env().token()));
  link->methods_ = std::move(methods);
  link->told_ = true;
  link->tell("negotiating");
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
  owner_.router().add(session_.get());
  owner_.claim(port_, ns::kJingle, sid);
}

void Link::drive() {
  while (auto output = session_->poll()) act(*output);
  if (auto when = session_->next_deadline()) {
    session_timer_.set(*when, [this] {
      session_->on_deadline();
      drive();
    });
  } else {
    session_timer_.clear();
  }
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
          [this](Session::AcceptProven&) {
            proven_ = true;
            if (channel_) channel_->on_proven();
          },
          [this](Session::TransportInfo& info) {
            if (transport_) (void)transport_->on_remote_info(info.transport);
          },
          [this](Session::ReplaceOffered& offer) { on_replace_offered(offer.transport); },
          [this](Session::TransportAccepted& accept) { on_replace_accepted(accept.transport); },
          [this](Session::TransportRejected&) {
            facts_.tried.push_back({method_, "the other side does not want it"});
            next_method();
          },
          [this](Session::Pong& pong) {
            if (pong.unknown_session)
              end({"gone", peers_.remote.full() + " knows no such session", {}});
          },
          [this](Session::LostTie&) {
            session_over_ = true;
            told_ = told_ && !owner_.on_lost_tie(*this);
            over("alternative-session", peers_.remote.full() + " called at the same moment");
            finish_goodbye();
          },
          [this](Session::Ended& ended) { on_session_ended(ended); },
      },
      output);
}

void Link::request(Session::SendRequest order) {
  auto on_reply = [this, sid = sid(), tag = order.tag](Result<Element> reply,
                                                       const Element& condition) {
    if (sid != this->sid()) return;  // of a session that was tried before
    session_->on_reply(tag, reply, condition);
    drive();
  };
  port_.request_with_condition("set", std::move(order.jingle), std::move(on_reply));
}

void Link::on_jingle(const Element& iq, const JingleRequest& request) {
  absence_.clear();
  session_->on_request(iq, request);
  drive();
}

void Link::on_offer_proven(bool genuine) {
  if (!genuine) return session_->drop();  // nobody offered anything: tell nobody
  offer_ready_ = true;
  owner_.on_offer_ready(*this);
}

void Link::ask_about_offer() {
  question_ = Question::kOffer;
  told_ = true;
  tell("negotiating");
  limit_.set(owner_.env().now() + kUserDecides, [this] {
    over("timeout", "the offer of " + peers_.remote.full() + " was not answered");
    terminate({"timeout", {}, {}});
    drive();
  });
  if (!owner_.ask({"offer", peers_.remote.full(), {}, {}})) decide_offer(false);
}

void Link::decide_offer(bool accept) {
  question_ = Question::kNone;
  limit_.clear();
  if (!accept) {
    over("decline", "the offer of " + peers_.remote.full() + " was declined");
    terminate({"decline", {}, {}});
    return drive();
  }
  if (!told_) {
    told_ = true;
    tell("negotiating");
  }
  phase_ = Phase::kConnecting;
  if (try_transport(offered_transport_.ns(), Role::kInitiator, Step::kAccept)) {
    if (auto usable = transport_->on_remote_description(offered_transport_); !usable)
      give_up("failed-transport", usable.error().text);
  }
  drive();
}

void Link::on_session_ended(const Session::Ended& ended) {
  session_over_ = true;
  if (!is_over() && ended.by_peer && retry_later(ended)) return;
  if (!is_over()) {
    Refusal told{ended.reason.condition, told_reason(ended.reason, peers_.remote.full())};
    if (!ended.condition.empty()) {
      told = read_refusal(ended.condition, peers_.remote.full());
    } else if (!ended.by_peer) {
      told.text = ended.reason.condition == "timeout"
                      ? peers_.remote.full() + " did not answer the offer in time"
                      : "the negotiation with " + peers_.remote.full() +
                            " failed: " + ended.reason.condition;
    }
    if (channel_) channel_->cut();
    over(told.reason, told.text);
  }
  finish_goodbye();
}

bool Link::retry_later(const Session::Ended& ended) {
  bool passing =
      ended.condition == "resource-constraint" || ended.condition == "remote-server-timeout";
  if (!passing || role_ != Role::kInitiator || retries_ == kRetries) return false;
  ++retries_;
  limit_.set(owner_.env().now() + kRetry, [this] {
    make_session(owner_.env().token());
    session_over_ = false;
    acknowledged_ = false;
    next_method_ = 0;
    next_method();
    drive();
  });
  return true;
}

void Link::on_peer_unavailable() {
  if (is_over()) return;
  TimePoint asked = owner_.env().now();
  if (phase_ == Phase::kOpen) channel_->ping();
  absence_.set(asked + kAbsence, [this, asked] {
    bool spoke = channel_ && channel_->last_received() > asked;
    if (!spoke) end({"gone", peers_.remote.full() + " went offline", {}});
  });
}

void Link::on_offline() {
  if (is_over()) return;
  if (channel_) return channel_->on_server_session(ByteStream::ServerSession::kAway);
  session_->drop();
  over("connectivity-error", "the connection to your server was lost");
  drive();
}

void Link::on_online(bool kept) {
  if (!channel_) return;
  using State = ByteStream::ServerSession;
  channel_->on_server_session(kept ? State::kResumed : State::kLost);
}

void Link::close(const std::string& reason) {
  if (phase_ == Phase::kOpen) {
    closed_first_ = closed_first_ || !channel_->is_closing();
    channel_->close();
    return owner_.on_changed(*this);
  }
  if (is_over()) return;
  if (question_ == Question::kOffer) return decide_offer(false);
  end({reason, "the attempt was ended", {}});
}

void Link::end(const Reason& reason) {
  if (is_over()) return;
  if (channel_) channel_->cut();
  over(reason.condition, reason.text);
  terminate({reason.condition, {}, reason.alternative_sid});
  drive();
}

void Link::revoke() {
  if (phase_ != Phase::kOpen) return close("security-error");
  channel_->fail({"not-authorized", "the key is trusted no more", {}});
}

void Link::check_alive(std::function<void(bool)> answer) {
  TimePoint now = owner_.env().now();
  if (phase_ != Phase::kOpen || channel_->is_closing()) return answer(false);
  if (channel_->last_received() + kLiveness > now) return answer(true);
  liveness_ = std::move(answer);
  liveness_asked_ = now;
  channel_->ping();
  session_->ping();
  watch_liveness();
  drive();
}

void Link::watch_liveness() {
  liveness_timer_.set(owner_.env().now() + kLivenessStep, [this] {
    bool spoke = !is_over() && channel_->last_received() > liveness_asked_;
    bool silent = is_over() || owner_.env().now() >= liveness_asked_ + kLiveness;
    if (spoke || silent) return std::exchange(liveness_, nullptr)(spoke);
    watch_liveness();
  });
}

void Link::tell(const std::string& state) {
  facts_.state = state;
  if (told_) owner_.tell(TellStream{facts_});
}

void Link::over(const std::string& reason, const std::string& text) {
  if (is_over()) return;
  phase_ = Phase::kLeaving;
  question_ = Question::kNone;
  facts_.reason = reason;
  facts_.text = text;
  absence_.clear();
  limit_.set(owner_.env().now() + owner_.settings().limit_close, [this] { bury(); });
  tell("closed");
  report_lost(text);
  owner_.on_over(*this);
  if (!changed_key_.kind.empty()) owner_.ask(std::exchange(changed_key_, {}));
}

void Link::terminate(const Reason& reason) {
  if (session_over_) return;
  session_->terminate(reason);
}

// The goodbye is complete when neither the session nor the path is left.
void Link::finish_goodbye() {
  if (phase_ == Phase::kLeaving && session_over_ && path_gone_) bury();
}

void Link::bury() {
  if (phase_ == Phase::kDead) return;
  phase_ = Phase::kDead;
  limit_.clear();
  session_timer_.clear();
  owner_.release(port_, ns::kJingle, sid());
  owner_.on_dead(*this);
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
