// SPDX-License-Identifier: MIT
#include "transports/ice_tcp/pseudo_tcp_stream.h"

#include <algorithm>
#include <utility>

namespace balcony {
namespace {

constexpr std::size_t kWindow = 256 * 1024;
constexpr std::size_t kMostPiece = 16 * 1024;
constexpr std::size_t kHead = 4, kCount = 4;
constexpr Duration kLinger = 5s;     // for F and A of both, as TcpStream has it
constexpr Duration kLastWords = 2s;  // for our A, of which nobody tells us: the library repeats it
constexpr char kData = 'D', kRead = 'W', kEnd = 'F', kAllRead = 'A';

std::size_t number(ByteView octets) {
  std::size_t value = 0;
  for (char octet : octets) value = value << 8 | static_cast<unsigned char>(octet);
  return value;
}

Bytes octets_of(std::size_t value, std::size_t count) {
  Bytes octets;
  while (count-- > 0) octets += static_cast<char>(value >> (8 * count) & 0xFF);
  return octets;
}

bool is_good(char kind, std::size_t size) {
  switch (kind) {
    case kData:
      return size > 0 && size <= kMostPiece;
    case kRead:
      return size == kCount;
    case kEnd:
    case kAllRead:
      return size == 0;
    default:
      return false;
  }
}

Error lost(std::string text) {
  return {Blame::kEnvironment, "connectivity-error", std::move(text)};
}

}  // namespace

PseudoTcpStream::PseudoTcpStream(std::unique_ptr<IceAgent> agent, Scheduler& scheduler,
                                 const Env& env)
    : agent_(std::move(agent)), env_(env), turn_(scheduler, env), linger_(scheduler, env) {
  agent_->set_on_news([this] { turn_soon(); });
  turn_soon();
}

// ---- from above ----

void PseudoTcpStream::set_listener(Listener* listener) {
  listener_ = listener;
  turn_soon();
}

std::size_t PseudoTcpStream::write(ByteView octets) {
  if (is_closing_ || is_ended_) return 0;
  std::size_t taken = std::min(octets.size(), kWindow - unread_there_);
  is_short_ = taken < octets.size();
  unread_there_ += taken;
  for (ByteView rest = octets.substr(0, taken); !rest.empty();) {
    put(kData, rest.substr(0, kMostPiece));
    rest.remove_prefix(std::min(rest.size(), kMostPiece));
  }
  return taken;
}

void PseudoTcpStream::close() {
  if (is_closing_ || is_ended_) return;
  is_closing_ = true;
  put(kEnd, {});
  linger(kLinger);
}

void PseudoTcpStream::linger(Duration time) {
  linger_.set(env_.now() + time, [this] {
    end(is_read_there_ ? std::nullopt
                       : std::optional(lost("the other side did not take the last octets")));
    deliver();
  });
}

void PseudoTcpStream::put(char kind, ByteView payload) {
  output_.append(kind + octets_of(payload.size(), kHead - 1));
  output_.append(payload);
  turn_soon();
}

// ---- the library ----

void PseudoTcpStream::turn_soon() {
  if (!turn_.is_set()) turn_.soon([this] { turn(); });
}

void PseudoTcpStream::turn() {
  read();
  if (!is_ended_) send();
  if (agent_->state() == IceAgent::State::kFailed && !is_ended_) {
    bool is_known = is_read_here_ && is_read_there_;  // the other one has gone, as it may
    end(is_known ? std::nullopt : std::optional(lost("the path to the other side broke")));
  }
  deliver();
}

void PseudoTcpStream::send() {
  while (!output_.empty()) {
    std::size_t taken = agent_->send(output_.view());
    if (taken == 0) return;  // the library tells when it has room
    output_.consume(taken);
  }
}

void PseudoTcpStream::read() {
  arrived_.append(agent_->take_received());
  while (!is_ended_ && take_record()) {
  }
  if (is_ended_) arrived_.clear();
}

bool PseudoTcpStream::take_record() {
  if (arrived_.size() < kHead) return false;
  ByteView record = arrived_.view();
  char kind = record[0];
  std::size_t size = number(record.substr(1, kHead - 1));
  bool fits = kind != kData || input_.size() + untold_ + size <= kWindow;
  bool is_due =
      kind == kAllRead ? is_closing_ && !is_read_there_ : kind == kRead || !is_over_there_;
  if (!is_good(kind, size) || !fits || !is_due) {
    end(Error{Blame::kPeer, "connectivity-error", "what came by pseudo-TCP makes no sense"});
    return false;
  }
  if (record.size() < kHead + size) return false;
  ByteView payload = record.substr(kHead, size);
  if (kind == kData) input_ += payload;
  if (kind == kRead) unread_there_ -= std::min(unread_there_, number(payload));
  if (kind == kEnd) is_over_there_ = true;
  arrived_.consume(kHead + size);
  if (kind == kAllRead) {
    is_read_there_ = true;
    if (is_answering_) {
      end({});
    } else if (is_read_here_) {
      linger(kLastWords);
    }
  }
  return true;
}

// All that the other side said has been heard, and it has said its last.
void PseudoTcpStream::finish() {
  is_read_here_ = true;
  is_answering_ = !is_closing_;
  put(kAllRead, {});
  close();
  if (is_read_there_) linger(kLastWords);
}

void PseudoTcpStream::end(std::optional<Error> error) {
  linger_.clear();
  is_ended_ = true;
  error_ = std::move(error);
  output_.clear();
}

// ---- to the listener ----

bool PseudoTcpStream::is_writable_due() const {
  return is_short_ && !is_closing_ && !is_ended_ && unread_there_ <= kWindow / 2;
}

void PseudoTcpStream::deliver() {
  if (!listener_) return;
  if (!input_.empty()) {
    Bytes octets = std::exchange(input_, {});
    untold_ += octets.size();
    if (untold_ >= kWindow / 4 && !is_ended_)
      put(kRead, octets_of(std::exchange(untold_, 0), kCount));
    turn_soon();
    return listener_->on_bytes(octets);
  }
  if (is_writable_due()) {
    is_short_ = false;
    turn_soon();
    return listener_->on_writable();
  }
  if (is_over_there_ && !is_read_here_ && !is_ended_) finish();
  if (is_ended_) std::exchange(listener_, nullptr)->on_closed(std::exchange(error_, {}));
}

}  // namespace balcony
