// SPDX-License-Identifier: MIT
#include "plugin/server_port.h"

#include <utility>

namespace balcony {

ServerPort::ServerPort(ServerSide& server, Jid peer) : server_(server), peer_(std::move(peer)) {}

ServerPort::~ServerPort() {
  for (const auto& [serial, id] : pending_) server_.tracker().forget(id);
  for (const auto& [key, handler] : claims_) server_.release(*this, key.first, key.second);
}

void ServerPort::request(std::string_view type, Element payload, Reply reply, std::string_view to) {
  request_with_condition(
      type, std::move(payload),
      [reply = std::move(reply)](Result<Element> iq, const Element&) { reply(std::move(iq)); }, to);
}

void ServerPort::request_with_condition(std::string_view type, Element payload,
                                        IqTracker::Handler handler, std::string_view to) {
  std::uint32_t serial = ++last_serial_;
  auto settle = [this, serial, handler = std::move(handler)](Result<Element> iq,
                                                             const Element& condition) {
    pending_.erase(serial);
    handler(std::move(iq), condition);
  };
  if (to.empty()) to = peer_.full();
  std::string id;
  Element iq = server_.tracker().request(type, to, std::move(payload), std::move(settle), id);
  pending_[serial] = id;
  server_.send(iq);
}

void ServerPort::answer(Element reply) { server_.send(reply); }

void ServerPort::claim(std::string_view payload_ns, std::string_view sid, Handler* handler) {
  claims_[Key(payload_ns, sid)] = handler;
  server_.claim(*this, payload_ns, sid);
}

void ServerPort::release(std::string_view payload_ns, std::string_view sid) {
  if (claims_.erase(Key(payload_ns, sid)) > 0) server_.release(*this, payload_ns, sid);
}

bool ServerPort::on_request(const Element& iq) {
  const Element* payload = iq.first_child();
  if (!payload) return false;
  auto found = claims_.find(Key(payload->ns(), payload->attr("sid")));
  if (found == claims_.end()) return false;
  ++requests_received_;
  found->second->on_request(iq);
  return true;
}

}  // namespace balcony
