// SPDX-License-Identifier: MIT
// Real sockets on loopback and the real loop, on a clock that the test moves. A loop that has
// nothing to do is asked again, so many times at most: nothing sleeps.
#pragma once

#include <glib.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/socket.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "tests/support/fake_env.h"
#include "transports/net/reactor.h"
#include "transports/net/tcp_listener.h"
#include "transports/net/tcp_stream.h"

namespace balcony {

inline Endpoint loopback(std::uint16_t port = 0, const char* ip = "127.0.0.1") {
  return {*IpAddress::parse(ip), port};
}

class NetTest : public testing::Test {
 protected:
  // Runs the loop until `done`; fails the test if that does not come.
  template <class Condition>
  void run_until(Condition done) {
    for (int i = 0; i < 500'000 && !done(); ++i) {
      if (!g_main_context_iteration(reactor.context(), FALSE)) sched_yield();
    }
    ASSERT_TRUE(done());
  }
  // What is due now, and what that makes due.
  void run_idle(int turns = 50) {
    for (int i = 0; i < turns; ++i) g_main_context_iteration(reactor.context(), FALSE);
  }
  void advance(Duration by) {
    env.advance(by);
    run_idle();
  }

  FakeEnv env;
  Reactor reactor{env};
};

// Keeps what a listener hands over.
struct Guests : TcpListener::Owner {
  void on_accepted(Socket socket, const Endpoint& from) override {
    sockets.push_back(std::move(socket));
    came_from.push_back(from);
    if (then) then();
  }

  std::vector<Socket> sockets;
  std::vector<Endpoint> came_from;
  std::function<void()> then;
};

// Two connected sockets, without the loop.
inline std::pair<Socket, Socket> socket_pair() {
  Socket door = *Socket::open(true);
  EXPECT_TRUE(door.listen(loopback(), 1));
  Socket a = *Socket::open(true);
  a.connect(*door.local());
  auto b = door.accept();
  EXPECT_TRUE(b) << b.error();
  EXPECT_EQ(a.pending_error(), 0);
  return {std::move(a), std::move(*b)};
}

}  // namespace balcony
