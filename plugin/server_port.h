// SPDX-License-Identifier: MIT
// One session's window to the server: the IqPort that its transport uses, and the requests of its
// Jingle session. What is still unanswered when it goes is forgotten.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "jingle/session/iq_tracker.h"
#include "jingle/transport.h"

namespace balcony {

// The account's side, which all ports share.
class ServerSide {
 public:
  virtual void send(const Element& stanza) = 0;  // through the server
  virtual IqTracker& tracker() = 0;
  // Which sids are ours, for requests that come in: the key is (namespace of the payload, sid).
  virtual void claim(class ServerPort& port, std::string_view payload_ns, std::string_view sid) = 0;
  virtual void release(class ServerPort& port, std::string_view payload_ns,
                       std::string_view sid) = 0;

 protected:
  ~ServerSide() = default;
};

class ServerPort : public IqPort {
 public:
  ServerPort(ServerSide& server, Jid peer);
  ~ServerPort() override;

  void request(std::string_view type, Element payload, Reply reply,
               std::string_view to = {}) override;
  void answer(Element reply) override;
  void claim(std::string_view payload_ns, std::string_view sid, Handler* handler) override;
  void release(std::string_view payload_ns, std::string_view sid) override;

  // As request() to the peer; the handler also sees the application condition of an error.
  void request_with_condition(std::string_view type, Element payload, IqTracker::Handler handler,
                              std::string_view to = {});
  // A request whose payload this port claimed; false if it has not.
  bool on_request(const Element& iq);

  const Jid& peer() const { return peer_; }
  std::size_t requests_received() const { return requests_received_; }

 private:
  using Key = std::pair<std::string, std::string>;
  ServerSide& server_;
  Jid peer_;
  std::map<Key, Handler*> claims_;
  std::map<std::uint32_t, std::string> pending_;  // our requests without a reply: serial -> id
  std::uint32_t last_serial_ = 0;
  std::size_t requests_received_ = 0;
};

}  // namespace balcony
