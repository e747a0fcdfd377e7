// SPDX-License-Identifier: MIT
#include "transports/net/scheduler.h"

namespace balcony {

void Timer::set(TimePoint when, Scheduler::Task task) {
  clear();
  id_ = scheduler_.run_at(when, [this, run = std::move(task)] {
    id_ = 0;
    run();
  });
}

void Timer::clear() {
  if (id_ != 0) scheduler_.cancel(id_);
  id_ = 0;
}

}  // namespace balcony
