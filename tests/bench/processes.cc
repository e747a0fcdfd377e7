// SPDX-License-Identifier: MIT
#include "tests/bench/processes.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "tests/bench/figure.h"

namespace balcony::bench {
namespace {

int must(int result, const char* what) {
  if (result >= 0) return result;
  std::perror(what);
  std::exit(1);
}

pid_t in_child(const std::function<void()>& work) {
  std::fflush(nullptr);
  pid_t child = must(fork(), "fork");
  if (child != 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  work();
  _exit(0);
}

void without_delay(int fd) {
  int yes = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

}  // namespace

std::pair<int, int> tcp_pair() {
  int listener = must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* any = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  must(bind(listener, any, size), "bind");
  must(listen(listener, 1), "listen");
  must(getsockname(listener, any, &size), "getsockname");
  int a = must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  must(connect(a, any, size), "connect");
  int b = must(accept(listener, nullptr, nullptr), "accept");
  close(listener);
  without_delay(a);
  without_delay(b);
  return {a, b};
}

int non_blocking(int fd) {
  must(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK), "fcntl");
  return fd;
}

std::pair<int, int> message_pair() {
  int ends[2];
  must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), "socketpair");
  return {ends[0], ends[1]};
}

void run_apart(const std::function<void(Wires)>& other, const std::function<void(Wires)>& here) {
  auto [tcp_here, tcp_there] = tcp_pair();
  auto [server_here, server_there] = message_pair();
  pid_t there = in_child([&, tcp = tcp_there, server = server_there] {
    close(tcp_here);
    close(server_here);
    other({tcp, server});
  });
  close(tcp_there);
  close(server_there);
  pid_t first = in_child([&, tcp = tcp_here, server = server_here] { here({tcp, server, there}); });
  close(tcp_here);
  close(server_here);
  for (pid_t child : {first, there}) {
    int status = 0;
    must(waitpid(child, &status, 0), "waitpid");
    if (status != 0) std::exit(1);  // it has said why
  }
}

double busier_seconds(pid_t child, const std::function<void()>& work) {
  clockid_t clock{};
  must(-clock_getcpuclockid(child, &clock), "clock_getcpuclockid");
  double here = -clock_seconds(CLOCK_PROCESS_CPUTIME_ID), there = -clock_seconds(clock);
  work();
  here += clock_seconds(CLOCK_PROCESS_CPUTIME_ID);
  there += clock_seconds(clock);
  return std::max(here, there);
}

cpu_set_t pin_to_one_cpu() {
  cpu_set_t usual, one;
  must(sched_getaffinity(0, sizeof usual, &usual), "sched_getaffinity");
  std::size_t first = 0;
  while (!CPU_ISSET(first, &usual)) ++first;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  must(sched_setaffinity(0, sizeof one, &one), "sched_setaffinity");
  return usual;
}

void unpin(const cpu_set_t& usual) { sched_setaffinity(0, sizeof usual, &usual); }

void write_all(int fd, const void* octets, std::size_t size) {
  const char* at = static_cast<const char*>(octets);
  while (size > 0) {
    ssize_t count = must(static_cast<int>(write(fd, at, size)), "write");
    at += count;
    size -= static_cast<std::size_t>(count);
  }
}

void read_all(int fd, void* octets, std::size_t size) {
  char* at = static_cast<char*>(octets);
  while (size > 0) {
    ssize_t count = must(static_cast<int>(read(fd, at, size)), "read");
    if (count == 0) std::exit(1);
    at += count;
    size -= static_cast<std::size_t>(count);
  }
}

}  // namespace balcony::bench
