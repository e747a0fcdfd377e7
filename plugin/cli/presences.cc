// SPDX-License-Identifier: MIT
#include "plugin/cli/presences.h"

#include "plugin/cli/stanza_text.h"

namespace balcony_cli {

void Presences::on_stanza(xmpp_stanza_t* stanza) {
  std::string type = attribute(stanza, "type");
  std::string from = attribute(stanza, "from");
  bool is_presence = std::string_view(xmpp_stanza_get_name(stanza)) == "presence";
  if (!is_presence || from.empty() || (!type.empty() && type != "unavailable")) return;
  auto known = online_.find(from);
  auto e2e = known == online_.end() ? std::nullopt : known->second;
  events_.presence(from, type.empty() ? "available" : "unavailable", e2e);
  if (!type.empty()) {
    online_.erase(from);
  } else if (online_.size() < kMaxResources) {
    online_.emplace(from, e2e);
  }
}

void Presences::on_peer(const std::string& full_jid, int e2e) {
  auto known = online_.find(full_jid);
  if (known == online_.end()) return;
  auto told = e2e < 0 ? std::nullopt : std::optional(e2e == 1);
  if (told == known->second) return;
  known->second = told;
  if (told) events_.presence(full_jid, "available", told);
}

}  // namespace balcony_cli
