// SPDX-License-Identifier: MIT
#include "transports/net/system_network.h"

#include <gio/gio.h>

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

// One question to the system's resolver. What GLib calls back may outlive us: it holds `Question`.
class Resolving : public Network::Pending {
 public:
  Resolving(const std::string& name, TimePoint deadline, Reactor& reactor, const Env& env,
            Network::Resolved done)
      : deadline_(reactor, env), cancellable_(g_cancellable_new()), done_(std::move(done)) {
    question_ = new Question{this};
    GResolver* resolver = g_resolver_get_default();
    g_resolver_lookup_by_name_async(resolver, name.c_str(), cancellable_, &on_ready, question_);
    g_object_unref(resolver);
    deadline_.set(deadline, [this] {
      finish(fail(Blame::kEnvironment, "timeout", "the name of the proxy was not found in time"));
    });
  }
  ~Resolving() override {
    if (question_) question_->asker = nullptr;
    g_cancellable_cancel(cancellable_);
    g_object_unref(cancellable_);
  }

 private:
  struct Question {
    Resolving* asker;
  };

  static void on_ready(GObject* source, GAsyncResult* result, gpointer data) {
    std::unique_ptr<Question> question(static_cast<Question*>(data));
    GList* list = g_resolver_lookup_by_name_finish(G_RESOLVER(source), result, nullptr);
    std::vector<IpAddress> found;
    for (GList* item = list; item && found.size() < kMostAddresses; item = item->next) {
      char* text = g_inet_address_to_string(G_INET_ADDRESS(item->data));
      if (auto ip = IpAddress::parse(text)) found.push_back(*ip);
      g_free(text);
    }
    g_resolver_free_addresses(list);
    if (!question->asker) return;
    question->asker->question_ = nullptr;
    if (found.empty())
      return question->asker->finish(
          fail(Blame::kEnvironment, "connectivity-error", "the name of the proxy is not known"));
    question->asker->finish(std::move(found));
  }

  void finish(Result<std::vector<IpAddress>> found) {
    deadline_.clear();
    if (!done_) return;
    Network::Resolved done = std::exchange(done_, nullptr);
    done(std::move(found));
  }

  static constexpr std::size_t kMostAddresses = 8;  // more are no better than these

  Timer deadline_;
  GCancellable* cancellable_;
  Question* question_ = nullptr;  // its own; null once it was answered
  Network::Resolved done_;
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
  return std::make_unique<Resolving>(name, deadline, reactor_, env_, std::move(done));
}

std::vector<InterfaceAddress> SystemNetwork::addresses() const { return interfaces_.addresses(); }

}  // namespace balcony
