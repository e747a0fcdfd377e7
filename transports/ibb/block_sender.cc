// SPDX-License-Identifier: MIT
#include "transports/ibb/block_sender.h"

#include <algorithm>
#include <array>

#include "transports/ibb/ibb_element.h"

namespace balcony {
namespace {

constexpr std::array<Duration, 2> kRetryDelays{5s, 20s};  // IBB-13
constexpr Duration kMaxCoalesce = 1s;                     // where doubling ends (IBB-19)

bool is_rate_limit(const Error& error) {
  return error.condition == "policy-violation" || error.condition == "resource-constraint";
}

}  // namespace

BlockSender::BlockSender(const IbbSession::Config& config, const Env& env)
    : env_(env),
      sid_(config.sid),
      block_size_(config.block_size),
      max_output_(config.max_output),
      coalesce_(config.coalesce),
      window_(config.window_start, config.window_max) {}

std::size_t BlockSender::write(ByteView octets) {
  std::size_t used = queue_.size() + octets_in_flight_;
  std::size_t taken = std::min(octets.size(), max_output_ - used);
  is_short_ = taken < octets.size();
  if (queue_.empty()) fill_by_ = env_.now() + coalesce_;
  queue_.append(octets.substr(0, taken));
  return taken;
}

// A block that had to be repeated goes alone, so that it can be repeated once more.
bool BlockSender::may_send() const {
  std::size_t limit = retries_ > 0 ? 1 : window_.size();
  return !queue_.empty() && in_flight_.size() < limit;
}

// IBB-12: only while other blocks are in flight, so that a lone write never waits.
bool BlockSender::waits_to_fill() const {
  return queue_.size() < block_size_ && !in_flight_.empty() && !is_flushing_;
}

std::optional<Element> BlockSender::next(std::uint32_t tag) {
  TimePoint now = env_.now();
  if (is_away_ || (retry_at_ && *retry_at_ > now)) return std::nullopt;
  if (retry_at_) {
    retry_at_.reset();
    Flight& again = in_flight_.front();
    again.tag = tag;
    again.sent = now;
    again.crossed = false;
    return ibb_data(sid_, again.seq, again.octets);
  }
  if (!may_send()) return std::nullopt;
  if (waits_to_fill() && fill_by_ > now) return std::nullopt;

  Bytes octets(queue_.view().substr(0, block_size_));
  queue_.consume(octets.size());
  fill_by_ = now + coalesce_;
  octets_in_flight_ += octets.size();
  in_flight_.push_back({tag, next_seq_++, std::move(octets), now});
  return ibb_data(sid_, in_flight_.back().seq, in_flight_.back().octets);
}

Result<void> BlockSender::on_reply(std::uint32_t tag, const Result<Element>& reply) {
  auto flight = std::find_if(in_flight_.begin(), in_flight_.end(),
                             [tag](const Flight& each) { return each.tag == tag; });
  if (flight == in_flight_.end()) return {};
  if (!reply) return retry_or_lose(*flight, reply.error());
  window_.on_ack(env_.now() - flight->sent);
  // Nobody takes a block out of turn: those before it have come too, whatever became of the word.
  auto done = std::stable_partition(in_flight_.begin(), flight,
                                    [](const Flight& each) { return each.tag != 0; });
  for (auto each = done; each <= flight; ++each) octets_in_flight_ -= each->octets.size();
  in_flight_.erase(done, flight + 1);
  retries_ = 0;
  return {};
}

// IBB-13: it never reached the peer. Everything else is the peer's own word, or silence (IBB-14).
bool BlockSender::is_undelivered(const Flight& flight, const Error& error) const {
  if (error.blame == Blame::kEnvironment) return flight.crossed;
  return error.condition == "recipient-unavailable" || error.condition == "remote-server-timeout" ||
         is_rate_limit(error);
}

Result<void> BlockSender::retry_or_lose(Flight& flight, const Error& error) {
  if (is_away_ && error.blame == Blame::kEnvironment) {
    flight.tag = 0;  // until the server session is back
    return {};
  }
  auto last_seq = static_cast<std::uint16_t>(next_seq_ - 1);
  bool is_alone = in_flight_.size() == 1 && flight.seq == last_seq;
  if (!is_undelivered(flight, error) || !is_alone || retries_ == kRetryDelays.size())
    return fail(error.blame, "connectivity-error", "in-band data was answered " + error.condition);
  window_.halve();
  if (is_rate_limit(error)) coalesce_ = std::min(coalesce_ * 2, kMaxCoalesce);
  flight.tag = 0;
  retry_at_ = env_.now() + kRetryDelays[retries_++];
  return {};
}

void BlockSender::on_server_away() {
  is_away_ = true;
  for (Flight& flight : in_flight_) flight.crossed = true;
}

// What is still in flight is answered late, or times out: then IBB-13 applies (JGL-37).
Result<void> BlockSender::on_server_resumed() {
  is_away_ = false;
  for (Flight& flight : in_flight_) flight.crossed = true;
  if (retry_at_) return {};
  for (Flight& flight : in_flight_)
    if (flight.tag == 0) return retry_or_lose(flight, {Blame::kEnvironment, "timeout", {}});
  return {};
}

bool BlockSender::take_writable() {
  bool writable = is_short_ && queue_.size() + octets_in_flight_ <= max_output_ / 2;
  if (writable) is_short_ = false;
  return writable;
}

Deadline BlockSender::next_deadline() const {
  if (is_away_) return std::nullopt;
  if (retry_at_) return retry_at_;
  return may_send() && waits_to_fill() ? Deadline(fill_by_) : std::nullopt;
}

}  // namespace balcony
