// SPDX-License-Identifier: MIT
// One agent in a process of its own, whose contact's agent is in the other: with_peer() gives them
// their TCP connection and the server.
#pragma once

#include "tests/bench/client.h"
#include "tests/bench/processes.h"

typedef struct _GSource GSource;

namespace balcony::bench {

class AgentEnd {
 public:
  // `method`: tcp (the socket of `wires`), s5b or ice. Returns once the stream is open.
  AgentEnd(Wires wires, Role role, std::string_view method = "tcp");
  ~AgentEnd();

  void run_until(const std::function<bool()>& is_done) { loop_.run_until(is_done); }
  void run_until_alone();  // until the other process goes
  Client& client() { return *client_; }

 private:
  static int on_server(int fd, int condition, void* end);

  Loop loop_;
  int server_;
  bool is_alone_ = false;
  GSource* source_ = nullptr;
  std::unique_ptr<Client> client_;
};

}  // namespace balcony::bench
