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

void Link::open_channels(std::unique_ptr<ByteStream> first, const PathFacts& facts) {
  rivals_.insert(rivals_.begin(), std::move(first));
  for (auto& path : std::exchange(rivals_, {}))
    contenders_.push_back(
        std::make_unique<Contender>(*this, stream_config(facts.in_band), std::move(path),
                                    Channel::Kind{facts.in_band, facts.by_proxy}));
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
  path_gone_ = false;
  std::erase_if(contenders_, [&winner](const auto& other) { return other.get() != &winner; });
}

// The last one that is left is judged like a path without rivals. Lost ones stay until then: they
// are the callers here.
void Link::on_contender_lost() {
  auto is_running = [](const auto& contender) { return contender->is_running(); };
  if (channel_ || is_over()) return;
  if (std::count_if(contenders_.begin(), contenders_.end(), is_running) != 1) return;
  contest_.soon([this, is_running] {
    if (channel_ || is_over()) return;
    auto last = std::find_if(contenders_.begin(), contenders_.end(), is_running);
    last == contenders_.end() ? lose_contest() : choose(**last);
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
