// SPDX-License-Identifier: MIT
// Link, part 3: the trial of the peer's key (TLS-16), and stanzas.
#include <algorithm>
#include <utility>

#include "jingle/base/ns.h"
#include "plugin/link.h"

namespace balcony {
namespace {

constexpr Duration kUserTrusts = 120s;      // C-07
constexpr std::size_t kMaxRequests = 8192;  // as C-16's queue: replies to older ones are dropped
constexpr std::string_view kReceipts = "urn:xmpp:receipts";

}  // namespace

void Link::on_key(const TlsEngine::HandshakeDone& done) {
  if (is_over()) return;
  facts_.tls = done.version;
  facts_.cipher = done.cipher;
  facts_.fingerprint = done.peer.fingerprint;
  proved_digest_ = done.peer.digest;
  std::vector<Pin> pins = owner_.trust().pins(peers_.remote.to_bare());
  bool signalled = !peer_digest_.empty();
  TrustQuestion question{
      .peer = peers_.remote,
      .certificate = done.peer,
      .own = owner_.identity().certificate(),
      .signalled = peer_digest_,
      .fingerprints_exchanged = signalled && peer_digest_ == done.peer.digest,
      .signalling_proven = proven_,
      .ca_valid =
          verify_chain(done.chain, owner_.anchors(), owner_.env().unix_time(), other(role_)),
      .pins = pins,
      .setting = owner_.settings().trust,
      .unix_time = owner_.env().unix_time(),
  };
  TrustVerdict verdict = judge(question);
  if (auto* accept = std::get_if<TrustAccept>(&verdict)) {
    accept_key(accept->trust,
               accept->pin || accept->trust == "pinned" || accept->trust == "verified", "tofu");
  } else if (auto* reject = std::get_if<TrustReject>(&verdict)) {
    reject_key(*reject, pins);
  } else {
    question_ = Question::kKey;
    limit_.set(owner_.env().now() + kUserTrusts, [this] { answer_key(false); });
    if (!owner_.ask({"key", peers_.remote.full(), facts_.fingerprint, {}})) answer_key(false);
  }
}

// Keeps the pin, or refreshes when it was last seen; a key that can't be kept is not accepted as
// new.
void Link::accept_key(const std::string& trust, bool pin, const std::string& how) {
  std::int64_t now = owner_.env().unix_time();
  if (pin) {
    auto kept =
        owner_.trust().add(peers_.remote.to_bare(), {facts_.fingerprint, false, how, now, now});
    if (!kept && trust == "new") {
      channel_->reject_key(kept.error().text);
      return;
    }
    if (!kept) owner_.tell(TellLog{kLogWarning, kept.error().text});
  }
  facts_.trust = trust;
  channel_->accept_key(true);
}

void Link::reject_key(const TrustReject& verdict, const std::vector<Pin>& pins) {
  if (verdict.changed) {
    changed_key_ = {"key", peers_.remote.full(), facts_.fingerprint, {}};
    for (const Pin& pin : pins) changed_key_.known.push_back(pin.fingerprint);
  }
  channel_->reject_key(verdict.text);
}

void Link::answer_key(bool trusted) {
  question_ = Question::kNone;
  limit_.clear();
  if (trusted) return accept_key("new", true, "user");
  channel_->refuse_key("the key of " + peers_.remote.full() + " was not trusted");
}

void Link::on_established() {
  phase_ = Phase::kOpen;
  was_open_ = true;
  opened_ = owner_.env().now();
  was_writable_ = true;
  tell("open");
  owner_.on_open(*this);
}

void Link::send(Element stanza) {
  Element sent = stanza;
  if (!channel_->send(std::move(stanza))) {
    owner_.undelivered(*this, sent, false,
                       "it is too large, or of a kind that may not travel end to end");
    return;
  }
  ++facts_.stanzas_out;
  if (is_iq_request(sent)) {
    requests_.emplace_back(sent.attr("id"));
    if (requests_.size() > kMaxRequests) requests_.pop_front();
  }
  unconfirmed_.add(std::move(sent), channel_->octets_made());
  if (was_writable_ && !is_writable()) {
    was_writable_ = false;
    owner_.on_changed(*this);
  }
}

void Link::on_received(Element stanza) {
  if (is_iq_reply(stanza)) {  // STZ-10: it must answer a request that went by this stream
    auto request = std::find(requests_.begin(), requests_.end(), stanza.attr("id"));
    if (request == requests_.end()) return on_dropped("a reply to nothing that was asked");
    requests_.erase(request);
    unconfirmed_.on_answered(stanza.attr("id"));
  } else if (const Element* receipt = stanza.child("received", kReceipts)) {
    unconfirmed_.on_answered(receipt->attr("id"));
  }
  ++facts_.stanzas_in;
  owner_.on_received(*this, std::move(stanza));
  if (owner_.is_host_behind()) channel_->pause(true);
}

void Link::on_host_drained() {
  if (channel_ && !is_over()) channel_->pause(false);
}

void Link::on_dropped(const std::string& why) {
  owner_.tell(TellLog{kLogInfo, "dropped a stanza from " + peers_.remote.full() + ": " + why});
}

void Link::on_written() {
  unconfirmed_.on_written(channel_->octets_written(), owner_.env().now());
  if (!was_writable_ && is_writable()) {
    was_writable_ = true;
    owner_.on_changed(*this);
  }
}

void Link::on_peer_closing() { owner_.on_changed(*this); }

void Link::on_ended(const XmlStream::Ended& ended) {
  clean_ = ended.clean;
  if (is_over()) return;
  if (clean_) {
    over("success",
         closed_first_ ? "the stream was closed" : peers_.remote.full() + " closed the stream");
    return;  // the path closes, then the session (JGL-33)
  }
  over(ended.reason, ended.text);
  terminate({ended.reason, ended.text, {}});
  drive();
}

void Link::on_path_closed() {
  path_gone_ = true;
  if (clean_ && closed_first_) terminate({"success", {}, {}});
  drive();
  finish_goodbye();
}

void Link::report_lost(const std::string& reason) {
  auto lost = unconfirmed_.take_lost(owner_.env().now());
  if (clean_) return;  // both sides said that they had said and heard all
  for (const auto& [stanza, unknown] : lost) owner_.undelivered(*this, stanza, unknown, reason);
}

}  // namespace balcony
