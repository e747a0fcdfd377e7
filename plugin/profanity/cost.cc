// SPDX-License-Identifier: MIT
#include "plugin/profanity/cost.h"

#include <time.h>

namespace profanity_host {
namespace {

Cost::Longest so_far{0, "none"};

std::int64_t used() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::int64_t{now.tv_sec} * 1000000 + now.tv_nsec / 1000;
}

}  // namespace

Cost::Cost(const char* callback) : callback_(callback), began_(used()) {}

Cost::~Cost() {
  std::int64_t taken = used() - began_;
  if (taken > so_far.microseconds) so_far = {taken, callback_};
}

Cost::Longest Cost::longest() { return so_far; }

}  // namespace profanity_host
