// SPDX-License-Identifier: MIT
#include "transports/socks5/attempt.h"

#include <utility>

namespace balcony {
namespace {

tl::unexpected<Error> unreachable(std::string text) {
  return fail(Blame::kEnvironment, "failed-transport", std::move(text));
}

}  // namespace

Socks5Attempt::Socks5Attempt(const Candidate& candidate, std::string name, const Rules& rules,
                             Network& network, Scheduler& scheduler, const Env& env, Done done)
    : rules_(rules),
      kind_(candidate.is_proxy() || candidate.type == CandidateType::kTunnel ? Target::kRelay
                                                                             : Target::kPeer),
      port_(candidate.port),
      network_(network),
      deadline_at_(env.now() + rules.limit),
      done_(std::move(done)),
      handshake_(std::move(name)),
      turn_(scheduler, env),
      deadline_(scheduler, env) {
  last_ = {Blame::kEnvironment, "failed-transport", "no address of it may be connected to"};
  deadline_.set(deadline_at_, [this] { finish(unreachable("it did not answer in time")); });
  find(candidate);
}

Socks5Attempt::~Socks5Attempt() {
  if (connection_.stream) connection_.stream->set_listener(nullptr);
}

// A name is looked up only for proxies.
void Socks5Attempt::find(const Candidate& candidate) {
  if (rules_.only_proxies && !candidate.is_proxy()) return fail_soon("only proxies are used");
  if (auto ip = IpAddress::parse(candidate.host)) {
    addresses_ = {*ip};
    return turn_.soon([this] { try_next(); });
  }
  if (!candidate.is_proxy()) return fail_soon("it is no address");
  pending_ =
      network_.resolve(candidate.host, deadline_at_, [this](Result<std::vector<IpAddress>> found) {
        if (!found) return finish(tl::make_unexpected(found.error()));
        addresses_ = std::move(*found);
        try_next();
      });
}

void Socks5Attempt::try_next() {
  while (!addresses_.empty()) {
    Endpoint to{addresses_.front(), port_};
    addresses_.erase(addresses_.begin());
    if (!may_connect(rules_.policy, to, kind_)) continue;
    before_ = std::move(pending_);
    pending_ = network_.connect(to, deadline_at_, [this](Result<Connection> connection) {
      on_connection(std::move(connection));
    });
    return;
  }
  finish(tl::make_unexpected(last_));
}

void Socks5Attempt::on_connection(Result<Connection> connection) {
  if (!connection) {
    last_ = connection.error();
    return try_next();
  }
  connection_ = std::move(*connection);
  connection_.stream->set_listener(this);
  drain();
}

void Socks5Attempt::on_bytes(ByteView octets) {
  handshake_.on_bytes(octets);
  drain();
}

void Socks5Attempt::on_closed(std::optional<Error> error) {
  finish(unreachable(error ? error->text : "it hung up"));
}

void Socks5Attempt::drain() {
  while (auto output = handshake_.poll()) {
    if (auto* send = std::get_if<Socks5Handshake::Send>(&*output)) {
      connection_.stream->write(send->octets);
    } else if (auto* refused = std::get_if<Socks5Handshake::Refused>(&*output)) {
      return finish(tl::make_unexpected(refused->error));
    } else if (auto* connected = std::get_if<Socks5Handshake::Connected>(&*output)) {
      connection_.stream->set_listener(nullptr);
      if (!connected->rest.empty()) connection_.unread(connected->rest);
      return finish(std::move(connection_));
    }
  }
}

void Socks5Attempt::fail_soon(std::string text) {
  turn_.soon([this, text = std::move(text)] { finish(unreachable(text)); });
}

void Socks5Attempt::finish(Result<Connection> result) {
  turn_.clear();
  deadline_.clear();
  if (connection_.stream) connection_.stream->set_listener(nullptr);
  Done done = std::exchange(done_, nullptr);
  if (done) done(std::move(result));
}

}  // namespace balcony
