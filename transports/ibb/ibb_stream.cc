// SPDX-License-Identifier: MIT
#include "transports/ibb/ibb_stream.h"

#include <utility>

#include "jingle/base/ns.h"

namespace balcony {
namespace {

constexpr std::size_t kBlockOverhead = 64;  // C-09: a data IQ counts as so many octets more

}  // namespace

IbbStream::IbbStream(IbbSession::Config config, IqPort& port, Scheduler& scheduler, Env& env,
                     Opening* opening)
    : port_(port),
      sid_(config.sid),
      session_(std::move(config), env),
      turn_(scheduler, env),
      deadline_(scheduler, env),
      opening_(opening) {
  port_.claim(ns::kIbb, sid_, this);
  session_.start();
  drain();
}

IbbStream::~IbbStream() {
  session_.cut();
  while (auto output = session_.poll())
    if (auto* reply = std::get_if<IbbSession::SendReply>(&*output))
      port_.answer(std::move(reply->iq));
  port_.release(ns::kIbb, sid_);
}

void IbbStream::set_listener(Listener* listener) {
  listener_ = listener;
  if (listener_) turn_soon();
}

// What one turn writes is cut into blocks together, in the next.
std::size_t IbbStream::write(ByteView octets) {
  turn_soon();
  return session_.write(octets);
}

void IbbStream::close() {
  session_.close();
  turn_soon();
}

void IbbStream::on_server_session(ServerSession state) {
  if (state == ServerSession::kAway) session_.on_server_away();
  if (state == ServerSession::kResumed) session_.on_server_resumed();
  if (state == ServerSession::kLost) session_.on_server_lost();
  turn_soon();
}

std::size_t IbbStream::received_overhead() const {
  return kBlockOverhead * session_.blocks_received();
}

void IbbStream::on_request(const Element& iq) {
  session_.on_request(iq);
  drain();
}

void IbbStream::turn_soon() {
  if (!turn_.is_set()) turn_.soon([this] { turn(); });
}

void IbbStream::turn() {
  drain();
  deliver();
}

void IbbStream::deliver() {
  if (opening_) {
    if (is_opened_) return std::exchange(opening_, nullptr)->on_opened();
    if (is_closed_)
      return std::exchange(opening_, nullptr)->on_open_failed(error_.value_or(Error{}));
    return;
  }
  if (!listener_) return;
  if (!input_.empty()) {
    Bytes octets = std::exchange(input_, {});
    session_.consumed(octets.size());
    drain();
    if (is_writable_ || is_closed_) turn_soon();
    return listener_->on_bytes(octets);
  }
  if (is_writable_) {
    is_writable_ = false;
    if (is_closed_) turn_soon();
    return listener_->on_writable();
  }
  if (is_closed_) std::exchange(listener_, nullptr)->on_closed(std::exchange(error_, {}));
}

void IbbStream::drain() {
  while (auto output = session_.poll()) take(std::move(*output));
  Deadline next = session_.next_deadline();
  if (!next) return deadline_.clear();
  deadline_.set(*next, [this] {
    session_.on_deadline();
    drain();
  });
}

void IbbStream::take(IbbSession::Output output) {
  if (auto* to_send = std::get_if<IbbSession::SendRequest>(&output))
    return request(std::move(*to_send));
  if (auto* reply = std::get_if<IbbSession::SendReply>(&output))
    return port_.answer(std::move(reply->iq));
  if (auto* received = std::get_if<IbbSession::Received>(&output)) input_ += received->octets;
  if (std::holds_alternative<IbbSession::Opened>(output)) is_opened_ = true;
  if (std::holds_alternative<IbbSession::Writable>(output)) is_writable_ = true;
  if (auto* closed = std::get_if<IbbSession::Closed>(&output)) {
    is_closed_ = true;
    error_ = std::move(closed->error);
  }
  turn_soon();
}

void IbbStream::request(IbbSession::SendRequest request) {
  auto on_reply = [this, tag = request.tag](const Result<Element>& reply) {
    session_.on_reply(tag, reply);
    drain();
  };
  port_.request("set", std::move(request.payload), replies_.guard(std::move(on_reply)));
}

}  // namespace balcony
