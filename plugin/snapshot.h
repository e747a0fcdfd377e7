// SPDX-License-Identifier: MIT
// What the host's side must know to answer at once, without asking the core: modes, open streams,
// owed replies, our ids. And the two decisions that are made from it. The mailbox guards the one
// instance; modes are the host side's own, the rest is what the core publishes.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "jingle/base/element.h"
#include "jingle/base/jid.h"
#include "plugin/roster.h"
#include "plugin/settings.h"

namespace balcony {

using RequestKey = std::pair<Jid, std::string>;  // the full JID it came from, and its id

struct Snapshot {
  static constexpr std::size_t kMaxSettled = 256;  // more than any host has pending

  // the host side's own
  Mode default_mode = Mode::kAsk;
  std::map<Jid, Mode> modes;  // by bare JID
  bool own_jingle = false;
  // published by the core
  std::string id_prefix;                 // of every request that the core sends
  std::map<Jid, std::vector<Jid>> open;  // bare -> full JIDs with an open stream, best first
  std::set<Jid> full;                    // streams that take nothing more just now
  std::set<RequestKey> owed;             // requests that came end to end
  std::deque<RequestKey> settled;  // the last of those that got no reply of the host's: a late one
                                   // is dropped, as the server must not see it (STZ-02)
  std::set<std::string, std::less<>> sids;  // live Jingle and transport sids
  Jid local;
  std::optional<Roster> roster;  // once it is known
  bool closing = false;          // shutdown has begun
  bool closed = false;           // and is complete

  void settle(const RequestKey& request);  // no longer owed
  void on_request(const Element& stanza);  // came by the server: its reply goes there
  Mode mode_of(const Jid& jid) const;
  bool may_know(const Jid& asker) const;  // DSC-10: that Balcony is here
  // What can't be read may be for any contact: it must not leave while one of them has mode
  // require.
  bool requires_anywhere() const;
};

// A stanza is about to leave.
struct OutgoingDecision {
  enum Kind { kPass, kPassAndAttempt, kTake, kRefuse, kBusy } kind = kPass;
  Jid contact;      // kPassAndAttempt: whom to open a stream to
  std::string why;  // kRefuse
};
OutgoingDecision decide_outgoing(const Element& stanza, const Snapshot& snapshot);

// A stanza came from the server.
enum class IncomingDecision {
  kPass,
  kObserve,
  kConsume
};  // kObserve: the core sees it, the host handles it
// The scan that spares what is not ours from being parsed.
bool may_concern_us(std::string_view stanza, const Snapshot& snapshot);
IncomingDecision decide_incoming(const Element& stanza, const Snapshot& snapshot);

}  // namespace balcony
