// SPDX-License-Identifier: MIT
// When things happen: turns and timers of the one thread that owns the core. Reactor is the real
// one; tests drive tests/support/fake_scheduler.h by hand.
#pragma once

#include <cstdint>
#include <functional>

#include "jingle/base/env.h"

namespace balcony {

class Scheduler {
 public:
  using Task = std::function<void()>;
  using Id = std::uint64_t;  // never 0

  virtual ~Scheduler() = default;

  // Runs `task` once at `when`, in a turn of its own; never from inside this call, even if `when`
  // is past. Tasks due at the same time run in the order of their making.
  virtual Id run_at(TimePoint when, Task task) = 0;
  virtual void cancel(Id id) = 0;  // no effect if it has run
};

// One task that its owner can move or call off; destroying it calls it off.
class Timer {
 public:
  Timer(Scheduler& scheduler, const Env& env) : scheduler_(scheduler), env_(env) {}
  ~Timer() { clear(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void set(TimePoint when, Scheduler::Task task);
  void soon(Scheduler::Task task) { set(env_.now(), std::move(task)); }  // in the next turn
  void clear();
  bool is_set() const { return id_ != 0; }

 private:
  Scheduler& scheduler_;
  const Env& env_;
  Scheduler::Id id_ = 0;
};

}  // namespace balcony
