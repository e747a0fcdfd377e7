// SPDX-License-Identifier: MIT
// The two clocks of an XML stream: how long its negotiation may take (C-05 to C-07), and whether
// the peer is still there once it is open (C-11, STM-17). They compute moments; XmlStream acts on
// them.
#pragma once

#include <optional>
#include <utility>

#include "jingle/base/env.h"

namespace balcony {

// A step of the negotiation has its own time, and all steps together have a total, which stands
// still while a user is asked, here or there.
class NegotiationClock {
 public:
  void start(TimePoint now, Duration total) { total_ = now + total; }
  void step(TimePoint now, Deadline step) {  // nothing: only the total bounds this step
    if (left_) total_ = now + *std::exchange(left_, std::nullopt);
    step_ = step;
  }
  void stand_still(TimePoint now, Deadline step) {
    if (total_) left_ = *std::exchange(total_, std::nullopt) - now;
    step_ = step;
  }
  void stop() { *this = NegotiationClock(); }
  Deadline next() const { return earliest(step_, total_); }

 private:
  Deadline step_, total_;
  std::optional<Duration> left_;  // of the total, while it stands still
};

// After `idle` without an octet the peer is checked; after two checks without an octet it is lost.
class Keepalive {
 public:
  enum class Due { kNothing, kCheck, kLost };

  Keepalive(Duration idle, Duration check) : idle_(idle), check_(check) {}
  void start(TimePoint now) {
    is_on_ = true;
    on_octets(now);
  }
  void stop() { is_on_ = false; }
  void on_octets(TimePoint now) {
    last_ = now;
    checks_ = 0;
  }
  void on_check_sent(TimePoint now) {
    last_ = now;
    ++checks_;
  }
  bool is_checking() const { return checks_ > 0; }
  Deadline next() const {
    if (!is_on_) return std::nullopt;
    return last_ + (checks_ == 0 ? idle_ : check_);
  }
  Due due(TimePoint now) const {
    if (!is_due(next(), now)) return Due::kNothing;
    return checks_ < kChecks ? Due::kCheck : Due::kLost;
  }

 private:
  static constexpr int kChecks = 2;  // C-11

  Duration idle_, check_;
  TimePoint last_;  // of an octet, or of the check that followed
  int checks_ = 0;
  bool is_on_ = false;
};

}  // namespace balcony
