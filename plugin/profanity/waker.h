// SPDX-License-Identifier: MIT
// Gets the client's main loop to come round. That loop waits in select() for keys alone, up to a
// second when nobody types, and looks at everything else only in between: the server's socket too.
// So this has a thread of its own that waits for the socket and for requests, and sends the main
// thread a real-time signal, which ends the select. A signal that meets the main thread elsewhere
// is lost; the thread repeats it until the loop has come round. Nothing wakes while nothing
// happens.
#pragma once

#include <pthread.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace profanity_host {

class Waker {
 public:
  // Made on the main thread. Takes the first real-time signal that nobody uses; its handler stays
  // when this goes, since a signal may still be on its way.
  Waker();
  ~Waker();  // joins the thread; it takes no lock of the client's
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;

  // Wants one whole turn of the loop from now. Any thread; neither locks nor blocks.
  void request();
  // Main thread: the loop has come round.
  void on_turn() { turn_.fetch_add(1); }

  // Main thread: wake for what comes in on these sockets, the client's own connections.
  void watch(const std::vector<int>& sockets);
  // Main thread: something is going on and no socket is known: wake steadily.
  void keep_awake(bool wanted);

 private:
  struct Socket {
    int fd;
    std::uint64_t inode;  // the number may be another's soon
    int unread = -1;      // octets, when it was last seen
    int rounds = 0;       // for how long that has not changed
  };
  void run();
  bool wait_for_all();           // true: a socket has something
  bool look_at(Socket& socket);  // false: forget it
  void wake();

  const pthread_t main_;
  int signal_ = 0;  // 0: none was free; then only the client's own timers drive us
  int event_ = -1;
  std::atomic<bool> stop_{false}, awake_{false};
  std::atomic<std::uint64_t> turn_{0}, wanted_{0};
  std::mutex mutex_;
  std::vector<Socket> sockets_;  // guarded by mutex_
  std::thread thread_;
};

// Blocks every signal for the threads that are started while it lives: the client's own, such as
// the one for a new window size, must reach its main thread.
class NoSignals {
 public:
  NoSignals();
  ~NoSignals();
  NoSignals(const NoSignals&) = delete;

 private:
  sigset_t before_;
};

// The TCP connections that this process has now; with one alone, which is the server's, small
// stanzas no longer wait for each other (Nagle's algorithm).
std::vector<int> find_server_sockets();

}  // namespace profanity_host
