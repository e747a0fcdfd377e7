// SPDX-License-Identifier: MIT
// How many in-band blocks may wait for their acknowledgement at once (PROTOCOL.md C-13): the pace
// that acknowledgements set, so that neither server nor peer is flooded. Driven by BlockSender.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "jingle/base/env.h"

namespace balcony {

class AckWindow {
 public:
  AckWindow(std::size_t start, std::size_t max) : size_(start), max_(max) {}

  std::size_t size() const { return size_; }

  // Grows by one for an acknowledgement in good time, halves for one later than twice the mean.
  void on_ack(Duration took) {
    bool late = is_known_ && took > kNoise && took > 2 * mean_;
    mean_ = is_known_ ? mean_ + (took - mean_) / 8 : Mean(took);
    is_known_ = true;
    if (settling_ > 0) {
      --settling_;
    } else if (late) {
      halve();
    } else {
      size_ = std::min(size_ + 1, max_);
    }
  }

  // What is in flight now was sent at the old pace, and says nothing of the new one.
  void halve() {
    settling_ = size_;
    size_ = std::max<std::size_t>(size_ / 2, 1);
  }

 private:
  using Mean = std::chrono::duration<double, std::milli>;
  // Prosody leaves Nagle's algorithm on and stalls for 40 ms now and then (PERFORMANCE.md); that is
  // no congestion.
  static constexpr Duration kNoise = 50ms;

  std::size_t size_, max_;
  std::size_t settling_ = 0;  // acknowledgements to come that change nothing
  bool is_known_ = false;
  Mean mean_{0};
};

}  // namespace balcony
