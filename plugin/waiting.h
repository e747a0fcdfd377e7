// SPDX-License-Identifier: MIT
// Stanzas to one contact that wait for a stream (C-19, STZ-21): bounded, in order, each for a
// limited time unless an attempt is under way. Driven by the agent.
#pragma once

#include <deque>
#include <vector>

#include "jingle/base/element.h"
#include "jingle/base/env.h"

namespace balcony {

class Waiting {
 public:
  static constexpr std::size_t kMaxStanzas = 100;  // C-19
  static constexpr std::size_t kMaxOctets = 256 * 1024;

  bool add(Element stanza, TimePoint until);  // false: no room
  std::vector<Element> take_all();
  std::vector<Element> take_overdue(TimePoint now);
  Deadline next_deadline() const;
  bool empty() const { return stanzas_.empty(); }

 private:
  struct Entry {
    Element stanza;
    std::size_t octets;
    TimePoint until;
  };
  std::deque<Entry> stanzas_;
  std::size_t octets_ = 0;
};

}  // namespace balcony
