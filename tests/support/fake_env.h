// SPDX-License-Identifier: MIT
// An Env whose clock moves only when the test says so and whose chance repeats in every run.
#pragma once

#include "jingle/base/env.h"

namespace balcony {

class FakeEnv : public Env {
 public:
  TimePoint now() const override { return now_; }
  std::int64_t unix_time() const override {
    return unix_start_ +
           std::chrono::duration_cast<std::chrono::seconds>(now_ - TimePoint{}).count();
  }
  Bytes random(std::size_t octets) override {
    Bytes out;
    for (std::size_t i = 0; i < octets; ++i) {
      state_ = state_ * 6364136223846793005U + 1442695040888963407U;
      out += static_cast<char>(state_ >> 56);
    }
    return out;
  }

  void advance(Duration by) { now_ += by; }
  void set_now(TimePoint now) { now_ = now; }
  void set_unix_start(std::int64_t seconds) { unix_start_ = seconds; }

 private:
  TimePoint now_{1000s};
  std::int64_t unix_start_ = 1795000000;  // in 2026
  std::uint64_t state_ = 1;
};

}  // namespace balcony
