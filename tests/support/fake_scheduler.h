// SPDX-License-Identifier: MIT
// A Scheduler without a loop: the test says when turns run and how far time goes.
#pragma once

#include <map>
#include <utility>

#include "tests/support/fake_env.h"
#include "transports/net/scheduler.h"

namespace balcony {

class FakeScheduler : public Scheduler {
 public:
  explicit FakeScheduler(FakeEnv& env) : env_(env) {}

  Id run_at(TimePoint when, Task task) override {
    Id id = ++last_id_;
    tasks_.emplace(std::pair(when, id), std::move(task));
    return id;
  }
  void cancel(Id id) override {
    std::erase_if(tasks_, [id](const auto& entry) { return entry.first.second == id; });
  }

  // Runs what is due now, and what that makes due, until nothing is; at most `limit` tasks.
  std::size_t run_due(std::size_t limit = 1'000'000) {
    std::size_t ran = 0;
    while (ran < limit && !tasks_.empty() && tasks_.begin()->first.first <= env_.now()) {
      auto node = tasks_.extract(tasks_.begin());
      node.mapped()();
      ++ran;
    }
    return ran;
  }

  // Moves time on, stopping at each task on the way.
  void advance(Duration by) {
    TimePoint end = env_.now() + by;
    run_due();
    while (!tasks_.empty() && tasks_.begin()->first.first <= end) {
      env_.set_now(std::max(env_.now(), tasks_.begin()->first.first));
      run_due();
    }
    env_.set_now(end);
  }

  std::size_t waiting() const { return tasks_.size(); }

 private:
  FakeEnv& env_;
  Id last_id_ = 0;
  std::map<std::pair<TimePoint, Id>, Task> tasks_;
};

}  // namespace balcony
