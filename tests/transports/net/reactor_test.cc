// SPDX-License-Identifier: MIT
// The real loop, with timers that are due at once: no test waits.
#include "transports/net/reactor.h"

#include <glib.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <functional>
#include <string>
#include <thread>
#include <utility>

#include "tests/support/fake_env.h"
#include "transports/net/fd_watch.h"
#include "transports/net/socket.h"

namespace balcony {
namespace {

// A descriptor that can always be written, watched for that.
class WritableFd : FdWatch::Listener {
 public:
  WritableFd(Reactor& reactor, std::function<void()> then)
      : then_(std::move(then)), watch_(reactor, fd_.fd(), this) {
    watch_.want(false, true);
  }

 private:
  void on_ready(bool, bool) override { then_(); }

  std::function<void()> then_;
  Socket fd_{eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};  // which closes it, whatever it is
  FdWatch watch_;
};

class ReactorTest : public testing::Test {
 protected:
  // A task that writes its name down.
  Scheduler::Task note(const std::string& name) {
    return [this, name] { log += name + ' '; };
  }
  void run_until_idle() {
    stop_later();
    reactor.run();
  }
  // Lets everything due before run first, in this turn or those it makes.
  void stop_later(int turns = 4) {
    reactor.run_at(env.now(),
                   [this, turns] { turns == 0 ? reactor.stop() : stop_later(turns - 1); });
  }

  FakeEnv env;
  Reactor reactor{env};
  std::string log;
};

TEST_F(ReactorTest, RunsTasksInTheOrderOfTheirTimesThenOfTheirMaking) {
  TimePoint now = env.now();
  reactor.run_at(now + 2ms, note("third"));
  reactor.run_at(now + 1ms, note("first"));
  reactor.run_at(now + 1ms, note("second"));
  env.advance(5ms);
  run_until_idle();
  EXPECT_EQ(log, "first second third ");
}

TEST_F(ReactorTest, NeverRunsATaskInsideTheCallThatMakesIt) {
  reactor.run_at(env.now(), [this] {
    reactor.run_at(env.now() - 1h, note("inner"));
    log += "outer ";
  });
  run_until_idle();
  EXPECT_EQ(log, "outer inner ");
}

TEST_F(ReactorTest, PostedPastTasksDoNotStarveThoseThatWait) {
  std::function<void()> again = [&] {
    log += "again ";
    if (log.size() < 100) reactor.run_at(env.now() - 1h, again);
  };
  reactor.run_at(env.now() - 1h, again);
  reactor.run_at(env.now(), note("patient"));
  run_until_idle();
  EXPECT_TRUE(log.starts_with("again patient again "));
}

TEST_F(ReactorTest, RunsWhatATaskPostsInTheSameTurn) {
  reactor.run_at(env.now(), [this] {
    log += "stanza ";
    reactor.run_at(env.now(), [this] {
      log += "record ";
      reactor.run_at(env.now(), note("segment"));
    });
  });
  g_main_context_iteration(reactor.context(), FALSE);
  EXPECT_EQ(log, "stanza record segment ");
}

TEST_F(ReactorTest, LooksAtDescriptorsThoughTasksPostTasksForEver) {
  std::function<void()> again = [&] { reactor.run_at(env.now(), again); };
  reactor.run_at(env.now(), again);
  int calls = 0;
  WritableFd descriptor(reactor, [&] { ++calls; });
  for (int i = 0; i < 3; ++i) g_main_context_iteration(reactor.context(), FALSE);
  EXPECT_EQ(calls, 3);
}

TEST_F(ReactorTest, RunsWhatADescriptorMakesDueInTheSameTurn) {
  WritableFd descriptor(reactor, [this] { reactor.run_at(env.now(), note("answer")); });
  g_main_context_iteration(reactor.context(), FALSE);
  EXPECT_EQ(log, "answer ");
}

TEST_F(ReactorTest, CancelledTasksDoNotRun) {
  Scheduler::Id second = 0;
  reactor.run_at(env.now(), [&] { reactor.cancel(second); });
  second = reactor.run_at(env.now(), note("cancelled"));
  Scheduler::Id third = reactor.run_at(env.now(), note("run"));
  run_until_idle();
  reactor.cancel(third);
  EXPECT_EQ(log, "run ");
}

TEST_F(ReactorTest, SleepsUntilTheNextTaskIsDue) {
  reactor.run_at(env.now() + 3ms, [this] {
    log += "later ";
    reactor.stop();
  });
  reactor.run_at(env.now(), [this] {
    log += "now ";
    env.advance(3ms);
  });
  reactor.run();
  EXPECT_EQ(log, "now later ");
}

TEST_F(ReactorTest, TimersThatAreNotDueDoNotRun) {
  reactor.run_at(env.now() + 1h, note("much later"));
  run_until_idle();
  EXPECT_EQ(log, "");
}

TEST_F(ReactorTest, WakesFromAnotherThread) {
  std::thread::id woken_on;
  reactor.set_on_wake([&] {
    woken_on = std::this_thread::get_id();
    reactor.stop();
  });
  reactor.run_at(env.now() + 1h, note("much later"));
  std::thread other([this] { reactor.wake(); });
  reactor.run();
  other.join();
  EXPECT_EQ(woken_on, std::this_thread::get_id());
}

TEST_F(ReactorTest, ManyWakesOfOneTurnAreOneCall) {
  int wakes = 0;
  reactor.set_on_wake([&] { ++wakes; });
  for (int i = 0; i < 10; ++i) reactor.wake();
  run_until_idle();
  EXPECT_EQ(wakes, 1);
}

TEST_F(ReactorTest, StopsFromAnotherThreadAndBeforeItRan) {
  reactor.run_at(env.now(), note("too late"));
  std::thread other([this] { reactor.stop(); });
  other.join();
  reactor.run();
  EXPECT_EQ(log, "");
}

TEST_F(ReactorTest, MakesItsContextTheThreadsDefault) {
  GMainContext* seen = nullptr;
  reactor.run_at(env.now(), [&] { seen = g_main_context_get_thread_default(); });
  run_until_idle();
  EXPECT_EQ(seen, reactor.context());
  EXPECT_EQ(g_main_context_get_thread_default(), nullptr);
}

TEST_F(ReactorTest, DestroyingATimerCallsItsTaskOff) {
  {
    Timer timer(reactor, env);
    timer.soon(note("called off"));
    EXPECT_TRUE(timer.is_set());
  }
  Timer kept(reactor, env);
  kept.soon(note("moved"));
  kept.soon(note("kept"));
  run_until_idle();
  EXPECT_EQ(log, "kept ");
  EXPECT_FALSE(kept.is_set());
}

}  // namespace
}  // namespace balcony
