// SPDX-License-Identifier: MIT
#include "transports/net/peer_watch.h"

#include <algorithm>

namespace balcony {
namespace {

constexpr Duration kSilence = 12s;  // found out at most one look later: 14 s, as C-11 has it
constexpr unsigned kQuestions = 3;
// How far ahead of the system's clock its timeout stays, whatever keeps us from looking.
constexpr Duration kAhead = 14s;

}  // namespace

void PeerWatch::begin(TimePoint now) { heard_at_ = looked_at_ = now; }

PeerWatch::Verdict PeerWatch::look(const Socket::Progress& progress, TimePoint now) {
  answered_ = std::min(answered_, progress.unanswered);
  if (progress.heard != heard_) {
    heard_at_ = now;
    answered_ = progress.unanswered;
  }
  heard_ = progress.heard;
  bool is_full = progress.left > 0 && progress.in_flight == 0;
  if (is_full && !full_since_) full_since_ = looked_at_;
  looked_at_ = now;
  return {progress.unanswered - answered_ >= kQuestions && now - heard_at_ >= kSilence,
          is_full ? now - *full_since_ + kAhead : Duration{}};
}

}  // namespace balcony
