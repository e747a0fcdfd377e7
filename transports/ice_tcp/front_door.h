// SPDX-License-Identifier: MIT
// The doors that are shown for our passive candidates, before those of the ICE library. The library
// mixes what comes on all its connections before one is nominated (ICE-TCP.md, B4), so nobody gets
// to it from the network who has not shown by a first check, signed with the password of this
// negotiation, to be the peer: strangers cost nothing but their place among the few (C-17). The
// library's own ports are shown to nobody, and the system keeps the network away from them
// (library_sockets.h).
//
// What a guest says in checks is passed on to the library, by a connection of our own; frames that
// are no checks wait here, in order, for whoever takes the guest over (ICE-08): a peer may use the
// connection before it has answered our checks. The library takes the end of our own connection for
// the guest's, so its answers are put right before they leave.
//
// Driven by the reactor.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <vector>

#include "jingle/base/env.h"
#include "transports/ice_tcp/mapping.h"
#include "transports/net/network.h"
#include "transports/net/scheduler.h"
#include "transports/net/strangers.h"

namespace balcony {

class FrontDoor {
 public:
  struct Guest {
    Connection connection;  // the next listener gets all that waits, frame by frame
    Endpoint from;
  };

  // Borrows all but `on_news`, which comes from the reactor when a guest has spoken or is settled.
  FrontDoor(bool is_controlling, Network& network, Strangers& strangers, Scheduler& scheduler,
            const Env& env, std::function<void()> on_news);
  ~FrontDoor();

  // Whose password opens; before the first door, and again after a restart (ICE-13), when those go
  // who came by the old one: the library connects anew for each pair.
  void set_credentials(const IceCredentials& ours);

  // The door before `inner`, where the library listens: the same one each time.
  Result<Endpoint> open(const Endpoint& inner);

  // The library knows the peer's password: who has come may go on to it. It does not take well to
  // checks that are earlier than the peer's answer through the server.
  void let_in();

  // A guest is known by where the library sees it come from, which is an end of ours.
  bool has_spoken(const Endpoint& guest) const;  // said something that is not a check
  // The library is about to go: the guest stays. Whether there is one.
  bool await(const Endpoint& guest);
  // The library has let go of its connection, and all that it said has been passed on.
  bool is_settled(const Endpoint& guest) const;
  // Ends it all but for this one. Fails if it is gone.
  Result<Guest> take(const Endpoint& guest);
  void close();  // for all

 private:
  class Visitor;
  struct Door {
    Endpoint inner;
    std::unique_ptr<Network::Listening> listening;
  };

  void on_arrival(const Endpoint& inner, Connection connection, const Endpoint& from);
  bool has_room() const;  // for one guest more
  Visitor* find(const Endpoint& guest) const;
  void dismiss(Visitor& visitor);
  void sweep();

  const bool is_controlling_;
  Network& network_;
  Strangers& strangers_;
  Scheduler& scheduler_;
  const Env& env_;
  const std::function<void()> on_news_;
  IceCredentials ours_;
  bool is_letting_in_ = false;
  std::vector<Door> doors_;
  std::list<std::unique_ptr<Visitor>> visitors_;
  Timer sweep_;
};

}  // namespace balcony
