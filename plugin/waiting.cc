// SPDX-License-Identifier: MIT
#include "plugin/waiting.h"

#include <utility>

#include "jingle/base/ns.h"

namespace balcony {

bool Waiting::add(Element stanza, TimePoint until) {
  std::size_t octets = to_xml(stanza, ns::kClient).size();
  if (stanzas_.size() >= kMaxStanzas || octets_ + octets > kMaxOctets) return false;
  octets_ += octets;
  stanzas_.push_back({std::move(stanza), octets, until});
  return true;
}

std::vector<Element> Waiting::take_all() { return take_overdue(TimePoint::max()); }

std::vector<Element> Waiting::take_overdue(TimePoint now) {
  std::vector<Element> taken;
  std::deque<Entry> kept;
  for (Entry& entry : stanzas_) {
    if (entry.until > now) {
      kept.push_back(std::move(entry));
      continue;
    }
    octets_ -= entry.octets;
    taken.push_back(std::move(entry.stanza));
  }
  stanzas_ = std::move(kept);
  return taken;
}

Deadline Waiting::next_deadline() const {
  Deadline next;  // not always the first one's: the wait may have been shortened meanwhile
  for (const Entry& entry : stanzas_) next = earliest(next, entry.until);
  return next;
}

}  // namespace balcony
