// SPDX-License-Identifier: MIT
// Link, part 5: stanzas on the open stream, and the stream's end.
#include <algorithm>
#include <utility>

#include "jingle/base/ns.h"
#include "plugin/delay_stamp.h"
#include "plugin/link.h"

namespace balcony {
namespace {

// A stream that was shorter is not renewed at a peer's word: that would go round and round.
constexpr Duration kWorthRenewing = 60s;
constexpr std::size_t kMaxRequests = 8192;  // as C-16's queue: replies to older ones are dropped

}  // namespace

void Link::on_established() {
  if (is_over()) return;
  phase_ = Phase::kOpen;
  was_open_ = true;
  opened_ = owner_.env().now();
  was_writable_ = true;
  watch_key();
  owner_.on_open(*this);
  tell("open");
}

void Link::send(Element stanza) {
  KeptStanza kept(stanza);
  bool is_request = is_iq_request(stanza), is_reported = Unconfirmed::concerns(stanza);
  if (!channel_->send(std::move(stanza))) {
    return owner_.undelivered(
        *this, kept, false,
        is_open() ? "it is too large for " + facts_.peer + ", or may not travel end to end"
                  : "the stream was closed before it could be sent");
  }
  ++facts_.stanzas_out;
  if (is_request) {
    requests_.push_back(kept.id);
    if (requests_.size() > kMaxRequests) requests_.pop_front();
  }
  if (is_reported) unconfirmed_.add(std::move(kept), channel_->octets_made());
  if (was_writable_ && !is_writable()) {
    was_writable_ = false;
    owner_.on_changed(*this);
  }
}

void Link::on_received(Element stanza) {
  if (is_over()) return;
  if (is_iq_reply(stanza)) {
    if (!is_answer_to_us(stanza)) return on_dropped("a reply to nothing that was asked");
  } else if (const Element* receipt = stanza.child("received", ns::kReceipts)) {
    unconfirmed_.on_answered(receipt->attr("id"));
  }
  ++facts_.stanzas_in;
  cap_delays(stanza, owner_.env().unix_time());
  owner_.on_received(*this, std::move(stanza));
  wait_for_host();
}

// STZ-10: to a request that went by this stream.
bool Link::is_answer_to_us(const Element& reply) {
  auto request = std::find(requests_.begin(), requests_.end(), reply.attr("id"));
  if (request == requests_.end()) return false;
  requests_.erase(request);
  unconfirmed_.on_answered(reply.attr("id"));
  return true;
}

void Link::wait_for_host() {
  if (owner_.is_host_behind()) channel_->pause(true);
}

void Link::on_host_drained() {
  if (channel_) channel_->pause(false);
}

void Link::on_dropped(const std::string& why) {
  owner_.tell(TellLog{kLogInfo, "dropped a stanza from " + facts_.peer + ": " + why});
  wait_for_host();
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
  if (is_over()) return;
  clean_ = ended.clean;
  renews_ = ended.condition == "reset" && role_ == Role::kInitiator && was_open_ &&
            owner_.env().now() - opened_ >= kWorthRenewing;
  if (!clean_ || closed_first_) farewell_ = Reason{clean_ ? "success" : ended.reason, {}, {}};
  if (!clean_ && ending_) return over(ending_->reason, ending_->text);
  EndReason told = reason_of(ended);
  bool unexplained = phase_ == Phase::kSecuring && told.reason == "connectivity-error";
  if (!unexplained || session_over_) return over(told.reason, told.text);
  ending_ = std::move(told);
  await_reason();
}

EndReason Link::reason_of(const XmlStream::Ended& ended) const {
  const std::string& peer = facts_.peer;
  if (ended.clean)
    return {"success", closed_first_ ? "the stream with " + peer + " was closed"
                                     : peer + " closed the stream"};
  if (ended.text.find(peers_.remote.bare()) != std::string::npos) return {ended.reason, ended.text};
  std::string what = was_open_ ? "the stream with " : "the attempt with ";
  return {ended.reason, what + peer + " ended: " + ended.text};
}

// The goodbye's last word is the session's, by whoever began it (JGL-33). Closing tags alone prove
// nothing: what was said before them has arrived only once the path has closed in order.
void Link::on_path_closed(bool in_order) {
  path_gone_ = true;
  if (awaits_reason_) return;
  if (ending_) over(ending_->reason, ending_->text);
  if (!in_order) report_lost("the connection broke before all was through");
  if (farewell_) terminate(*farewell_);
  drive();
  finish_goodbye();
}

}  // namespace balcony
