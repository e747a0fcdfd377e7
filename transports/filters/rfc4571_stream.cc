// SPDX-License-Identifier: MIT
#include "transports/filters/rfc4571_stream.h"

#include <algorithm>
#include <utility>

#include "transports/filters/rfc4571.h"

namespace balcony {
namespace {

constexpr std::size_t kMostPayload = 0xF800;     // as libnice frames it (ICE-08)
constexpr std::size_t kMostOutput = 256 * 1024;  // as TcpStream lets wait
constexpr std::size_t kBigWrite = 16 * 1024;     // a full record: worth a frame, not worth a copy
constexpr std::size_t kMostUnheard = 64 * 1024;  // the least that a ByteStream keeps
constexpr std::size_t kMostAnswers = 4 * 1024;   // of STUN, beside one of those: some thirty

using rfc4571::is_stun;
using rfc4571::kLengthSize;
using rfc4571::kStunHeader;
using rfc4571::kStunKnown;
using rfc4571::number_at;

}  // namespace

Rfc4571Stream::Rfc4571Stream(std::unique_ptr<ByteStream> below, Scheduler& scheduler,
                             const Env& env, Config config)
    : below_(std::move(below)),
      config_(std::move(config)),
      turn_(scheduler, env),
      input_(config_.received),
      voice_(config_.first_frame_alone ? Voice::kFirst : Voice::kFree) {
  below_->set_listener(this);  // STUN is answered from now on
}

Rfc4571Stream::~Rfc4571Stream() { below_->set_listener(nullptr); }

// ---- from above ----

void Rfc4571Stream::set_listener(ByteStream::Listener* listener) {
  listener_ = listener;
  if (listener_ && has_more()) turn_soon();
}

std::size_t Rfc4571Stream::write(ByteView octets) {
  if (is_closing_ || is_ended_) return 0;
  std::size_t framed = 0;
  while (voice_ == Voice::kFree && output_.empty() && framed_.empty() &&
         octets.size() - framed >= kBigWrite)
    framed += frame_next(octets.substr(framed));
  octets.remove_prefix(framed);
  std::size_t taken = std::min(octets.size(), kMostOutput - output_.size());
  is_short_ = taken < octets.size();
  output_.append(octets.substr(0, taken));
  if (voice_ == Voice::kFree && output_.size() >= kMostPayload) pump();
  turn_soon();
  return framed + taken;
}

void Rfc4571Stream::close() {
  if (is_closing_ || is_ended_) return;
  is_closing_ = true;
  turn_soon();
}

void Rfc4571Stream::turn_soon() {
  if (!turn_.is_set()) turn_.soon([this] { turn(); });
}

void Rfc4571Stream::turn() {
  send();
  deliver();
}

// ---- to below ----

// As long as what is below takes it all.
void Rfc4571Stream::pump() {
  if (is_closing_) voice_ = Voice::kFree;  // nothing will be handed over any more
  while (voice_ != Voice::kHeld && !output_.empty() && framed_.empty() && !is_ended_) {
    output_.consume(frame_next(output_.view()));
    if (voice_ == Voice::kFirst) voice_ = Voice::kHeld;
  }
}

// How many octets of the stream are in it.
std::size_t Rfc4571Stream::frame_next(ByteView octets) {
  ByteView payload = octets.substr(0, kMostPayload);
  std::size_t count = is_stun(payload, payload.size()) ? 1 : payload.size();
  frame(payload.substr(0, count));
  return count;
}

void Rfc4571Stream::frame(ByteView payload) {
  Bytes framed = rfc4571::framed(payload);
  std::size_t taken = framed_.empty() ? below_->write(framed) : 0;
  framed_.append(ByteView(framed).substr(taken));
}

void Rfc4571Stream::send() {
  if (is_ended_ || is_below_closing_) return;
  if (!framed_.empty()) framed_.consume(below_->write(framed_.view()));
  pump();
  if (!is_closing_ || !framed_.empty() || !output_.empty()) return;
  is_below_closing_ = true;
  below_->close();
}

void Rfc4571Stream::on_writable() {
  send();
  deliver();
}

// ---- from below ----

void Rfc4571Stream::on_bytes(ByteView octets) {
  input_.reserve(input_.size() + octets.size());
  read(octets);
  watch();
  deliver();
}

void Rfc4571Stream::read(ByteView octets) {
  while (!octets.empty()) {
    if (part_ == Part::kData) {
      std::size_t count = std::min(left_, octets.size());
      heard(octets.substr(0, count));
      octets.remove_prefix(count);
      left_ -= count;
      if (left_ == 0) part_ = Part::kLength;
      continue;
    }
    std::size_t wanted = part_ == Part::kLength      ? kLengthSize
                         : part_ == Part::kUndecided ? kStunKnown
                                                     : head_.size() + left_;
    std::size_t count = std::min(wanted - head_.size(), octets.size());
    head_ += octets.substr(0, count);
    octets.remove_prefix(count);
    if (part_ != Part::kLength) left_ -= count;
    if (head_.size() == wanted) decide();
  }
}

// The head is complete: a length, the beginning of a frame, or a STUN message.
void Rfc4571Stream::decide() {
  if (part_ == Part::kStun) return answer();
  if (part_ == Part::kUndecided) {
    if (is_stun(head_, head_.size() + left_)) {
      part_ = Part::kStun;  // its header alone is longer than what is known: more will come
    } else {
      part_ = left_ > 0 ? Part::kData : Part::kLength;
      heard(std::exchange(head_, {}));
    }
    return;
  }
  left_ = number_at(std::exchange(head_, {}), 0);
  if (left_ > 0) part_ = left_ < kStunHeader ? Part::kData : Part::kUndecided;
}

void Rfc4571Stream::answer() {
  part_ = Part::kLength;
  Bytes message = std::exchange(head_, {});
  bool is_behind = framed_.size() > kMostPayload + kMostAnswers;
  if (is_ended_ || is_below_closing_ || is_behind) return;
  Bytes answer = config_.answer ? config_.answer(message) : Bytes();
  if (!answer.empty() && answer.size() <= kMostPayload) frame(answer);
}

void Rfc4571Stream::heard(ByteView octets) {
  input_ += octets;
  if (voice_ == Voice::kFree) return;
  voice_ = Voice::kFree;
  turn_soon();
}

void Rfc4571Stream::on_closed(std::optional<Error> error) {
  is_ended_ = true;
  bool is_torn = part_ != Part::kLength || !head_.empty();
  if (is_torn && !error && !is_closing_)
    error = Error{Blame::kPeer, "connectivity-error", "the connection ended inside a frame"};
  error_ = std::move(error);
  output_.clear();
  framed_.clear();
  deliver();
}

// Reads on while the listener is behind, as STUN wants answers, but not without end.
void Rfc4571Stream::watch() {
  bool is_full = input_.size() > kMostUnheard;
  if (is_full == is_paused_ || is_ended_) return;
  is_paused_ = is_full;
  below_->set_listener(is_full ? nullptr : this);
  if (!is_full) turn_soon();  // room may have come meanwhile, unheard
}

// ---- to above ----

bool Rfc4571Stream::is_writable_due() const {
  return is_short_ && !is_closing_ && !is_ended_ && output_.size() <= kMostOutput / 2;
}

bool Rfc4571Stream::has_more() const { return !input_.empty() || is_writable_due() || is_ended_; }

void Rfc4571Stream::deliver() {
  if (!listener_) return;
  if (!input_.empty()) {
    Bytes octets = std::exchange(input_, {});
    watch();
    if (has_more()) turn_soon();
    return listener_->on_bytes(octets);
  }
  if (is_writable_due()) {
    is_short_ = false;
    if (has_more()) turn_soon();
    return listener_->on_writable();
  }
  if (is_ended_) std::exchange(listener_, nullptr)->on_closed(std::exchange(error_, {}));
}

}  // namespace balcony
