// SPDX-License-Identifier: MIT
#include "plugin/roster.h"

#include "jingle/base/ns.h"

namespace balcony {

void Roster::on_roster(const Element& query) {
  subscriptions_.clear();
  for (const Element* item : query.children()) {
    if (!item->is("item", ns::kRoster)) continue;
    if (auto jid = Jid::parse(item->attr("jid")))
      subscriptions_[jid->to_bare()] = item->attr("subscription");
  }
}

void Roster::on_blocklist(const Element& blocklist) {
  blocked_.clear();
  for (const Element* item : blocklist.children()) {
    if (!item->is("item", ns::kBlocking)) continue;
    if (auto jid = Jid::parse(item->attr("jid"))) blocked_.insert(*jid);
  }
}

void Roster::on_directed_presence(const Jid& to, bool available) {
  if (!available) {
    directed_.erase(to);
  } else if (directed_.size() < kMaxDirected) {
    directed_.insert(to);
  }
}

void Roster::on_login() { directed_.clear(); }

bool Roster::is_contact(const Jid& jid) const { return subscriptions_.contains(jid.to_bare()); }

bool Roster::may_see_us(const Jid& jid) const {
  auto found = subscriptions_.find(jid.to_bare());
  if (found != subscriptions_.end() && (found->second == "from" || found->second == "both"))
    return true;
  return directed_.contains(jid) || directed_.contains(jid.to_bare());
}

bool Roster::admits(const Jid& jid, bool is_chosen) const {
  return !is_blocked(jid) && (is_chosen || may_see_us(jid));
}

bool Roster::is_blocked(const Jid& jid) const {
  if (blocked_.empty()) return false;
  auto holds = [this](std::string_view text) {
    auto entry = Jid::parse(text);
    return entry && blocked_.contains(*entry);
  };
  std::string domain(jid.domain());
  return blocked_.contains(jid) || blocked_.contains(jid.to_bare()) || holds(domain) ||
         (!jid.is_bare() && holds(domain + '/' + std::string(jid.resource())));
}

}  // namespace balcony
