// SPDX-License-Identifier: MIT
#include "tests/bench/loop.h"

#include <glib.h>

#include "tests/bench/client.h"

namespace balcony::bench {

Loop::Loop() { g_main_context_push_thread_default(reactor.context()); }
Loop::~Loop() { g_main_context_pop_thread_default(reactor.context()); }

void Loop::pump_soon() {
  if (pump_.is_set()) return;
  pump_.soon([this] {
    for (Client* client : clients) client->pump();
  });
}

void Loop::run_until(const std::function<bool()>& is_done) {
  while (!is_done()) g_main_context_iteration(reactor.context(), TRUE);
}

}  // namespace balcony::bench
