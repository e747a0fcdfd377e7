// SPDX-License-Identifier: MIT
#include "plugin/system_env.h"

#include <openssl/rand.h>

#include <cstdlib>

namespace balcony {

TimePoint SystemEnv::now() const {
  return std::chrono::floor<Duration>(std::chrono::steady_clock::now());
}

std::int64_t SystemEnv::unix_time() const {
  auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::floor<std::chrono::seconds>(since_epoch).count();
}

Bytes SystemEnv::random(std::size_t octets) {
  Bytes out(octets, '\0');
  auto* start = reinterpret_cast<unsigned char*>(out.data());
  if (RAND_bytes(start, static_cast<int>(octets)) != 1) std::abort();
  return out;
}

}  // namespace balcony
