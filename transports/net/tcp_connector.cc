// SPDX-License-Identifier: MIT
#include "transports/net/tcp_connector.h"

#include <cerrno>
#include <utility>

namespace balcony {

TcpConnector::TcpConnector(const Endpoint& target, TimePoint deadline, Reactor& reactor,
                           const Env& env, Done done)
    : target_(target),
      reactor_(reactor),
      done_(std::move(done)),
      turn_(reactor, env),
      deadline_(reactor, env) {
  deadline_.set(deadline, [this] {
    finish(fail(Blame::kEnvironment, "timeout", target_.text() + " does not answer"));
  });
  begin();
}

// What fails at once is told in the next turn.
void TcpConnector::begin() {
  Result<Socket> opened = Socket::open(target_.ip.is_v4());
  int error = 0;
  if (opened) {
    socket_ = std::move(*opened);
    error = socket_.connect(target_);
  }
  if (!opened || (error != 0 && error != EINPROGRESS)) {
    Error why = opened ? connection_error(error) : opened.error();
    turn_.soon([this, why] { finish(tl::make_unexpected(why)); });
    return;
  }
  watch_.emplace(reactor_, socket_.fd(), static_cast<FdWatch::Listener*>(this));
  watch_->want(false, true);
}

void TcpConnector::on_ready(bool, bool) {
  int error = socket_.pending_error();
  if (error != 0) return finish(tl::make_unexpected(connection_error(error)));
  watch_.reset();
  finish(std::move(socket_));
}

void TcpConnector::finish(Result<Socket> result) {
  turn_.clear();
  deadline_.clear();
  watch_.reset();
  if (!result) socket_.close();
  Done done = std::exchange(done_, nullptr);
  done(std::move(result));
}

}  // namespace balcony
