// SPDX-License-Identifier: MIT
// Link, part 2: how it ends, by whom, and what is left to say and to report (JGL-33, -35 to -39).
#include <utility>

#include "plugin/link.h"
#include "plugin/link_contest.h"

namespace balcony {
namespace {

constexpr Duration kAbsence = 10s;  // JGL-36
constexpr Duration kRetry = 30s;    // JGL-38
constexpr int kRetries = 2;
constexpr Duration kReasonComes = 2s;  // a session-terminate behind the path's end

}  // namespace

// ---- the session is over ----

void Link::on_session_ended(const Session::Ended& ended) {
  session_over_ = true;
  if (is_over()) return finish_goodbye();
  if (retry_later(ended)) return;
  if (follows_redirects_) redirect_ = address_of(ended.moved_to);
  awaits_reason_ = false;
  ending_ = reason_of(ended);
  if (path_gone_) {
    over(ending_->reason, ending_->text);
    return finish_goodbye();
  }
  channel_->cut();  // JGL-33: what has been decrypted is delivered first
  owner_.on_changed(*this);
}

// Whoever refuses a key closes the path, and says why in the session.
void Link::await_reason() {
  awaits_reason_ = true;
  limit_.set(owner_.env().now() + kReasonComes, [this] {
    awaits_reason_ = false;
    on_path_closed(false);
  });
}

EndReason Link::reason_of(const Session::Ended& ended) const {
  const std::string& peer = facts_.peer;
  if (!ended.condition.empty()) return reason_of_refusal(ended.condition, peer);
  if (ended.by_peer) return reason_of_terminate(ended.reason, peer);
  if (ended.reason.condition == "timeout")
    return {"timeout", peer + " did not answer the offer in time"};
  if (role_ == Role::kResponder && phase_ == Phase::kSignalling)
    return {ended.reason.condition, "the offer of " + peer + " could not be used"};
  return {ended.reason.condition,
          "the negotiation with " + peer + " failed: " + ended.reason.condition};
}

// JGL-12: an xmpp: URI of another client of the same account.
std::optional<Jid> Link::address_of(std::string_view uri) const {
  constexpr std::string_view kScheme = "xmpp:";
  if (!uri.starts_with(kScheme)) return std::nullopt;
  uri.remove_prefix(kScheme.size());
  auto jid = Jid::parse(uri.substr(0, uri.find_first_of("?#")));
  bool is_client = jid && !jid->is_bare() && jid->same_bare(peers_.remote);
  return is_client && *jid != peers_.remote ? std::optional(*jid) : std::nullopt;
}

// JGL-38.
bool Link::retry_later(const Session::Ended& ended) {
  bool passing =
      ended.condition == "resource-constraint" || ended.condition == "remote-server-timeout";
  if (!passing || role_ != Role::kInitiator || retries_ == kRetries) return false;
  ++retries_;
  transport_.reset();
  limit_.set(owner_.env().now() + kRetry, [this] { offer_again(); });
  return true;
}

void Link::offer_again() {
  make_session(owner_.env().token());
  session_over_ = false;
  acknowledged_ = false;
  doubt_timer_.clear();
  next_method_ = 0;
  next_method();
  drive();
}

// ---- the peer or the server is gone ----

void Link::on_peer_unavailable() {
  if (is_over() || absence_.is_set()) return;
  TimePoint asked = owner_.env().now();
  if (is_open()) channel_->ping();
  if (session_->state() != SessionState::kNone) session_->ping();  // presence can be forged
  absence_.set(asked + kAbsence, [this, asked] {
    bool spoke = channel_ && channel_->last_received() > asked;
    if (!spoke) end({"gone", peers_.remote.full() + " went offline", {}});
  });
  drive();
}

void Link::on_offline() {
  if (channel_) {
    unconfirmed_.on_server_away(owner_.env().now());
    return channel_->on_server_session(ByteStream::ServerSession::kAway);
  }
  over("connectivity-error", "the connection to your server was lost");
  session_->drop();
  drive();
  finish_goodbye();
}

void Link::on_online(bool kept) {
  if (!channel_) return;
  if (kept) unconfirmed_.on_server_resumed(owner_.env().now());
  using State = ByteStream::ServerSession;
  channel_->on_server_session(kept ? State::kResumed : State::kLost);
}

// ---- we end it ----

void Link::close(const std::string& reason, const std::string& text) {
  if (phase_ == Phase::kOpen) {
    closed_first_ = closed_first_ || !channel_->is_closing();
    channel_->close();
    return owner_.on_changed(*this);
  }
  if (question_ == Question::kOffer && reason == "cancel") return decide_offer(false);
  end({reason, text, {}});
}

void Link::end(const Reason& reason) {
  if (is_over()) return;
  if (channel_) channel_->cut();
  over(reason.condition, reason.text);
  terminate({reason.condition, {}, reason.alternative_sid});
  drive();
  finish_goodbye();
}

void Link::revoke(const std::string& text) {
  if (phase_ != Phase::kOpen) return close("security-error", text);
  if (channel_->still_sends()) return end({"security-error", text, {}});  // not a word of that
  ending_ = {"security-error", text};  // for our user; the peer is told no more than that
  channel_->fail({"not-authorized", {}, {}});
  owner_.on_changed(*this);
}

void Link::abandon(const std::string& text) {
  end({"gone", text, {}});
  bury();
}

// ---- the rest ----

void Link::over(const std::string& reason, const std::string& text) {
  if (is_over()) return;
  phase_ = Phase::kLeaving;
  question_ = Question::kNone;
  awaits_reason_ = false;
  unjudged_.reset();
  if (!channel_) contest_.soon([this] { contenders_.clear(); });
  facts_.reason = reason;
  facts_.text = text;
  absence_.clear();
  liveness_timer_.clear();
  expiry_.clear();
  limit_.set(owner_.env().now() + owner_.settings().limit_close, [this] { bury(); });
  tell("closed");
  if (!clean_) report_lost(text);
  owner_.on_over(*this);
  if (!changed_key_.kind.empty()) owner_.ask(std::exchange(changed_key_, {}));
}

void Link::terminate(const Reason& reason) {
  if (!session_over_) session_->terminate(reason);
}

// The goodbye is complete when neither the session nor the path is left.
void Link::finish_goodbye() {
  if (phase_ == Phase::kLeaving && session_over_ && path_gone_) bury();
}

// What the peer has not finished by now we finish without it.
void Link::bury() {
  if (phase_ == Phase::kDead) return;
  phase_ = Phase::kDead;
  terminate(farewell_.value_or(Reason{facts_.reason, {}, {}}));
  drive();
  limit_.clear();
  session_timer_.clear();
  if (!path_gone_) report_lost("the stream was cut before all was through");
  owner_.on_dead(*this);
}

void Link::report_lost(const std::string& reason) {
  TimePoint now = owner_.env().now();
  bool still_sends = channel_ && channel_->still_sends();
  if (channel_) unconfirmed_.on_written(channel_->octets_written(), now);
  for (const auto& [stanza, unknown] : unconfirmed_.take_lost(now))
    owner_.undelivered(*this, stanza, unknown || still_sends, reason);
}

}  // namespace balcony
