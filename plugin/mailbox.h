// SPDX-License-Identifier: MIT
// The only place where the host's thread and the core's meet (DESIGN.md, contract 4): one bounded
// queue each way, the snapshot from which the host's side decides, and the two ways to wake.
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <variant>

#include "jingle/base/element.h"
#include "jingle/base/jid.h"
#include "plugin/host_events.h"
#include "plugin/snapshot.h"

namespace balcony {

// What the host's side tells the core.
struct Online {
  Jid full;
  bool resumed = false;
};
struct Offline {};
struct Incoming {
  Element stanza;
};  // consumed or observed
struct Outgoing {
  Element stanza;
};  // taken
struct DirectedPresence {
  Jid to;
  bool available = true;
};  // our user shows himself to somebody
struct WantStream {
  Jid contact;
};  // something passed that would have liked a stream
struct CommandLine {
  std::string line;
};
struct Unhandled {
  Jid peer;
  std::string id;
  Element request;
};                      // the host can't answer this request
struct HostDrained {};  // the host has caught up after is_host_behind()
struct Shutdown {};
using CoreEvent = std::variant<Online, Offline, Incoming, Outgoing, DirectedPresence, WantStream,
                               CommandLine, Unhandled, HostDrained, Shutdown>;

class Mailbox {
 public:
  static constexpr std::size_t kMaxOctets = 4 * 1024 * 1024;  // each way; four streams' full queues

  // Both are called without a lock held, from the thread that put something in.
  Mailbox(std::function<void()> wake_core, std::function<void()> wake_host);

  // ---- host's thread ----
  // False: no room; nothing was put in. What changes a session's life is always taken.
  bool to_core(CoreEvent event, std::size_t octets = 0);
  std::optional<HostEvent> next_for_host();
  bool has_host_events() const;

  // ---- core's thread ----
  std::optional<CoreEvent> next_for_core();
  // Always taken: the core stops reading while is_host_behind(). The host's side may tell itself
  // something, too.
  void to_host(HostEvent event);
  // Likewise, and from then on the shutdown is complete: a host that has taken all sees no more
  // come, and one that waits for that is woken.
  void to_host_last(HostEvent event);
  bool is_host_behind() const;  // HostDrained will come

  // ---- either, briefly ----
  template <class Look>
  auto with_snapshot(Look look) {
    std::lock_guard lock(mutex_);
    return look(snapshot_);
  }

 private:
  void put_for_host(HostEvent event, bool is_last);

  std::function<void()> wake_core_, wake_host_;
  mutable std::mutex mutex_;
  std::deque<std::pair<CoreEvent, std::size_t>> core_;
  std::deque<std::pair<HostEvent, std::size_t>> host_;
  std::size_t core_octets_ = 0, host_octets_ = 0;
  bool refused_ = false;         // to_core said no: tell the host when there is room
  mutable bool behind_ = false;  // the core has been told to wait
  Snapshot snapshot_;
};

}  // namespace balcony
