// SPDX-License-Identifier: MIT
// Octets in, outputs out, deadlines; and the doors of XmlStream.
#include "jingle/stream/xml_stream.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "jingle/stream/stream_state.h"

namespace balcony {
namespace {

constexpr std::size_t kElementBeforeAuthentication = 16 * 1024;  // C-09
// 4 octets of XML can cost 144 of memory: 64 KiB in all for a stranger (SECURITY.md, "Limits").
constexpr std::size_t kPartsBeforeAuthentication = 256;

}  // namespace

XmlStream::Timers XmlStream::Timers::slow() {
  Timers timers;
  timers.header = 60s;
  timers.total = 90s;
  return timers;
}

XmlStream::State::State(Config config, Env& env)
    : config_(std::move(config)),
      env_(env),
      ends_{.local = config_.local, .peer = config_.peer, .lang = {}},
      peer_takes_large_(config_.peer_takes_large),
      keepalive_(config_.timers.idle, config_.timers.check),
      last_received_(env.now()) {}

void XmlStream::State::start() {
  assert(phase_ == Phase::kIdle || phase_ == Phase::kEnded);
  if (phase_ == Phase::kEnded) return;
  last_received_ = env_.now();
  clock_.start(env_.now(), config_.timers.total);
  begin_layer(config_.secured ? Layer::kSecured : Layer::kClear);
}

// STM-09: parser and header state go, and what was learned with them.
void XmlStream::State::begin_layer(Layer layer) {
  layer_ = layer;
  XmlLimits limits = config_.limits;
  if (layer != Layer::kAuthenticated) {
    limits.element = std::min(limits.element, kElementBeforeAuthentication);
    limits.parts = std::min(limits.parts, kPartsBeforeAuthentication);
  }
  parser_.emplace(limits);
  ends_.lang.clear();
  header_sent_ = header_seen_ = challenged_ = false;
  enter(Phase::kHeader);
  if (is_client()) send_header();
}

void XmlStream::State::enter(Phase phase) {
  phase_ = phase;
  TimePoint now = env_.now();
  const Timers& timers = config_.timers;
  switch (phase) {
    case Phase::kHeader:
      if (layer_ == Layer::kSecured) {
        clock_.stand_still(now, now + timers.peer_asks);  // the peer may be asking its user
        break;
      }
      [[fallthrough]];
    case Phase::kProceed:
    case Phase::kStarttls:
    case Phase::kTls:
    case Phase::kAuth:
    case Phase::kSasl:
      clock_.step(now, now + timers.header);
      break;
    case Phase::kFeatures:  // in the header's time, but for the last ones, which wait for proof
      if (layer_ == Layer::kAuthenticated) clock_.step(now, std::nullopt);
      break;
    case Phase::kProof:
      clock_.step(now, std::nullopt);
      break;
    case Phase::kJudging:
      clock_.stand_still(now, std::nullopt);
      break;
    case Phase::kIdle:
    case Phase::kOpen:
    case Phase::kEnded:
      clock_.stop();
      break;
  }
}

bool XmlStream::State::is_parsing() const {
  return phase_ != Phase::kIdle && phase_ != Phase::kTls && phase_ != Phase::kEnded &&
         !is_holding();
}

// How much more the peer may say before it is trusted (C-09).
std::size_t XmlStream::State::allowance() const {
  if (is_open()) return ByteView::npos;
  return config_.max_unauthenticated - std::min(unproven_octets_, config_.max_unauthenticated);
}

void XmlStream::State::on_bytes(ByteView octets) {
  if (phase_ == Phase::kEnded || octets.empty()) return;
  assert(is_parsing() || is_holding());
  last_received_ = env_.now();
  keepalive_.on_octets(last_received_);
  if (!is_holding()) return take(octets);
  if (kept_.size() + octets.size() > allowance())
    return abort("failed-application", "too much was sent before authentication",
                 "policy-violation");
  kept_.append(octets);
}

// Until the stream is open the parser is stopped at each `>`: the octets behind it may belong to
// another parser, or be an attack (TLS-05).
void XmlStream::State::take(ByteView octets) {
  rest_ = octets;
  while (!rest_.empty() && is_parsing()) {
    ByteView piece = rest_.substr(0, allowance());
    if (piece.empty()) {
      fail({"policy-violation", "too much was sent before authentication", {}});
      break;
    }
    auto until = is_open() ? XmlParser::Until::kEnd : XmlParser::Until::kEvent;
    std::size_t taken = parser_->feed(piece, until);
    rest_.remove_prefix(taken);
    if (!is_open()) unproven_octets_ += taken;
    drain_parser();
    if (taken == 0) break;  // behind a closing tag: not ours to read (STM-10)
  }
  if (is_holding()) kept_.append(rest_);
  rest_ = {};
}

void XmlStream::State::take_kept() {
  Bytes octets(kept_.view());
  kept_.clear();
  take(octets);
}

void XmlStream::State::drain_parser() {
  while (is_parsing()) {
    std::optional<XmlEvent> event = parser_->poll();
    if (!event) return;
    if (auto* root = std::get_if<RootOpened>(&*event)) on_header(*root);
    if (auto* read = std::get_if<ElementRead>(&*event)) on_element(std::move(*read));
    if (std::holds_alternative<RootClosed>(*event)) on_end_tag();
    if (auto* fault = std::get_if<XmlFault>(&*event)) on_fault(*fault);
  }
}

// Facts first, then all octets of the turn at once: whoever hears a fact may still add to them.
std::optional<XmlStream::Output> XmlStream::State::poll() {
  if (outputs_.empty() && end_received_ && is_open() && !is_answer_held_)
    finish("success", "the peer closed the stream");
  if (outputs_.empty() && !unsent_.empty()) return SendBytes{std::exchange(unsent_, {})};
  if (outputs_.empty()) return std::nullopt;
  Output output = std::move(outputs_.front());
  outputs_.pop_front();
  return output;
}

Deadline XmlStream::State::next_deadline() const {
  return earliest(earliest(clock_.next(), keepalive_.next()), close_deadline_);
}

void XmlStream::State::on_deadline() {
  TimePoint now = env_.now();
  if (is_due(close_deadline_, now))
    return finish("success", "the peer did not answer our closing tag");
  if (is_due(clock_.next(), now)) return on_negotiation_timeout();
  check_peer();
}

XmlStream::XmlStream(Config config, Env& env)
    : state_(std::make_unique<State>(std::move(config), env)) {}
XmlStream::~XmlStream() = default;

void XmlStream::start() { state_->start(); }
void XmlStream::on_bytes(ByteView octets) { state_->on_bytes(octets); }
void XmlStream::on_eof(const std::optional<Error>& error) { state_->on_eof(error); }
void XmlStream::on_tls_established() { state_->on_tls_established(); }
void XmlStream::on_tls_failed(const Error& error) { state_->on_tls_failed(error); }
void XmlStream::accept_key(bool offer_external) { state_->accept_key(offer_external); }
void XmlStream::refuse_key(std::string text) { state_->refuse_key(std::move(text)); }
void XmlStream::on_proven() { state_->on_proven(); }
bool XmlStream::send(Element stanza) { return state_->send(std::move(stanza)); }
void XmlStream::close() { state_->close(); }
void XmlStream::hold_answer(bool held) { state_->hold_answer(held); }
void XmlStream::excuse_silence() { state_->excuse_silence(); }
void XmlStream::fail(StreamError error) { state_->fail(std::move(error)); }
void XmlStream::ping() { state_->ping(); }
void XmlStream::space() { state_->space(); }
void XmlStream::on_backlog(std::size_t octets) { state_->on_backlog(octets); }
bool XmlStream::is_writable() const { return state_->is_writable(); }
Deadline XmlStream::next_deadline() const { return state_->next_deadline(); }
void XmlStream::on_deadline() { state_->on_deadline(); }
std::optional<XmlStream::Output> XmlStream::poll() { return state_->poll(); }
bool XmlStream::is_established() const { return state_->is_open(); }
bool XmlStream::is_closing() const { return state_->is_closing(); }
TimePoint XmlStream::last_received() const { return state_->last_received(); }

}  // namespace balcony
