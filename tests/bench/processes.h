// SPDX-License-Identifier: MIT
// Two ends in two processes with TCP on loopback between them, and what they agree on.
#pragma once

#include <sched.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstddef>
#include <functional>
#include <utility>

namespace balcony::bench {

// A connected pair of TCP sockets on loopback, without Nagle's algorithm.
std::pair<int, int> tcp_pair();
int non_blocking(int fd);  // the same, as a reactor needs it
// A connected pair of local sockets, on which messages keep their bounds.
std::pair<int, int> message_pair();

// Blocking and whole, or the program ends.
void write_all(int fd, const void* octets, std::size_t size);
void read_all(int fd, void* octets, std::size_t size);

// What each of two processes has.
struct Wires {
  int tcp, server;
  pid_t peer = 0;  // `here` only: the other one
};

// Runs `here` with the first sockets and `other` with the second ones, each in a process of its own
// that ends with it: what one leaves behind in memory would cost the next one copies of its pages.
// Each side closes its own TCP socket.
void run_apart(const std::function<void(Wires)>& other, const std::function<void(Wires)>& here);

template <class Here>
auto with_peer(const std::function<void(Wires)>& other, Here here) {
  decltype(here(Wires{})) result{};  // plain data
  auto [out, in] = message_pair();
  run_apart(other, [&, writer = in](Wires wires) {
    auto found = here(wires);
    write_all(writer, &found, sizeof found);
  });
  read_all(out, &result, sizeof result);
  close(out);
  close(in);
  return result;
}

// The processor time that `work` takes here, and that the child takes meanwhile; the larger of the
// two: what bounds the rate where each has a CPU of its own, however many others want it now.
double busier_seconds(pid_t child, const std::function<void()>& work);

// Keeps this process and its children on the first CPU that it may use, until it is undone.
cpu_set_t pin_to_one_cpu();
void unpin(const cpu_set_t& usual);

}  // namespace balcony::bench
