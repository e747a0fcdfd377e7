// SPDX-License-Identifier: MIT
// Connecting and listening on loopback.
#include "transports/net/tcp_connector.h"

#include <sys/resource.h>
#include <unistd.h>

#include "tests/transports/net/net_fixture.h"

namespace balcony {
namespace {

class TcpConnectTest : public NetTest {
 protected:
  void open(const Endpoint& at = loopback()) {
    auto opened = TcpListener::open(at, reactor, env, &guests);
    ASSERT_TRUE(opened) << opened.error().text;
    listener = std::move(*opened);
  }
  void connect(const Endpoint& target) {
    connector =
        std::make_unique<TcpConnector>(target, env.now() + 5s, reactor, env, [this](auto r) {
          result = std::move(r);
          connector.reset();
        });
  }
  // A listener whose queue is full: what connects now gets no answer.
  Endpoint silent_target() {
    deaf = *Socket::open(true);
    EXPECT_TRUE(deaf.listen(loopback(), 0));
    for (int i = 0; i < 4; ++i) {
      crowd.push_back(*Socket::open(true));
      crowd.back().connect(*deaf.local());
    }
    return *deaf.local();
  }

  Guests guests;
  std::unique_ptr<TcpListener> listener;
  std::unique_ptr<TcpConnector> connector;
  std::optional<Result<Socket>> result;
  Socket deaf;
  std::vector<Socket> crowd;
};

TEST_F(TcpConnectTest, ConnectsAndHandsBothSocketsOver) {
  for (const char* ip : {"127.0.0.1", "::1"}) {
    open(loopback(0, ip));
    EXPECT_NE(listener->local().port, 0);
    connect(listener->local());
    EXPECT_FALSE(result) << "told inside the call";
    run_until([&] { return result && !guests.sockets.empty(); });
    ASSERT_TRUE(*result);
    EXPECT_EQ((*result)->remote(), listener->local());
    EXPECT_EQ((*result)->local(), guests.came_from[0]);
    result.reset();
    guests = {};
  }
}

TEST_F(TcpConnectTest, TellsThatItWasRefused) {
  open();
  Endpoint gone = listener->local();
  listener.reset();
  connect(gone);
  run_until([&] { return result.has_value(); });
  ASSERT_FALSE(*result);
  EXPECT_EQ(result->error().condition, "connectivity-error");
  EXPECT_EQ(result->error().text, "the connection failed: Connection refused");
}

TEST_F(TcpConnectTest, TellsInALaterTurnWhatFailsAtOnce) {
  connect({*IpAddress::parse("255.255.255.255"), 5000});
  EXPECT_FALSE(result);
  run_until([&] { return result.has_value(); });
  EXPECT_FALSE(*result);
}

// covers C-14
TEST_F(TcpConnectTest, WaitsForASilentTargetUntilTheDeadline) {
  connect(silent_target());
  advance(4999ms);
  EXPECT_FALSE(result);
  advance(1ms);
  ASSERT_TRUE(result);
  ASSERT_FALSE(*result);
  EXPECT_EQ(result->error().condition, "timeout");
}

TEST_F(TcpConnectTest, DestroyingItCancels) {
  open();
  connect(listener->local());
  connector.reset();
  run_idle();
  advance(10s);
  EXPECT_FALSE(result);
}

TEST_F(TcpConnectTest, AListenerTakesOneSocketATurn) {
  open();
  for (int i = 0; i < 3; ++i) {
    crowd.push_back(*Socket::open(true));
    crowd.back().connect(listener->local());
  }
  for (std::size_t i = 1; i <= 3; ++i) {
    g_main_context_iteration(reactor.context(), FALSE);
    EXPECT_EQ(guests.sockets.size(), i);
  }
}

TEST_F(TcpConnectTest, AListenerMayBeDestroyedWhenSomebodyComes) {
  open();
  Endpoint at = listener->local();
  guests.then = [&] { listener.reset(); };
  connect(at);
  run_until([&] { return !listener; });
  result.reset();
  connect(at);
  run_until([&] { return result.has_value(); });
  EXPECT_FALSE(*result) << "it stopped listening at once";
}

TEST_F(TcpConnectTest, ListeningOnATakenPortFails) {
  open();
  auto second = TcpListener::open(listener->local(), reactor, env, &guests);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().text,
            "cannot listen on " + listener->local().text() + ": Address already in use");
}

TEST_F(TcpConnectTest, BothFamiliesMayHaveOnePort) {
  open();
  auto v6 = TcpListener::open(loopback(listener->local().port, "::"), reactor, env, &guests);
  EXPECT_TRUE(v6) << v6.error().text;
}

// No descriptor is left, as long as it lives. What runs meanwhile should have run before: the
// undefined behaviour sanitizer needs a pipe when it meets a class for the first time.
class NoFilesLeft {
 public:
  NoFilesLeft() {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit none = before_;
    int lowest_free = dup(STDIN_FILENO);
    close(lowest_free);
    none.rlim_cur = static_cast<rlim_t>(lowest_free);
    setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoFilesLeft() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(TcpConnectTest, WithoutDescriptorsAListenerRestsASecondAndThenGoesOn) {
  open();
  connect(listener->local());
  run_until([&] { return result && guests.sockets.size() == 1; });
  advance(0ms);
  crowd.push_back(*Socket::open(true));
  crowd.back().connect(listener->local());
  {
    NoFilesLeft none;
    run_idle(1);
    EXPECT_FALSE(g_main_context_iteration(reactor.context(), FALSE)) << "it spins";
    advance(999ms);
  }
  EXPECT_EQ(guests.sockets.size(), 1U);
  advance(1ms);
  run_until([&] { return guests.sockets.size() == 2; });
}

TEST_F(TcpConnectTest, WithoutDescriptorsConnectingAndListeningFail) {
  open();
  connect(listener->local());
  run_until([&] { return result.has_value(); });
  result.reset();
  {
    NoFilesLeft none;
    connect(loopback(5000));
    EXPECT_FALSE(TcpListener::open(loopback(), reactor, env, &guests));
  }
  run_until([&] { return result.has_value(); });
  ASSERT_FALSE(*result);
  EXPECT_EQ(result->error().text, "the connection failed: no more files can be opened");
}

}  // namespace
}  // namespace balcony
