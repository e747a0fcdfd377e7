// SPDX-License-Identifier: MIT
#include "plugin/profanity/waker.h"

#include <gtest/gtest.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

namespace {

using namespace std::chrono_literals;
using profanity_host::Waker;

// The client's wait for keys. True: it was ended early.
bool is_woken_within(std::chrono::microseconds longest) {
  timeval wait{static_cast<time_t>(longest.count() / 1000000),
               static_cast<suseconds_t>(longest.count() % 1000000)};
  return select(0, nullptr, nullptr, nullptr, &wait) < 0 && errno == EINTR;
}

// Declared before the waker that watches one of them, so that they are closed after it has ended.
struct SocketPair {
  SocketPair() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0); }
  ~SocketPair() {
    close(ends[0]);
    close(ends[1]);
  }
  void send() const { EXPECT_EQ(write(ends[1], "x", 1), 1); }
  void receive() const {
    char byte;
    EXPECT_EQ(read(ends[0], &byte, 1), 1);
  }
  int ends[2];
};

TEST(ProfanityWaker, EndsTheWaitForKeys) {
  Waker waker;
  std::thread other([&] { waker.request(); });
  EXPECT_TRUE(is_woken_within(10s));
  other.join();
}

TEST(ProfanityWaker, RepeatsASignalThatWasLost) {
  Waker waker;
  waker.request();  // we are not waiting: this one is lost
  EXPECT_TRUE(is_woken_within(10s));
}

TEST(ProfanityWaker, IsQuietOnceTheLoopHasComeRound) {
  Waker waker;
  waker.request();
  waker.on_turn();
  is_woken_within(20ms);  // what was on its way
  EXPECT_FALSE(is_woken_within(150ms));
}

TEST(ProfanityWaker, WakesWhileASocketHasSomething) {
  SocketPair pair;
  Waker waker;
  waker.watch({pair.ends[0]});
  for (int i = 0; i < 20; ++i) waker.on_turn();
  while (is_woken_within(30ms)) waker.on_turn();
  pair.send();
  EXPECT_TRUE(is_woken_within(10s));
  waker.on_turn();
  EXPECT_TRUE(is_woken_within(10s));  // nobody has read it
  pair.receive();
  int wakes = 0;
  for (; is_woken_within(100ms); ++wakes) waker.on_turn();
  EXPECT_LT(wakes, 20);  // a few more, for what TLS may hold
}

TEST(ProfanityWaker, ForgetsASocketThatSomebodyElseReads) {
  SocketPair pair;
  pair.send();
  Waker waker;
  waker.watch({pair.ends[0]});
  int wakes = 0;
  for (; wakes < 5000 && is_woken_within(300ms); ++wakes) waker.on_turn();
  EXPECT_LT(wakes, 2000);
}

TEST(ProfanityWaker, KeepsTheLoopAwakeWithoutASocketWhileSomethingGoesOn) {
  Waker waker;
  waker.keep_awake(true);
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(is_woken_within(10s));
    waker.on_turn();
  }
  waker.keep_awake(false);
  while (is_woken_within(50ms)) waker.on_turn();
  EXPECT_FALSE(is_woken_within(150ms));
}

}  // namespace
