// SPDX-License-Identifier: MIT
#include "transports/ice_tcp/pseudo_tcp_stream.h"

#include <algorithm>
#include <utility>

namespace balcony {
namespace {

constexpr std::size_t kMostUnsent = 256 * 1024;  // as TcpStream lets wait
constexpr std::size_t kMostUnheard = 64 * 1024;  // the least that a ByteStream keeps
constexpr Duration kRepeats = 1s;                // of the last octets: some four times
constexpr Duration kLinger = 5s;                 // for all that was taken, as in TcpStream

}  // namespace

PseudoTcpStream::PseudoTcpStream(std::unique_ptr<IceAgent> agent, Scheduler& scheduler,
                                 const Env& env)
    : agent_(std::move(agent)), env_(env), turn_(scheduler, env), linger_(scheduler, env) {
  agent_->set_on_news([this] { turn_soon(); });
  turn_soon();
}

void PseudoTcpStream::set_listener(Listener* listener) {
  listener_ = listener;
  turn_soon();
}

std::size_t PseudoTcpStream::write(ByteView octets) {
  if (is_closing_ || is_ended_) return 0;
  std::size_t taken = std::min(octets.size(), kMostUnsent - output_.size());
  is_short_ = taken < octets.size();
  output_.append(octets.substr(0, taken));
  turn_soon();
  return taken;
}

void PseudoTcpStream::close() {
  if (is_closing_ || is_ended_) return;
  is_closing_ = true;
  linger_.set(env_.now() + kLinger, [this] {
    is_ended_ = true;
    error_ = {Blame::kEnvironment, "timeout", "the other side did not take the last octets"};
    deliver();
  });
  turn_soon();
}

void PseudoTcpStream::turn_soon() {
  if (!turn_.is_set()) turn_.soon([this] { turn(); });
}

void PseudoTcpStream::turn() {
  receive();
  send();
  if (agent_->state() == IceAgent::State::kFailed && !is_ended_) {
    is_ended_ = true;
    linger_.clear();
  }
  deliver();
}

void PseudoTcpStream::send() {
  if (is_ended_) return;
  while (!output_.empty()) {
    std::size_t taken = agent_->send(output_.view());
    if (taken == 0) return;  // there will be news
    output_.consume(taken);
  }
  if (!is_closing_) return;
  is_ended_ = true;
  linger_.set(env_.now() + kRepeats, [this] { deliver(); });
}

void PseudoTcpStream::receive() {
  input_ += agent_->take_received();
  bool reads = listener_ || input_.size() <= kMostUnheard;
  if (reads != is_reading_ && !is_ended_) agent_->set_reading(is_reading_ = reads);
}

bool PseudoTcpStream::is_writable_due() const {
  return is_short_ && !is_closing_ && !is_ended_ && output_.size() <= kMostUnsent / 2;
}

void PseudoTcpStream::deliver() {
  if (!listener_) return;
  if (!input_.empty()) {
    Bytes octets = std::exchange(input_, {});
    turn_soon();
    return listener_->on_bytes(octets);
  }
  if (is_writable_due()) {
    is_short_ = false;
    turn_soon();
    return listener_->on_writable();
  }
  if (is_ended_ && !linger_.is_set())
    std::exchange(listener_, nullptr)->on_closed(std::exchange(error_, {}));
}

}  // namespace balcony
