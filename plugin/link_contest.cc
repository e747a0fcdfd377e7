// SPDX-License-Identifier: MIT
// Link, part 6: several connections that came with the same right to be the path (S5B-22, -23).
// Each gets headers and TLS; the first that shows the peer's key is the path, the others go. While
// that is open there is no channel_ yet.
#include "plugin/link_contest.h"

#include <algorithm>
#include <utility>

namespace balcony {

void Link::on_rival(std::unique_ptr<ByteStream> stream) {
  if (!is_over()) rivals_.push_back(std::move(stream));
}

void Link::open_channels(std::unique_ptr<ByteStream> first, bool in_band) {
  rivals_.insert(rivals_.begin(), std::move(first));
  for (auto& path : std::exchange(rivals_, {}))
    contenders_.push_back(
        std::make_unique<Contender>(*this, stream_config(in_band), std::move(path)));
  if (contenders_.size() == 1) choose(*contenders_.front());
}

bool Link::is_peers(const TlsEngine::HandshakeDone& done) const {
  if (!peer_digest_.empty()) return peer_digest_ == done.peer.digest;
  std::vector<Pin> pins = owner_.trust().pins(peers_.remote.to_bare());
  return pins.empty() || std::any_of(pins.begin(), pins.end(), [&done](const Pin& pin) {
           return pin.fingerprint == done.peer.fingerprint;
         });
}

void Link::choose(Contender& winner) {
  channel_ = winner.take();
  if (facts_.transport == "s5b-proxy") channel_->push_bursts();
  path_gone_ = false;
  std::erase_if(contenders_, [&winner](const auto& other) { return other.get() != &winner; });
}

// The last one that is left is judged like a path without rivals. Lost ones stay until then: they
// are the callers here.
void Link::on_contender_lost() {
  auto running = std::count_if(contenders_.begin(), contenders_.end(),
                               [](const auto& other) { return other->is_running(); });
  if (channel_ || is_over()) return;
  if (running != 1) return;
  for (auto& other : contenders_)
    if (other->is_running()) last_left_ = other.get();
  contest_.soon([this] {
    if (!channel_ && !is_over() && last_left_->is_running()) return choose(*last_left_);
    if (!channel_ && !is_over()) lose_contest();
  });
}

void Link::lose_contest() {
  contenders_.clear();
  over("connectivity-error", "none of the connections was " + peers_.remote.full());
  terminate({"connectivity-error", {}, {}});
  drive();
  finish_goodbye();
}

void Link::prove_contenders() {
  for (auto& contender : contenders_)
    if (contender->is_running()) contender->on_proven();
}

}  // namespace balcony
