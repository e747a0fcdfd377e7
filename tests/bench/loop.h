// SPDX-License-Identifier: MIT
// A reactor that a measurement runs step by step, until what it waits for is there.
#pragma once

#include <functional>
#include <vector>

#include "plugin/system_env.h"
#include "transports/net/reactor.h"

namespace balcony::bench {

class Client;

struct Loop {
  Loop();
  ~Loop();
  void pump_soon();  // the clients, in a turn of its own
  void run_until(const std::function<bool()>& is_done);

  SystemEnv env;
  Reactor reactor{env};
  std::vector<Client*> clients;  // pumped whenever one of them was woken

 private:
  Timer pump_{reactor, env};
};

}  // namespace balcony::bench
