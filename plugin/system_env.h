// SPDX-License-Identifier: MIT
// The real Env: the system's steady clock, its date, and OpenSSL's random generator.
// Made once by the agent; everything else is handed a reference.
#pragma once

#include "jingle/base/env.h"

namespace balcony {

class SystemEnv : public Env {
 public:
  TimePoint now() const override;
  std::int64_t unix_time() const override;
  // Aborts if the system has no randomness: nothing that we do is safe without.
  Bytes random(std::size_t octets) override;
};

}  // namespace balcony
