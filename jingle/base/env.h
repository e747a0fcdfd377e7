// SPDX-License-Identifier: MIT
// Time and chance as arguments: nothing below plugin/ asks the system for either. The real one is
// plugin/system_env.h, tests use tests/support/fake_env.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "jingle/base/bytes.h"

namespace balcony {

using Duration = std::chrono::milliseconds;
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;
using Deadline = std::optional<TimePoint>;  // nothing: no deadline is running

using namespace std::chrono_literals;

class Env {
 public:
  virtual ~Env() = default;

  virtual TimePoint now() const = 0;             // monotonic
  virtual std::int64_t unix_time() const = 0;    // seconds, for certificates and delay stamps
  virtual Bytes random(std::size_t octets) = 0;  // cryptographically strong

  // An unguessable NMTOKEN of `bits` random bits (JGL-01: sids and ids have at least 128).
  std::string token(std::size_t bits = 128) {
    std::string token(1, 'b');
    return token.append(hex(random(bits / 8)));
  }
};

// The earlier of two deadlines, where either may be absent.
inline Deadline earliest(Deadline a, Deadline b) {
  if (!a || !b) return a ? a : b;
  return *a < *b ? a : b;
}

inline bool is_due(Deadline deadline, TimePoint now) { return deadline && *deadline <= now; }

}  // namespace balcony
