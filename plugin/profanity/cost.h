// SPDX-License-Identifier: MIT
// CPU time that our callbacks take on the client's main thread: while one runs, its user waits.
#pragma once

#include <cstdint>

namespace profanity_host {

// Measures from here to the end of its scope. Main thread only; plain data, which outlives all.
class Cost {
 public:
  explicit Cost(const char* callback);
  ~Cost();
  Cost(const Cost&) = delete;
  Cost& operator=(const Cost&) = delete;

  struct Longest {
    std::int64_t microseconds;
    const char* callback;
  };
  static Longest longest();

 private:
  const char* callback_;
  std::int64_t began_;
};

}  // namespace profanity_host
