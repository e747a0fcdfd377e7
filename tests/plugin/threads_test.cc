// SPDX-License-Identifier: MIT
// The host's thread and the core's against each other, through balcony.h alone (DESIGN.md, contract
// 4). Worth most under the thread sanitizer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <array>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/plugin/c_hosts.h"
#include "tests/support/temp_folder.h"

namespace balcony {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kRomeo = "romeo@example.org/orchard";
constexpr const char* kJuliet = "juliet@example.net/balcony";
constexpr std::array<const char*, 3> kAuto{"mode=auto", "trust=tofu", nullptr};

struct Threads : ::testing::Test {
  TempFolder folder;
  c_host romeo, juliet;

  void open() {
    for (auto [host, jid, state] : {std::tuple(&romeo, kRomeo, folder / "romeo"),
                                    std::tuple(&juliet, kJuliet, folder / "juliet")})
      ASSERT_TRUE(c_host_open(host, jid, state.c_str(), kAuto.data(), nullptr));
    c_hosts_join(&romeo, &juliet);
  }
  void open_stream() {
    open();
    c_host_login(&romeo, 0);
    c_host_login(&juliet, 0);
    ASSERT_TRUE(run([](auto* a, auto* b) -> int { return a->peers && b->peers; }));
    balcony_command(romeo.account, "start juliet@example.net");
    ASSERT_TRUE(run([](auto* a, auto* b) -> int { return a->opened && b->opened; }));
  }
  void close() {
    c_host_close(&romeo);
    c_host_close(&juliet);
  }
  int run(int (*done)(const c_host*, const c_host*)) { return c_hosts_run(&romeo, &juliet, done); }
};

// What a host may do at any moment, in any order.
using Step = std::function<void(c_host&)>;
const std::vector<Step>& steps() {
  static const std::vector<Step> table = {
      [](c_host& h) { c_host_login(&h, 0); },
      [](c_host& h) { c_host_login(&h, 1); },
      [](c_host& h) { c_host_logout(&h); },
      [](c_host& h) { c_host_turn(&h, 0); },
      [](c_host& h) { c_host_turn(&h, 2); },
      [](c_host& h) { c_host_turn(&h, 2); },
      [](c_host& h) { c_host_turn(h.other, 2); },
      [](c_host& h) { c_host_say(&h, h.other->jid, "m1", "hello"); },
      [](c_host& h) { c_host_say(&h, "paris@example.com", "m2", "hello"); },
      [](c_host& h) { balcony_command(h.account, "start juliet@example.net"); },
      [](c_host& h) { balcony_command(h.account, "start romeo@example.org"); },
      [](c_host& h) { balcony_command(h.account, "stop juliet@example.net"); },
      [](c_host& h) { balcony_command(h.account, "status"); },
      [](c_host& h) { balcony_command(h.account, "mode juliet@example.net require"); },
      [](c_host& h) { balcony_command(h.account, "set mode auto"); },
      [](c_host& h) { balcony_incoming(h.account, "<presence from='paris@example.com/x'/>"); },
      [](c_host& h) { balcony_incoming(h.account, "<message from='a@b/c'><body>x</body>"); },
      [](c_host& h) { balcony_shutdown(h.account); },
      [](c_host& h) { (void)balcony_closing(h.account); },
  };
  return table;
}

TEST_F(Threads, EndWhicheverMomentTheHostCloses) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    std::mt19937 chance(seed);
    open();
    for (auto left = chance() % 40; left > 0; --left)
      steps()[chance() % steps().size()](chance() % 2 ? romeo : juliet);
    EXPECT_GE(balcony_fd(romeo.account), 0);
    close();
  }
}

TEST_F(Threads, EndWhileAStreamIsBeingNegotiated) {
  for (int turns = 0; turns < 24; ++turns) {
    open();
    c_host_login(&romeo, 0);
    c_host_login(&juliet, 0);
    balcony_command(romeo.account, "start juliet@example.net/balcony");
    for (int i = 0; i < turns; ++i) {
      c_host_turn(&romeo, 1);
      c_host_turn(&juliet, 1);
    }
    EXPECT_EQ(romeo.undelivered + juliet.undelivered, 0);
    close();
  }
}

TEST_F(Threads, EndWhileMessagesFlow) {
  for (int round = 0; round < 4; ++round) {
    open_stream();
    for (int i = 0; i < 100; ++i) {
      ASSERT_EQ(c_host_say(&romeo, kJuliet, "m", "to Juliet"), BALCONY_TAKEN);
      ASSERT_EQ(c_host_say(&juliet, kRomeo, "m", "to Romeo"), BALCONY_TAKEN);
      if (i % (round + 5) == 0) c_host_turn(&juliet, 0);
    }
    close();
  }
}

// One host's life on a thread of its own: it says `count` things and hears as many.
void talk(c_host& host, int count, bool calls) {
  auto until = [&](auto done) {
    for (int turns = 0; turns < 20'000 && !done(); ++turns) c_host_turn(&host, 5);
  };
  c_host_login(&host, 0);
  until([&] { return host.peers > 0; });
  if (calls) balcony_command(host.account, "start juliet@example.net");
  until([&] { return host.opened > 0; });
  int said = 0;
  until([&] {
    while (said < count && c_host_say(&host, host.other->jid, "m", "words") == BALCONY_TAKEN)
      ++said;
    return said == count && host.received == count;
  });
  balcony_shutdown(host.account);
  until([&] { return !balcony_closing(host.account); });
}

TEST_F(Threads, CarryAStreamBetweenTwoHostsOnTwoThreads) {
  constexpr int kCount = 500;
  open();
  std::thread other([&] { talk(juliet, kCount, false); });
  talk(romeo, kCount, true);
  other.join();
  for (const c_host* host : {&romeo, &juliet}) {
    EXPECT_EQ(host->received, kCount) << host->jid;
    EXPECT_EQ(host->undelivered, 0) << host->jid;
    EXPECT_STREQ(host->state, "closed") << host->jid;
    EXPECT_STREQ(host->reason, "success") << host->jid;
  }
  close();
}

TEST_F(Threads, OfManyAccountsLiveSideBySide) {
  std::vector<std::thread> hosts;
  for (int i = 0; i < 8; ++i) {
    hosts.emplace_back([this, i] {
      std::string state = folder / std::to_string(i);
      c_host host;
      ASSERT_TRUE(c_host_open(&host, kRomeo, state.c_str(), kAuto.data(), nullptr));
      c_host_login(&host, 0);
      balcony_command(host.account, "fingerprint");
      for (int turns = 0; turns < 2'000 && host.replies == 0; ++turns) c_host_turn(&host, 5);
      EXPECT_EQ(std::string(host.answer).size(), 64U) << host.answer;
      c_host_close(&host);
    });
  }
  for (std::thread& host : hosts) host.join();
}

// A host that can hold the core up: where it wakes the host.
class HoldingHost {
 public:
  explicit HoldingHost(const std::string& folder) {
    balcony_host host{};
    host.size = sizeof host;
    host.user = this;
    host.wake = [](void* user) { static_cast<HoldingHost*>(user)->on_wake(); };
    host.send = [](void* user, const char* xml) {
      static_cast<HoldingHost*>(user)->sent.emplace_back(xml);
    };
    host.writable = [](void* user, const char*) { ++static_cast<HoldingHost*>(user)->writables; };
    host.reply = [](void* user, const char*, int, const char*) {
      ++static_cast<HoldingHost*>(user)->replies;
    };
    account = balcony_open(&host, folder.c_str(), nullptr);
  }
  ~HoldingHost() { balcony_close(account); }

  // The core stands still from here to release(), in the middle of its answer to a command.
  void hold() {
    while (balcony_dispatch(account), is_readable(0)) continue;
    std::unique_lock lock(mutex_);
    hold_ = true;
    lock.unlock();
    balcony_command(account, "list");
    lock.lock();
    held_.wait_for(lock, std::chrono::seconds(20), [this] { return is_held_; });
    ASSERT_TRUE(is_held_);
  }
  void release() {
    std::lock_guard lock(mutex_);
    hold_ = false;
    held_.notify_all();
  }
  template <class Done>
  bool dispatch_until(Done done) {
    while (!done() && is_readable(20'000)) balcony_dispatch(account);
    return done();
  }

  balcony_account* account = nullptr;
  std::vector<std::string> sent;
  int writables = 0, replies = 0;

 private:
  bool is_readable(int milliseconds) {
    pollfd fd{balcony_fd(account), POLLIN, 0};
    return poll(&fd, 1, milliseconds) == 1;
  }
  void on_wake() {
    if (std::this_thread::get_id() == host_thread_) return;
    std::unique_lock lock(mutex_);
    is_held_ = hold_;
    held_.notify_all();
    held_.wait(lock, [this] { return !hold_; });
  }

  const std::thread::id host_thread_ = std::this_thread::get_id();
  std::mutex mutex_;
  std::condition_variable held_;
  bool hold_ = false, is_held_ = false;
};

TEST_F(Threads, LetTheHostGoOnWhileTheCoreIsBehind) {
  HoldingHost host(folder / "state");
  host.hold();
  const std::string text(200 * 1024, 'x');
  const std::string data =
      "<iq type='set' id='i1' from='mallory@example.com/x'><data "
      "xmlns='http://jabber.org/protocol/ibb' sid='s' seq='0'>" +
      text + "</data></iq>";
  for (int i = 0; i < 25; ++i)
    EXPECT_EQ(balcony_incoming(host.account, data.c_str()), BALCONY_CONSUMED);
  EXPECT_THAT(host.sent, IsEmpty());  // no callback but from dispatch
  host.release();
  EXPECT_TRUE(host.dispatch_until([&] { return host.sent.size() == 5 && host.writables == 1; }));
  EXPECT_THAT(host.sent, Each(HasSubstr("resource-constraint")));
}

TEST_F(Threads, TellTheHostWhenTheCoreHasRoomAgain) {
  HoldingHost host(folder / "state");
  balcony_command(host.account, "mode juliet@example.net require");
  host.hold();
  const std::string message = "<message to='juliet@example.net'><body>" +
                              std::string(500 * 1024, 'x') + "</body></message>";
  int taken = 0;
  while (balcony_outgoing(host.account, message.c_str(), nullptr) == BALCONY_TAKEN) ++taken;
  EXPECT_EQ(taken, 8);
  EXPECT_EQ(balcony_outgoing(host.account, message.c_str(), nullptr), BALCONY_BUSY);
  host.release();
  EXPECT_TRUE(host.dispatch_until([&] { return host.writables > 0; }));
  EXPECT_EQ(host.writables, 1);
}

TEST_F(Threads, AnswerEveryCommandOfAHostThatDispatchesSeldom) {
  HoldingHost host(folder / "state");
  for (int i = 0; i < 1000; ++i) balcony_command(host.account, "help");
  EXPECT_TRUE(host.dispatch_until([&] { return host.replies == 1000; }));
}

}  // namespace
}  // namespace balcony
