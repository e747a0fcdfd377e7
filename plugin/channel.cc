// SPDX-License-Identifier: MIT
#include "plugin/channel.h"

#include <utility>

namespace balcony {
namespace {

// Long enough for a burst to be over, short enough that nobody waits. Each push frees what one read
// of the proxy left, so that a few are needed.
constexpr Duration kPushAfter = 100ms;
constexpr int kPushes = 4;

}  // namespace

Channel::Channel(Facts& facts, XmlStream::Config config, std::unique_ptr<ByteStream> path,
                 Kind kind, const Identity& identity, Env& env, Scheduler& scheduler)
    : facts_(facts),
      env_(env),
      scheduler_(scheduler),
      identity_(identity),
      kind_(kind),
      role_(config.role),
      max_unauthenticated_(config.max_unauthenticated),
      xml_(std::move(config), env),
      path_(std::move(path)),
      turn_(scheduler, env),
      deadline_(scheduler, env),
      push_(scheduler, env) {}

Channel::~Channel() {
  if (path_) path_->set_listener(nullptr);
}

void Channel::start() {
  path_->set_listener(this);
  xml_.start();
  after();
}

void Channel::accept_key(bool offer_external) {
  judging_ = false;
  xml_.accept_key(offer_external);
  if (path_ && !paused_) path_->set_listener(this);
  after();
}

void Channel::refuse_key(std::string text) {
  judging_ = false;
  xml_.refuse_key(std::move(text));
  if (path_) path_->set_listener(this);
  after();
}

void Channel::reject_key(std::string text) {
  judging_ = false;
  if (tls_) tls_->refuse_certificate();
  if (path_) path_->set_listener(this);
  xml_.on_tls_failed({Blame::kPeer, "security-error", std::move(text)});
  after();
}

void Channel::on_proven() {
  xml_.on_proven();
  after();
}

bool Channel::send(Element stanza) {
  bool taken = xml_.send(std::move(stanza));
  after();
  if (kind_.by_proxy) pushes_left_ = kPushes;
  if (kind_.by_proxy && !push_.is_set()) push_soon();
  return taken;
}

// Our closing tag would wait with the burst before it, and the peer's answer with the tag. So would
// ours to the peer's tag.
void Channel::close() {
  if (pushes_left_ > 0 && is_open()) {
    close_after_pushes_ = true;
    return;
  }
  xml_.close();
  after();
}

void Channel::fail(StreamError error) {
  xml_.fail(std::move(error));
  after();
}

void Channel::cut() {
  cut_wanted_ = true;
  after();
}

void Channel::ping() {
  xml_.ping();
  after();
}

void Channel::push_soon() {
  push_.set(env_.now() + kPushAfter, [this] {
    --pushes_left_;
    xml_.space();
    if (pushes_left_ > 0) {
      push_soon();
    } else if (close_after_pushes_) {
      xml_.close();
    }
    after();
  });
}

void Channel::pause(bool paused) {
  paused_ = paused;
  if (path_ && !judging_) path_->set_listener(paused ? nullptr : this);
}

void Channel::on_server_session(ByteStream::ServerSession state) {
  if (path_) path_->on_server_session(state);
}

void Channel::on_bytes(ByteView octets) {
  if (tls_) {
    read_ += octets.size();
  } else {
    clear_read_ += octets.size();
  }
  if (!xml_.is_established() && is_over_budget()) {
    xml_.fail({"policy-violation", "more octets than an unauthenticated peer may send", {}});
    after();
    return;
  }
  xml_.on_bytes(octets);
  after();
}

bool Channel::is_over_budget() const {
  std::size_t taken = clear_read_ + (tls_ ? tls_->raw_received() : path_->received_overhead());
  return taken > max_unauthenticated_;
}

void Channel::on_writable() {
  flush();
  after();
}

void Channel::on_closed(std::optional<Error> error) {
  path_gone_ = true;
  in_order_ = has_arrived(error.has_value());
  xml_.on_eof(error);
  after();
}

// Once both closing tags were exchanged. Whoever answered ours has read all before it; in band it
// may refuse what comes behind, such as our close_notify. That our answer to the peer's was read is
// told by its close_notify, which follows only then (STM-18), or in band by an end without an
// error.
bool Channel::has_arrived(bool has_failed) const {
  if (!outbound_.empty() || (tls_ && !tls_->is_flushed())) return false;
  if (kind_.in_band) return !answers_goodbye_ || !has_failed;
  return !has_failed && (!answers_goodbye_ || (tls_ && tls_->has_goodbye()));
}

void Channel::on_handshake_done(const TlsEngine::HandshakeDone& done) {
  judging_ = true;
  xml_.on_tls_established();
  if (is_over_budget()) {
    xml_.fail({"policy-violation", "more octets than an unauthenticated peer may send", {}});
  } else {
    key_ = done;
  }
  after();
}

void Channel::on_handshake_failed(const Error& error) {
  path_gone_ = true;
  xml_.on_tls_failed(error);
  after();
}

// Octets to send are collected at once, so that octets_made() is exact behind each stanza; all else
// waits for the turn.
void Channel::after() {
  xml_.hold_answer(pushes_left_ > 0);
  while (auto output = xml_.poll()) {
    if (auto* bytes = std::get_if<XmlStream::SendBytes>(&*output)) {
      made_ += bytes->octets.size();
      outbound_.append(bytes->octets);
      continue;
    }
    if (std::holds_alternative<XmlStream::PeerClosing>(*output)) answers_goodbye_ = true;
    // What comes from here on is for TLS.
    if (std::holds_alternative<XmlStream::StartTls>(*output) && path_) path_->set_listener(nullptr);
    outputs_.push_back(std::move(*output));
  }
  xml_.on_backlog(outbound_.size());
  if (!turn_.is_set()) turn_.soon([this] { turn(); });
}

void Channel::turn() {
  flush();
  if (key_) facts_.on_key(*std::exchange(key_, std::nullopt));
  act_on_outputs();
  if (std::exchange(cut_wanted_, false)) drop_path();
  flush();
  if (std::exchange(written_, false)) facts_.on_written();
  arm_deadline();
  if (!path_gone_ || std::exchange(path_gone_told_, true)) return;
  path_.reset();
  tls_ = nullptr;
  facts_.on_path_closed(in_order_);
}

// A peer's octets move the moment of the next check all the time: the timer is set once, and looks
// again when it is due.
void Channel::arm_deadline() {
  auto when = path_gone_ ? std::nullopt : xml_.next_deadline();
  if (!when) return deadline_.clear();
  if (deadline_.is_set() && deadline_at_ <= *when) return;
  deadline_at_ = *when;
  deadline_.set(*when, [this] {
    if (paused_) xml_.excuse_silence();
    xml_.on_deadline();
    after();
  });
}

void Channel::act_on_outputs() {
  while (!outputs_.empty()) {
    XmlStream::Output output = std::move(outputs_.front());
    outputs_.pop_front();
    act(output);
  }
}

void Channel::act(XmlStream::Output& output) {
  if (std::holds_alternative<XmlStream::StartTls>(output)) {
    take_over_with_tls();
  } else if (std::holds_alternative<XmlStream::CloseBytes>(output)) {
    close_wanted_ = true;
  } else if (std::holds_alternative<XmlStream::AbortBytes>(output)) {
    drop_path();
  } else if (std::holds_alternative<XmlStream::Established>(output)) {
    facts_.on_established();
  } else if (auto* received = std::get_if<XmlStream::Received>(&output)) {
    facts_.on_received(std::move(received->stanza));
  } else if (std::holds_alternative<XmlStream::PeerClosing>(output)) {
    facts_.on_peer_closing();
  } else if (auto* dropped = std::get_if<XmlStream::Dropped>(&output)) {
    facts_.on_dropped(dropped->why);
  } else if (auto* ended = std::get_if<XmlStream::Ended>(&output)) {
    facts_.on_ended(*ended);
  }
}

void Channel::flush() {
  if (!path_ || path_gone_) return;
  while (!outbound_.empty()) {
    std::size_t taken = path_->write(outbound_.view());
    if (taken == 0) break;
    outbound_.consume(taken);
    written_ = true;
  }
  xml_.on_backlog(outbound_.size());
  if (close_wanted_ && outbound_.empty()) {
    close_wanted_ = false;
    path_->close();
  }
}

void Channel::take_over_with_tls() {
  flush();
  if (!path_ || path_gone_) return;
  if (!outbound_.empty()) {  // a few hundred octets that a fresh byte stream would not take
    drop_path();
    xml_.on_eof(Error{Blame::kEnvironment, "connectivity-error", "the path takes no octets"});
    after();
    return;
  }
  auto tls =
      std::make_unique<TlsStream>(std::move(path_), role_, identity_, scheduler_, env_, this);
  if (!kind_.in_band) tls->set_closes_last();
  tls_ = tls.get();
  path_ = std::move(tls);
}

// Only in a turn of ours, so never from inside a call of the path.
void Channel::drop_path() {
  if (path_) path_->set_listener(nullptr);
  tls_ = nullptr;
  path_.reset();
  path_gone_ = true;
}

}  // namespace balcony
