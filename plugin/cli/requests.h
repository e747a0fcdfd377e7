// SPDX-License-Identifier: MIT
// IQ requests to balcony-cli: ping, disco#info and version are answered at once (XEP-0199,
// XEP-0030, XEP-0092), all others wait for the script's answer, and are answered
// service-unavailable after 10 s. Passive: the client asks for what is due.
#pragma once

#include <strophe.h>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plugin/cli/caps.h"
#include "plugin/cli/stanza_text.h"

namespace balcony_cli {

class Requests {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds kWait{10};
  // Beyond it requests are answered at once: strangers can send them too.
  static constexpr std::size_t kMaxOpen = 256;

  // Who may learn of the plugin: balcony_strophe_may_know.
  using MayKnow = std::function<bool(const std::string& jid)>;
  Requests(const Caps& caps, MayKnow may_know) : caps_(caps), may_know_(std::move(may_know)) {}

  // A stanza that came. The answer, if balcony-cli gives one now.
  std::optional<Outgoing> on_stanza(xmpp_stanza_t* stanza, Time now);
  // The script sends this: if it answers a request, nothing more is due.
  void on_sent(const Outgoing& stanza);
  std::vector<Outgoing> due(Time now);
  std::optional<Time> next_deadline() const;

 private:
  using Key = std::pair<std::string, std::string>;  // from and id

  std::optional<Outgoing> answer(xmpp_stanza_t* get) const;

  const Caps& caps_;
  const MayKnow may_know_;
  std::map<Key, Time> open_;
};

}  // namespace balcony_cli
