// SPDX-License-Identifier: MIT
// A listening TCP socket on the reactor. It hands over what connects, one socket a turn, and limits
// nothing else: who may stay is the owner's business (C-17). Destroying it stops listening at once;
// connections that nobody accepted yet are reset by the system.
#pragma once

#include <memory>

#include "transports/net/fd_watch.h"
#include "transports/net/scheduler.h"
#include "transports/net/socket.h"

namespace balcony {

class TcpListener final : private FdWatch::Listener {
 public:
  class Owner {
   public:
    // From the reactor; may destroy the listener. Dropping the socket closes it.
    virtual void on_accepted(Socket socket, const Endpoint& from) = 0;

   protected:
    ~Owner() = default;
  };

  // Port 0: the system chooses one, see local(). All are borrowed.
  static Result<std::unique_ptr<TcpListener>> open(const Endpoint& at, Reactor& reactor,
                                                   const Env& env, Owner* owner);

  const Endpoint& local() const { return local_; }

 private:
  TcpListener(Socket socket, const Endpoint& local, Reactor& reactor, const Env& env, Owner* owner);
  void on_ready(bool readable, bool writable) override;

  Socket socket_;
  Endpoint local_;
  const Env& env_;
  Owner* owner_;
  FdWatch watch_;
  Timer pause_;
};

}  // namespace balcony
