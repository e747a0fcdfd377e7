// SPDX-License-Identifier: MIT
// Stanzas from agent to agent over TCP, one way and with a receipt for each, against the minimal
// program. Two processes; the CPU time of the busier one counts, from the first stanza to the
// answer to the last. Agents do it twice, and the second time counts: they keep what may be lost,
// and the first time their memory grows by it.
#include <unistd.h>

#include "tests/bench/agent_end.h"
#include "tests/bench/figure.h"
#include "tests/bench/figures.h"
#include "tests/bench/minimal_end.h"
#include "tests/bench/traffic.h"

namespace balcony::bench {
namespace {

constexpr unsigned kBatch = 48;  // stanzas in one write of the minimal program: a full record

struct Job {
  unsigned messages;
  std::string_view method = "tcp";
  unsigned window = 0;  // messages without a receipt; 0: only the last one gets one
};

bool wants_receipt(const Job& job, unsigned number) {
  return job.window > 0 || number % job.messages == 0;
}

// ---- agents ----

class Answerer {
 public:
  Answerer(Client& client, const Job& job) : client_(client), job_(job) {
    client_.set_on_stanza([this](const StanzaInfo& stanza) {
      if (!wants_receipt(job_, ++received_)) return;
      Element answer = receipt_;
      answer.set_attr("to", kRomeo);
      answer.nodes().front().element()->set_attr("id", stanza.id);
      client_.send(std::move(answer));
    });
  }

 private:
  Client& client_;
  Job job_;
  unsigned received_ = 0;
  const Element receipt_ = receipt("");
};

class Asker {
 public:
  Asker(Client& client, const Job& job) : client_(client), job_(job) {
    client_.set_on_stanza([this](const StanzaInfo&) {
      ++answered_;
      send_on();
    });
    client_.set_on_writable([this] { send_on(); });
  }
  void send_on() {
    unsigned window = job_.window > 0 ? job_.window : job_.messages;
    while (sent_ < job_.messages && sent_ - answered_ < window) {
      Element next = message_;
      next.set_attr("id", "m" + std::to_string(sent_ + 1));
      if (!client_.send(std::move(next))) return;
      ++sent_;
    }
  }
  bool is_done() const { return answered_ == (job_.window > 0 ? job_.messages : 1); }

 private:
  Client& client_;
  Job job_;
  unsigned sent_ = 0, answered_ = 0;
  const Element message_ = message(1);
};

enum class Clock { kCpu, kWall };

double agents(const Job& job, Clock clock = Clock::kCpu) {
  auto there = [&](Wires wires) {
    AgentEnd end(wires, Role::kResponder, job.method);
    Answerer answerer(end.client(), job);
    end.run_until_alone();
  };
  auto here = [&](Wires wires) {
    AgentEnd end(wires, Role::kInitiator, job.method);
    auto work = [&] {
      Asker asker(end.client(), job);
      asker.send_on();
      end.run_until([&] { return asker.is_done(); });
    };
    work();  // until memory has grown as far as it does
    if (clock == Clock::kCpu) return busier_seconds(wires.peer, work);
    double began = clock_seconds(CLOCK_MONOTONIC);
    work();
    return clock_seconds(CLOCK_MONOTONIC) - began;
  };
  return job.messages / with_peer(there, here);
}

// ---- the minimal program ----

void answer_all(MinimalEnd& end, const Job& job) {
  std::string answers;
  unsigned received = 0;
  end.on_stanza = [&](const MinimalEnd::Stanza& stanza) {
    if (wants_receipt(job, ++received)) answers += receipt_xml(stanza.id);
  };
  while (end.read()) {
    if (!answers.empty()) end.write(answers);
    answers.clear();
  }
}

void ask_all(MinimalEnd& end, const Job& job) {
  unsigned sent = 0, answered = 0;
  end.on_stanza = [&](const MinimalEnd::Stanza&) { ++answered; };
  unsigned window = job.window > 0 ? job.window : job.messages;
  unsigned answers = job.window > 0 ? job.messages : 1;
  while (answered < answers) {
    std::string batch;
    for (unsigned i = 0; i < kBatch && sent < job.messages && sent - answered < window; ++i)
      batch += message_xml(++sent);
    if (!batch.empty()) end.write(batch);
    bool may_go_on = sent < job.messages && sent - answered < window;
    if (!may_go_on) end.read();
  }
}

double minimal(const Job& job) {
  auto there = [&](Wires wires) {
    MinimalEnd end(wires.tcp, Role::kResponder);
    answer_all(end, job);
  };
  auto here = [&](Wires wires) {
    double took = 0;
    MinimalEnd end(wires.tcp, Role::kInitiator);
    took = busier_seconds(wires.peer, [&] { ask_all(end, job); });
    close(wires.tcp);
    return took;
  };
  return job.messages / with_peer(there, here);
}

void measure(const std::string& name, const std::string& what, double goal, Job job) {
  compare(
      {.name = name,
       .what = what + ", agent to agent : minimal libxml2 and OpenSSL program",
       .unit = "messages/s of CPU, busier side",
       .at_least = goal},
      [&] { return agents(job); }, [&] { return minimal(job); });
}

}  // namespace

void one_way() {
  identity_of(Role::kInitiator);
  measure("one-way", "messages one way", 0.70, {.messages = 60'000});
}

void s5b_messages() {
  identity_of(Role::kInitiator);
  measure("s5b-messages", "messages one way over SOCKS5, direct", 0.70,
          {.messages = 60'000, .method = "s5b"});
}

void receipts() {
  identity_of(Role::kInitiator);
  measure("receipts-1", "message and receipt, window 1", 0, {.messages = 2'000, .window = 1});
  measure("receipts-64", "message and receipt, window 64", 0.60,
          {.messages = 20'000, .window = 64});
}

void one_way_rate() {
  for (int round = 0; round < 5; ++round)
    std::printf("%.0f\n", agents({.messages = 10'000}, Clock::kWall));
}

}  // namespace balcony::bench
