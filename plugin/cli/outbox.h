// SPDX-License-Identifier: MIT
// What becomes of each stanza that leaves: asks the plugin, tells the script, and keeps what the
// plugin has no room for until there is room again, in order for each contact.
#pragma once

#include <deque>
#include <functional>
#include <set>
#include <string>

#include "plugin/cli/events.h"
#include "plugin/cli/stanza_text.h"

namespace balcony_cli {

class Outbox {
 public:
  // As many as the plugin itself keeps back before a stream is open (PROTOCOL.md C-19).
  static constexpr std::size_t kMaxWaiting = 100;

  // balcony_strophe_send_text: its answer, and the reason of a refusal.
  using Send = std::function<int(const std::string& xml, std::string& reason)>;
  Outbox(Send send, Events& events);

  void send(Outgoing stanza);
  void on_writable();
  // Reports all that waits.
  void give_up(std::string_view reason);

 private:
  bool try_send(const Outgoing& stanza);  // false: busy
  void undelivered(const Outgoing& stanza, std::string_view reason);

  const Send send_;
  Events& events_;
  std::deque<Outgoing> waiting_;
};

}  // namespace balcony_cli
