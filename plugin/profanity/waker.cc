// SPDX-License-Identifier: MIT
#include "plugin/profanity/waker.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace profanity_host {
namespace {

using std::chrono::milliseconds;

// After the socket is empty TLS may still hold a record, 16 KiB, of which a turn takes 4 KiB.
constexpr std::uint64_t kTurnsAfterData = 5;
constexpr milliseconds kFirstPause{1}, kLongestPause{64};
constexpr milliseconds kSteadily{10};
// A socket whose unread octets don't change for so many rounds is read by somebody else.
constexpr int kMaxRounds = 200;

void on_signal(int) {}

// The first real-time signal that is free, or that an earlier life of ours took. 0: there is none.
int take_signal() {
  for (int number = SIGRTMIN + 5; number <= SIGRTMAX; ++number) {
    struct sigaction now {};
    if (sigaction(number, nullptr, &now) != 0) continue;
    bool is_free = !(now.sa_flags & SA_SIGINFO) && now.sa_handler == SIG_DFL;
    bool is_ours = !(now.sa_flags & SA_SIGINFO) && now.sa_handler == on_signal;
    if (!is_free && !is_ours) continue;
    struct sigaction wanted {};
    wanted.sa_handler = on_signal;
    wanted.sa_flags = SA_RESTART;  // which select() is not subject to
    if (sigaction(number, &wanted, nullptr) == 0) return number;
  }
  return 0;
}

}  // namespace

NoSignals::NoSignals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before_);
}

NoSignals::~NoSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

Waker::Waker()
    : main_(pthread_self()),
      signal_(take_signal()),
      event_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  NoSignals inherited;
  thread_ = std::thread([this] { run(); });
}

Waker::~Waker() {
  stop_ = true;
  std::uint64_t one = 1;
  (void)!write(event_, &one, sizeof one);
  thread_.join();
  close(event_);
}

void Waker::wake() {
  if (signal_ != 0) pthread_kill(main_, signal_);
}

// The signal at once, and the thread makes sure of it. On the main thread itself it would hit
// nothing but what runs there now.
void Waker::request() {
  std::uint64_t turn = turn_.load() + 1, before = wanted_.load();
  while (before < turn && !wanted_.compare_exchange_weak(before, turn)) {
  }
  if (!pthread_equal(pthread_self(), main_)) wake();
  std::uint64_t one = 1;
  (void)!write(event_, &one, sizeof one);
}

void Waker::watch(const std::vector<int>& sockets) {
  std::vector<Socket> watched;
  for (int fd : sockets) {
    struct stat file {};
    if (fstat(fd, &file) == 0) watched.push_back({fd, file.st_ino});
  }
  {
    std::lock_guard lock(mutex_);
    sockets_ = std::move(watched);
  }
  request();
}

void Waker::keep_awake(bool wanted) {
  if (awake_.exchange(wanted) != wanted) request();
}

void Waker::run() {
  milliseconds pause = kFirstPause;
  std::uint64_t woken_in = 0;
  while (!stop_) {
    std::uint64_t turn = turn_.load();
    if (turn >= wanted_.load()) {
      if (!wait_for_all()) continue;
      turn = turn_.load();
      wanted_ = std::max(wanted_.load(), turn + kTurnsAfterData);
    }
    pause = turn == woken_in ? std::min(pause * 2, kLongestPause) : kFirstPause;
    woken_in = turn;
    wake();
    std::this_thread::sleep_for(pause);  // nobody tells that the loop came round
  }
}

// Returns false when it is worth looking again at what is wanted.
bool Waker::wait_for_all() {
  std::vector<pollfd> waits{{event_, POLLIN, 0}};
  {
    std::lock_guard lock(mutex_);
    for (const Socket& socket : sockets_) waits.push_back({socket.fd, POLLIN, 0});
  }
  bool steadily = awake_ && waits.size() == 1;
  int ready = poll(waits.data(), waits.size(), steadily ? static_cast<int>(kSteadily.count()) : -1);
  if (ready == 0) return steadily;
  if (waits[0].revents != 0) {
    std::uint64_t count;
    (void)!read(event_, &count, sizeof count);
    return false;
  }
  std::lock_guard lock(mutex_);
  bool any = false;
  for (const pollfd& wait : waits) {
    if (wait.revents == 0) continue;
    auto socket = std::find_if(sockets_.begin(), sockets_.end(),
                               [&](const Socket& s) { return s.fd == wait.fd; });
    if (socket == sockets_.end()) continue;
    bool keep = !(wait.revents & POLLNVAL) && look_at(*socket);
    if (!keep) sockets_.erase(socket);
    any = any || keep;
  }
  return any;
}

bool Waker::look_at(Socket& socket) {
  struct stat file {};
  int unread = 0;
  bool is_same = fstat(socket.fd, &file) == 0 && file.st_ino == socket.inode;
  if (!is_same || ioctl(socket.fd, FIONREAD, &unread) != 0) return false;
  socket.rounds = unread == socket.unread ? socket.rounds + 1 : 0;
  socket.unread = unread;
  return socket.rounds < kMaxRounds;
}

}  // namespace profanity_host
