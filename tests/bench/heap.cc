// SPDX-License-Identifier: MIT
// Memory on the heap: of an idle stream, and whether it grows with what has passed.
#include <malloc.h>

#include <cstdlib>
#include <deque>

#include "tests/bench/client.h"
#include "tests/bench/figure.h"
#include "tests/bench/figures.h"
#include "tests/bench/traffic.h"

namespace balcony::bench {
namespace {

constexpr double kKiB = 1024;
constexpr unsigned kMany = 10'000'000;
constexpr unsigned kFresh = 1'000'000;
constexpr unsigned kWarmUp = 500'000;  // until what may still be lost is as much as it ever gets
constexpr unsigned kInFlight = 256;

double heap_in_use() {
  struct mallinfo2 info = mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd) / kKiB;
}

double idle_streams(bool over_tcp) {
  constexpr int kCouples = 20;
  Loop loop;
  std::deque<Couple> couples;
  for (int i = 0; i < kCouples; ++i) couples.emplace_back(loop, std::to_string(i), over_tcp);
  double before = heap_in_use();
  for (Couple& couple : couples) couple.open();
  double each = (heap_in_use() - before) / (2 * kCouples);
  loop.clients.clear();
  return each;
}

// Messages from Romeo to Juliet, a receipt for each.
class Talk {
 public:
  using Make = std::function<Element(unsigned number)>;

  Talk(Couple& couple, Make make) : couple_(couple), make_(std::move(make)) {
    couple_.juliet->set_on_stanza([this](const StanzaInfo& stanza) {
      Element answer = receipt_;
      answer.set_attr("to", couple_.romeo->jid());
      answer.nodes().front().element()->set_attr("id", stanza.id);
      couple_.juliet->send(std::move(answer));
    });
    couple_.romeo->set_on_stanza([this](const StanzaInfo&) { ++answered_; });
  }
  void go_on(unsigned count) {
    unsigned last = sent_ + count;
    while (answered_ < last) {
      while (sent_ < last && sent_ - answered_ < kInFlight) {
        Element next = make_(++sent_);
        next.set_attr("to", couple_.juliet->jid()).set_attr("id", "m" + std::to_string(sent_));
        couple_.romeo->send(std::move(next));
      }
      unsigned seen = answered_;
      couple_.loop.run_until([&] { return answered_ > seen; });
    }
  }

 private:
  Couple& couple_;
  Make make_;
  const Element receipt_ = receipt("");
  unsigned sent_ = 0, answered_ = 0;
};

// In a row, since memory is what is left of what has passed: the yardstick is the heap before.
void measure_growth(const Figure& figure, unsigned count, const Talk::Make& make) {
  Loop loop;
  Couple couple(loop, "", true);
  couple.open();
  Talk talk(couple, make);
  talk.go_on(kWarmUp);
  double before = heap_in_use();
  std::vector<double> after;
  for (int part = 0; part < figure.rounds; ++part) {
    talk.go_on(count / static_cast<unsigned>(figure.rounds));
    after.push_back(heap_in_use());
  }
  report(figure, after, std::vector<double>(after.size(), before));
  loop.clients.clear();
}

Element fresh_message(unsigned number) {
  std::string name = "n" + std::to_string(number);
  Element made("message", "jabber:client");
  made.add(Element("body", "jabber:client").add_text(name));
  return made.add(Element(name, "urn:" + name).set_attr(name + "a", name));
}

}  // namespace

void idle_heap() {
  for (bool over_tcp : {true, false}) {
    std::string path = over_tcp ? "tcp" : "ibb";
    compare(
        {.name = "idle-heap-" + path,
         .what = "heap of an idle stream over " + path + " : 48 KiB",
         .unit = "KiB",
         .at_most = 1,
         .rounds = 5},
        [&] { return idle_streams(over_tcp); }, [] { return 48.0; });
  }
}

void heap_growth() {
  Element stanza = message(1);
  measure_growth({.name = "heap-growth",
                  .what = "heap while 10 million stanzas pass, half of them receipts : before",
                  .unit = "KiB",
                  .at_most = 1.05,
                  .rounds = 5},
                 kMany / 2, [&](unsigned) { return stanza; });
}

void fresh_names() {
  measure_growth({.name = "fresh-names",
                  .what = "heap while a million messages with names of their own pass : before",
                  .unit = "KiB",
                  .at_most = 1.05,
                  .rounds = 5},
                 kFresh, fresh_message);
}

}  // namespace balcony::bench
