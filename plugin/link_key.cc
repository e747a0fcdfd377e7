// SPDX-License-Identifier: MIT
// Link, part 4: the trial of the peer's key (TLS-11, TLS-16).
#include <utility>

#include "plugin/link.h"

namespace balcony {
namespace {

constexpr Duration kUserTrusts = 120s;  // C-07
constexpr Duration kCheckKey = 1h;      // TLS-22

}  // namespace

// Nothing is asked or pinned before the signalling is proven (STM-08).
void Link::on_key(const TlsEngine::HandshakeDone& done) {
  if (is_over() || ending_) return;
  facts_.tls = done.version;
  facts_.cipher = done.cipher;
  facts_.fingerprint = done.peer.fingerprint;
  key_until_ = done.peer.not_after;
  if (!proven_) {
    unjudged_ = done;
    return;
  }
  judge_key(done);
}

void Link::judge_key(const TlsEngine::HandshakeDone& done) {
  std::vector<Pin> pins = owner_.trust().pins(peers_.remote.to_bare());
  bool signalled = !peer_digest_.empty();
  std::int64_t now = owner_.env().unix_time();
  TrustQuestion question{
      .peer = peers_.remote,
      .certificate = done.peer,
      .own = owner_.identity().certificate(),
      .signalled = peer_digest_,
      .fingerprints_exchanged = signalled && peer_digest_ == done.peer.digest,
      .signalling_proven = proven_,
      .ca_valid = verify_chain(done.chain, owner_.anchors(), now, other(role_)),
      .pins = pins,
      .setting = owner_.settings().trust,
      .unix_time = now,
  };
  TrustVerdict verdict = judge(question);
  if (auto* accept = std::get_if<TrustAccept>(&verdict)) {
    bool pinned = accept->trust == "pinned" || accept->trust == "verified";
    (void)accept_key(accept->trust, accept->pin || pinned, "tofu");
  } else if (auto* reject = std::get_if<TrustReject>(&verdict)) {
    reject_key(*reject, pins);
  } else {
    ask_about_key();
  }
}

// Keeps the pin, or refreshes when it was last seen; a key that can't be kept is not accepted as
// new.
Result<void> Link::accept_key(const std::string& trust, bool pin, const std::string& how) {
  std::int64_t now = owner_.env().unix_time();
  if (pin) {
    auto kept =
        owner_.trust().add(peers_.remote.to_bare(), {facts_.fingerprint, false, how, now, now});
    if (!kept && trust == "new") {
      channel_->refuse_key("the key of " + facts_.peer + " can't be kept: " + kept.error().text);
      return kept;
    }
    if (!kept) owner_.tell(TellLog{kLogWarning, kept.error().text});
  }
  facts_.trust = trust;
  channel_->accept_key(true);
  return {};
}

void Link::reject_key(const TrustReject& verdict, const std::vector<Pin>& pins) {
  if (verdict.changed) {
    changed_key_ = {"key", facts_.peer, facts_.fingerprint, {}};
    for (const Pin& pin : pins) changed_key_.known.push_back(pin.fingerprint);
  }
  channel_->reject_key(verdict.text);
}

// TLS-22. Pins and policy need no clock: the command that changes one ends the stream (TLS-21).
void Link::watch_key() {
  expiry_.set(owner_.env().now() + kCheckKey, [this] {
    if (!is_open()) return;
    if (!has_expired(key_until_, owner_.env().unix_time())) return watch_key();
    ending_ = {"security-error", "the certificate of " + facts_.peer +
                                     " has expired; a stream with its new one follows"};
    channel_->fail({"reset", {}, {}});
    owner_.on_changed(*this);
  });
}

void Link::ask_about_key() {
  question_ = Question::kKey;
  limit_.set(owner_.env().now() + kUserTrusts, [this] {
    answered(Question::kKey);
    channel_->refuse_key("the question about the key of " + facts_.peer + " was not answered");
  });
  if (!owner_.ask({"key", facts_.peer, facts_.fingerprint, {}})) refuse_key();
}

void Link::answered(Question question) {
  if (question_ != question) return;
  question_ = Question::kNone;
  limit_.clear();
}

Result<void> Link::trust_key() {
  answered(Question::kKey);
  return accept_key("new", true, "user");
}

void Link::refuse_key() {
  answered(Question::kKey);
  channel_->refuse_key("the key of " + facts_.peer + " was not trusted");
}

}  // namespace balcony
