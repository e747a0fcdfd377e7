// SPDX-License-Identifier: MIT
// Stanzas over an established stream, and whether its peer is still there (PROTOCOL.md 5.1,
// STM-17).
#include <algorithm>
#include <utility>

#include "jingle/base/ns.h"
#include "jingle/base/stanza.h"
#include "jingle/stream/stream_state.h"

namespace balcony {
namespace {

constexpr std::size_t kLargestStanza = 256 * 1024;  // STZ-20, from C-09
constexpr std::size_t kSafeStanza = 10'000;         // RFC 6120 section 13.12: every peer takes it
constexpr std::size_t kMisaddressed = 10;           // in a minute (STZ-07)
constexpr std::size_t kOpenPings = 16;              // more than keepalive can have; the oldest goes

}  // namespace

bool XmlStream::State::send(Element stanza) {
  if (!is_open() || end_sent_ || !may_cross(stanza)) return false;
  std::size_t before = unsent_.size();
  append_xml(unsent_, address_outbound(std::move(stanza), ends_), ns::kClient);
  if (unsent_.size() - before <= (peer_takes_large_ ? kLargestStanza : kSafeStanza)) return true;
  unsent_.resize(before);
  return false;
}

void XmlStream::State::on_stanza(Element element) {
  Inbound inbound = filter_inbound(std::move(element), ends_);
  if (auto* pass = std::get_if<Pass>(&inbound)) {
    if (!is_answer_to_ping(pass->stanza)) tell(Received{std::move(pass->stanza)});
  } else if (auto* refusal = std::get_if<AnswerError>(&inbound)) {
    answer_on_stream(refusal->iq);
    if (refusal->misaddressed) on_misaddressed();
  } else if (auto* drop = std::get_if<Drop>(&inbound)) {
    tell(Dropped{std::move(drop->why)});
    if (drop->misaddressed) on_misaddressed();
  } else {
    auto& violation = std::get<Violation>(inbound);
    fail({std::move(violation.condition), std::move(violation.text), {}}, "security-error");
  }
}

// A peer that asks and does not read must not fill our memory (STE-17).
void XmlStream::State::answer_on_stream(const Element& iq) {
  if (end_sent_) return;
  if (queued() >= 2 * config_.max_queue)
    return fail({"resource-constraint", "answers are not being read", {}});
  append_xml(unsent_, iq, ns::kClient);
}

void XmlStream::State::on_misaddressed() {
  TimePoint now = env_.now();
  misaddressed_.push_back(now);
  while (now - misaddressed_.front() >= 60s) misaddressed_.pop_front();
  if (misaddressed_.size() >= kMisaddressed && phase_ != Phase::kEnded)
    fail({"policy-violation", "stanzas for others are not relayed", {}});
}

void XmlStream::State::ping() {
  if (!is_open() || end_sent_) return;
  pings_.push_back(env_.token());
  if (pings_.size() > kOpenPings) pings_.pop_front();
  Element iq = make_iq("get", {}, pings_.back(), Element("ping", ns::kPing));
  append_xml(unsent_, address_outbound(std::move(iq), ends_), ns::kClient);
  if (!keepalive_.is_checking()) keepalive_.on_check_sent(env_.now());
}

void XmlStream::State::space() {
  if (is_open() && !end_sent_) unsent_ += ' ';
}

bool XmlStream::State::is_answer_to_ping(const Element& stanza) {
  if (!is_iq_reply(stanza)) return false;
  auto found = std::find(pings_.begin(), pings_.end(), stanza.attr("id"));
  if (found == pings_.end()) return false;
  pings_.erase(found);
  return true;
}

void XmlStream::State::excuse_silence() {
  TimePoint now = env_.now();
  if (!is_due(keepalive_.next(), now)) return;
  keepalive_.on_octets(now);
  ping();
}

void XmlStream::State::check_peer() {
  TimePoint now = env_.now();
  Keepalive::Due due = keepalive_.due(now);
  if (due == Keepalive::Due::kLost) return fail({"connection-timeout", "the peer is silent", {}});
  if (due == Keepalive::Due::kNothing) return;
  if (keepalive_.is_checking()) keepalive_.on_check_sent(now);  // the second one
  ping();
}

}  // namespace balcony
