// SPDX-License-Identifier: MIT
#include "transports/net/tcp_listener.h"

#include <cerrno>
#include <utility>

namespace balcony {
namespace {

constexpr int kBacklog = 16;  // as many as may be unauthenticated at once (C-17)
// While the system has no descriptor left: the connection waits in the backlog meanwhile, and the
// loop does not spin over it.
constexpr Duration kAcceptPause = 1s;

bool is_of_the_peer(int error) {  // it gave up before we came, or there was none
  return error == EAGAIN || error == EINTR || error == ECONNABORTED || error == EPROTO;
}

}  // namespace

Result<std::unique_ptr<TcpListener>> TcpListener::open(const Endpoint& at, Reactor& reactor,
                                                       const Env& env, Owner* owner) {
  Result<Socket> socket = Socket::open(at.ip.is_v4());
  if (!socket) return tl::make_unexpected(socket.error());
  if (Result<void> listening = socket->listen(at, kBacklog); !listening)
    return tl::make_unexpected(listening.error());
  Endpoint local = socket->local().value_or(at);
  return std::unique_ptr<TcpListener>(
      new TcpListener(std::move(*socket), local, reactor, env, owner));
}

TcpListener::TcpListener(Socket socket, const Endpoint& local, Reactor& reactor, const Env& env,
                         Owner* owner)
    : socket_(std::move(socket)),
      local_(local),
      env_(env),
      owner_(owner),
      watch_(reactor, socket_.fd(), this),
      pause_(reactor, env) {
  watch_.want(true, false);
}

void TcpListener::on_ready(bool, bool) {
  auto accepted = socket_.accept();
  if (accepted) {
    std::optional<Endpoint> from = accepted->remote();  // nothing: it is gone already
    if (from) owner_->on_accepted(std::move(*accepted), *from);
    return;
  }
  if (is_of_the_peer(accepted.error())) return;
  watch_.want(false, false);
  pause_.set(env_.now() + kAcceptPause, [this] { watch_.want(true, false); });
}

}  // namespace balcony
