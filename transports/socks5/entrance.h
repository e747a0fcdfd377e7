// SPDX-License-Identifier: MIT
// Where the peer may come in during one negotiation: listeners for our own candidates, and who has
// shown the right name there (S5B-09, S5B-22). It relays nothing, tells nobody what it accepts, and
// keeps at most four guests at a door: which of them is the peer, only TLS can tell (S5B-23).
#pragma once

#include <list>
#include <memory>
#include <string>
#include <vector>

#include "jingle/base/env.h"
#include "transports/net/network.h"
#include "transports/net/scheduler.h"
#include "transports/net/strangers.h"
#include "transports/socks5/handshake.h"

namespace balcony {

class Socks5Entrance {
 public:
  // `names`: the values of DST.ADDR that open. All but that is borrowed.
  Socks5Entrance(std::vector<std::string> names, Network& network, Strangers& strangers,
                 Scheduler& scheduler, const Env& env);
  ~Socks5Entrance();

  // Listens for the candidate `cid`. Port 0: any. Returns where it listens.
  Result<Endpoint> open(const std::string& cid, const Endpoint& at);

  // Ends it all: doors are shut, and only the guests at that candidate's door are left, in order of
  // their coming, paused.
  std::vector<Connection> take(const std::string& cid);

 private:
  class Visitor;
  struct Door {
    std::string cid;
    std::unique_ptr<Network::Listening> listening;
  };

  void on_arrival(const std::string& cid, Connection connection, const Endpoint& from);
  void on_guest(Visitor& visitor);
  void dismiss(Visitor& visitor);
  void sweep();

  std::vector<std::string> names_;
  Network& network_;
  Strangers& strangers_;
  Scheduler& scheduler_;
  const Env& env_;
  std::vector<Door> doors_;
  std::list<std::unique_ptr<Visitor>> visitors_;
  Timer sweep_;
};

}  // namespace balcony
