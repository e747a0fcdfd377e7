// SPDX-License-Identifier: MIT
#include "transports/ibb/block_receiver.h"

#include <algorithm>

#include "transports/ibb/ibb_element.h"

namespace balcony {
namespace {

constexpr std::size_t kMaxHeld = 64;  // four full windows of C-13: nobody polite has more in flight

tl::unexpected<StanzaError> refuse(std::string condition, std::string type) {
  return tl::make_unexpected(StanzaError{
      .condition = std::move(condition), .type = std::move(type), .application = {}, .text = {}});
}

}  // namespace

BlockReceiver::BlockReceiver(const IbbSession::Config& config, const Env& env)
    : env_(env),
      block_size_(config.block_size),
      max_input_(config.max_input),
      max_excess_(config.window_max * config.block_size),
      hold_(config.hold) {}

// Beyond max_input_ comes only what may have been in flight when the results stopped.
bool BlockReceiver::has_room(std::size_t octets) const {
  if (is_overdue_ || held_.size() >= kMaxHeld) return false;
  return unconsumed_ + octets <= max_input_ + max_excess_;
}

tl::expected<Bytes, StanzaError> BlockReceiver::on_data(const Element& iq, const Element& data) {
  auto seq = read_seq(data);
  if (!seq) return refuse("bad-request", "cancel");
  if (*seq != expected_seq_) return refuse("unexpected-request", "cancel");
  auto octets = read_block(data, block_size_);
  if (!octets) return refuse("bad-request", "cancel");
  if (!has_room(octets->size())) return refuse("resource-constraint", "wait");
  ++expected_seq_;
  ++blocks_;
  unconsumed_ += octets->size();
  held_.push_back({result_of(iq), env_.now() + hold_});
  return std::move(*octets);
}

void BlockReceiver::consumed(std::size_t octets) {
  unconsumed_ -= octets;
  if (!is_full()) is_overdue_ = false;
}

std::optional<Element> BlockReceiver::next_result() {
  if (held_.empty()) return std::nullopt;
  if (is_full() && !is_released_) {
    if (held_.front().until > env_.now()) return std::nullopt;
    is_overdue_ = true;  // IBB-11
  }
  Element result = std::move(held_.front().result);
  held_.pop_front();
  return result;
}

Deadline BlockReceiver::next_deadline() const {
  return held_.empty() ? std::nullopt : Deadline(held_.front().until);
}

}  // namespace balcony
