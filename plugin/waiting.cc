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
  while (!stanzas_.empty() && stanzas_.front().until <= now) {  // one wait for all: ordered by time
    octets_ -= stanzas_.front().octets;
    taken.push_back(std::move(stanzas_.front().stanza));
    stanzas_.pop_front();
  }
  return taken;
}

Deadline Waiting::next_deadline() const {
  return stanzas_.empty() ? Deadline() : stanzas_.front().until;
}

}  // namespace balcony
