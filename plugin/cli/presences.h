// SPDX-License-Identifier: MIT
// Which resources are online and whether they can talk end to end: makes the `presence` events.
#pragma once

#include <strophe.h>

#include <map>
#include <optional>
#include <string>

#include "plugin/cli/events.h"

namespace balcony_cli {

class Presences {
 public:
  // Beyond it a resource is told of but not remembered: anybody can send presence.
  static constexpr std::size_t kMaxResources = 4096;

  explicit Presences(Events& events) : events_(events) {}

  void on_stanza(xmpp_stanza_t* stanza);
  void on_peer(const std::string& full_jid, int e2e);  // as balcony_host tells
  void clear() { online_.clear(); }  // a new login: all who are there will be told of

 private:
  Events& events_;
  std::map<std::string, std::optional<bool>> online_;  // full JID -> e2e
};

}  // namespace balcony_cli
