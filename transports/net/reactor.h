// SPDX-License-Identifier: MIT
// The I/O thread's loop: a private GMainContext (DESIGN.md, contract 4). Made on any thread; run(),
// timers and everything that hangs on it belong to the thread that calls run().
#pragma once

#include <functional>
#include <memory>

#include "transports/net/scheduler.h"

typedef struct _GMainContext GMainContext;

namespace balcony {

class Reactor : public Scheduler {
 public:
  explicit Reactor(const Env& env);
  ~Reactor() override;

  void run();   // until stop(); makes the context the thread's default
  void stop();  // from any thread
  // From any thread: runs `on_wake` in a turn of the loop, once for any number of calls in between.
  void wake();
  void set_on_wake(std::function<void()> on_wake);  // before run()

  Id run_at(TimePoint when, Task task) override;
  void cancel(Id id) override;

  // Runs what is due, and what that makes due: for who was called by the loop and has just made
  // work that need not wait for the loop's next look at its descriptors.
  void turn();

  GMainContext* context();  // for sockets and libnice

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace balcony
