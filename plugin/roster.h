// SPDX-License-Identifier: MIT
// Who may reach us with an offer: subscriptions, blocks, and to whom we showed ourselves (DSC-10,
// STZ-19). Filled from answers to the agent's own requests only: a push can be forged, so it is a
// hint to ask again.
#pragma once

#include <map>
#include <set>
#include <string>

#include "jingle/base/element.h"
#include "jingle/base/jid.h"

namespace balcony {

class Roster {
 public:
  void on_roster(const Element& query);  // jabber:iq:roster, whole
  void on_blocklist(const Element& blocklist);
  void on_directed_presence(const Jid& to, bool available);  // we sent it
  void on_login();  // a new one: nobody was shown anything in it yet

  bool is_contact(const Jid& jid) const;  // in the roster, with any subscription
  // Subscription from or both, or directed presence from us.
  bool may_see_us(const Jid& jid) const;
  // Neither a stranger nor blocked (DSC-10); `is_chosen`: our user gave it a mode of its own.
  bool admits(const Jid& jid, bool is_chosen) const;
  bool is_blocked(const Jid& jid) const;  // XEP-0191 section 2: full, bare, domain/resource, domain

 private:
  static constexpr std::size_t kMaxDirected = 1024;  // more than anybody writes to by hand
  std::map<Jid, std::string> subscriptions_;
  std::set<Jid> blocked_;
  std::set<Jid> directed_;
};

}  // namespace balcony
