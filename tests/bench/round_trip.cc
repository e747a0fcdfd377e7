// SPDX-License-Identifier: MIT
// The time of a message and its answer, agent to agent, with both processes on one CPU (else the
// wake-up of an idle one hides everything), against an echo of as many octets over bare TCP.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <vector>

#include "tests/bench/agent_end.h"
#include "tests/bench/figure.h"
#include "tests/bench/figures.h"
#include "tests/bench/openssl_end.h"
#include "tests/bench/traffic.h"

namespace balcony::bench {
namespace {

constexpr std::size_t kRounds = 7;
constexpr std::size_t kTrips = 2'000;
constexpr std::size_t kWarmUp = 200;

struct Times {
  double p50, p99;  // microseconds
};

class Stopwatch {
 public:
  void start() { began_ = Clock::now(); }
  void stop() {
    trips_.push_back(std::chrono::duration<double, std::micro>(Clock::now() - began_).count());
  }
  std::size_t count() const { return trips_.size(); }
  Times times() {
    trips_.erase(trips_.begin(), trips_.begin() + kWarmUp);
    std::sort(trips_.begin(), trips_.end());
    return {trips_[trips_.size() / 2], trips_[trips_.size() * 99 / 100]};
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point began_;
  std::vector<double> trips_;
};

Times agents(std::string_view method) {
  auto there = [method](Wires wires) {
    AgentEnd end(wires, Role::kResponder, method);
    Element answer = message(2);
    answer.set_attr("to", kRomeo);
    end.client().set_on_stanza([&](const StanzaInfo&) { end.client().send(answer); });
    end.run_until_alone();
  };
  auto here = [&](Wires wires) {
    Stopwatch watch;
    AgentEnd end(wires, Role::kInitiator, method);
    Element question = message(1);
    auto ask = [&] {
      watch.start();
      end.client().send(question);
    };
    end.client().set_on_stanza([&](const StanzaInfo&) {
      watch.stop();
      ask();
    });
    ask();
    end.run_until([&] { return watch.count() == kTrips; });
    return watch.times();
  };
  return with_peer(there, here);
}

Times echo() {
  std::string stanza = message_xml(1);
  auto there = [&](Wires wires) {
    for (ssize_t got = 1; got > 0;) {
      char buffer[4096];
      got = read(wires.tcp, buffer, sizeof buffer);
      if (got > 0) write_all(wires.tcp, buffer, static_cast<std::size_t>(got));
    }
  };
  auto here = [&](Wires wires) {
    Stopwatch watch;
    std::string answer(stanza.size(), ' ');
    while (watch.count() < kTrips) {
      watch.start();
      write_all(wires.tcp, stanza.data(), stanza.size());
      read_all(wires.tcp, answer.data(), answer.size());
      watch.stop();
    }
    close(wires.tcp);
    return watch.times();
  };
  return with_peer(there, here);
}

void measure(const std::string& name, const std::string& path, std::string_view method) {
  auto usual = pin_to_one_cpu();
  std::vector<double> our_p50, our_p99, echo_p50, echo_p99;
  for (std::size_t round = 0; round < kRounds; ++round) {
    Times ours = agents(method), yardstick = echo();
    our_p50.push_back(ours.p50);
    our_p99.push_back(ours.p99);
    echo_p50.push_back(yardstick.p50);
    echo_p99.push_back(yardstick.p99);
  }
  unpin(usual);
  std::string what = " of a message and its answer" + path + ", one CPU : echo over TCP";
  report({.name = name + "-p50", .what = "median" + what, .unit = "us", .at_most = 2.6}, our_p50,
         echo_p50);
  report({.name = name + "-p99", .what = "99th percentile" + what, .unit = "us", .at_most = 5},
         our_p99, echo_p99);
}

}  // namespace

void round_trip() { measure("round-trip", "", "tcp"); }
void s5b_round_trip() { measure("s5b-round-trip", " over SOCKS5, direct", "s5b"); }

}  // namespace balcony::bench
