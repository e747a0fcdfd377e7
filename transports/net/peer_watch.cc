// SPDX-License-Identifier: MIT
#include "transports/net/peer_watch.h"

#include <algorithm>

namespace balcony {
namespace {

constexpr Duration kSilence = 12s;  // found out one look later, mostly: 14 s, as C-11 has it
constexpr unsigned kQuestions = 3;
// How far ahead of the system's clock its timeout stays; so long may something keep us from
// looking.
constexpr Duration kAhead = 14s;

}  // namespace

void PeerWatch::begin(TimePoint now) { heard_at_ = moved_at_ = looked_at_ = now; }

PeerWatch::Verdict PeerWatch::look(const Socket::Progress& progress, bool reads, TimePoint now) {
  answered_ = std::min(answered_, progress.unanswered);
  if (progress.heard != heard_) {
    heard_at_ = now;
    answered_ = progress.unanswered;
  }
  bool should_move = reads && progress.in_flight > 0 && progress.room > 0;
  if (progress.acknowledged != acknowledged_ || !should_move) moved_at_ = now;
  heard_ = progress.heard;
  acknowledged_ = progress.acknowledged;

  bool is_full = progress.left > 0 && progress.in_flight == 0;
  if (is_full && !full_since_) full_since_ = looked_at_;
  looked_at_ = now;

  bool is_silent = now - heard_at_ >= kSilence && progress.unanswered - answered_ >= kQuestions;
  bool is_deaf = now - moved_at_ >= kSilence && progress.unanswered >= kQuestions;
  return {is_silent || is_deaf, is_full ? now - *full_since_ + kAhead : Duration{}};
}

}  // namespace balcony
