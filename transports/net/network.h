// SPDX-License-Identifier: MIT
// The machine's network as transports see it: connections out and in, names, own addresses. The
// real one is system_network.h; tests put an imaginary one in its place. Whether an address may be
// connected to or shown is decided before, by address_policy.h.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "jingle/base/env.h"
#include "jingle/byte_stream.h"
#include "transports/net/interfaces.h"
#include "transports/net/ip_address.h"

namespace balcony {

// A connected socket.
struct Connection {
  std::unique_ptr<ByteStream> stream;
  std::string local, remote;  // host:port of its ends
  // Gives octets back that came behind a handshake: the stream's next listener gets them first.
  // Lives as long as the stream.
  std::function<void(ByteView)> unread;
};

class Network {
 public:
  // Something under way; destroying it calls it off.
  class Pending {
   public:
    virtual ~Pending() = default;
  };
  // An open door: destroying it stops listening.
  class Listening {
   public:
    virtual ~Listening() = default;
    virtual const Endpoint& local() const = 0;
  };

  // Callbacks come from the reactor, never from inside the call; they may destroy what called.
  using Connected = std::function<void(Result<Connection>)>;
  using Accepted = std::function<void(Connection, const Endpoint& from)>;
  using Resolved = std::function<void(Result<std::vector<IpAddress>>)>;

  virtual ~Network() = default;

  virtual std::unique_ptr<Pending> connect(const Endpoint& to, TimePoint deadline,
                                           Connected done) = 0;
  // Port 0: any.
  virtual Result<std::unique_ptr<Listening>> listen(const Endpoint& at, Accepted accepted) = 0;
  virtual std::unique_ptr<Pending> resolve(const std::string& name, TimePoint deadline,
                                           Resolved done) = 0;
  virtual std::vector<InterfaceAddress> addresses() const = 0;
};

}  // namespace balcony
