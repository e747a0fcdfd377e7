// SPDX-License-Identifier: MIT
#include "transports/net/system_network.h"

#include <optional>
#include <utility>

#include "transports/net/tcp_connector.h"
#include "transports/net/tcp_listener.h"
#include "transports/net/tcp_stream.h"

namespace balcony {
namespace {

std::string text_of(const std::optional<Endpoint>& endpoint) {
  return endpoint ? endpoint->text() : std::string();
}

Connection connection_of(Socket socket, Reactor& reactor, const Env& env) {
  auto stream = std::make_unique<TcpStream>(std::move(socket), reactor, env);
  TcpStream* tcp = stream.get();
  return {std::move(stream), text_of(tcp->local()), text_of(tcp->remote()),
          [tcp](ByteView octets) { tcp->unread(octets); }};
}

class Connecting : public Network::Pending {
 public:
  Connecting(const Endpoint& to, TimePoint deadline, Reactor& reactor, const Env& env,
             Network::Connected done)
      : connector_(to, deadline, reactor, env,
                   [&reactor, &env, done = std::move(done)](Result<Socket> socket) {
                     if (!socket) return done(tl::make_unexpected(socket.error()));
                     done(connection_of(std::move(*socket), reactor, env));
                   }) {}

 private:
  TcpConnector connector_;
};

class Door : public Network::Listening, private TcpListener::Owner {
 public:
  Door(Reactor& reactor, const Env& env, Network::Accepted accepted)
      : reactor_(reactor), env_(env), accepted_(std::move(accepted)) {}

  Result<void> open(const Endpoint& at) {
    auto listener = TcpListener::open(at, reactor_, env_, this);
    if (!listener) return tl::make_unexpected(listener.error());
    listener_ = std::move(*listener);
    return {};
  }
  const Endpoint& local() const override { return listener_->local(); }

 private:
  void on_accepted(Socket socket, const Endpoint& from) override {
    Network::Accepted accepted = accepted_;  // it may close this door
    accepted(connection_of(std::move(socket), reactor_, env_), from);
  }

  Reactor& reactor_;
  const Env& env_;
  Network::Accepted accepted_;
  std::unique_ptr<TcpListener> listener_;
};

class Resolving : public Network::Pending {
 public:
  explicit Resolving(std::unique_ptr<Resolver::Lookup> lookup) : lookup_(std::move(lookup)) {}

 private:
  std::unique_ptr<Resolver::Lookup> lookup_;
};

}  // namespace

std::unique_ptr<Network::Pending> SystemNetwork::connect(const Endpoint& to, TimePoint deadline,
                                                         Connected done) {
  return std::make_unique<Connecting>(to, deadline, reactor_, env_, std::move(done));
}

Result<std::unique_ptr<Network::Listening>> SystemNetwork::listen(const Endpoint& at,
                                                                  Accepted accepted) {
  auto door = std::make_unique<Door>(reactor_, env_, std::move(accepted));
  if (auto opened = door->open(at); !opened) return tl::make_unexpected(opened.error());
  return door;
}

std::unique_ptr<Network::Pending> SystemNetwork::resolve(const std::string& name,
                                                         TimePoint deadline, Resolved done) {
  return std::make_unique<Resolving>(resolver_.look_up(name, deadline, std::move(done)));
}

std::vector<InterfaceAddress> SystemNetwork::addresses() const { return interfaces_.addresses(); }

}  // namespace balcony
