// SPDX-License-Identifier: MIT
#include "plugin/unconfirmed.h"

#include <algorithm>
#include <utility>

#include "jingle/base/ns.h"
#include "jingle/base/stanza.h"

namespace balcony {

void Unconfirmed::add(Element stanza, std::uint64_t end) {
  // SMX-12: replies and presence are dropped when lost; messages and requests are told.
  if (stanza.is("presence", ns::kClient) || is_iq_reply(stanza)) return;
  entries_.push_back({std::move(stanza), end, {}});
}

void Unconfirmed::on_written(std::uint64_t octets, TimePoint now) {
  while (left_ < entries_.size() && entries_[left_].end <= octets)
    entries_[left_++].safe_at = now + horizon_;
  forget_safe(now);
}

void Unconfirmed::forget_safe(TimePoint now) {
  while (left_ > 0 && is_due(entries_.front().safe_at, now)) {
    entries_.pop_front();
    --left_;
  }
}

void Unconfirmed::on_answered(std::string_view id) {
  auto found = std::find_if(entries_.begin(), entries_.end(),
                            [&](const Entry& e) { return e.stanza.attr("id") == id; });
  if (id.empty() || found == entries_.end()) return;
  if (found->safe_at) --left_;
  entries_.erase(found);
}

std::vector<Unconfirmed::Lost> Unconfirmed::take_lost(TimePoint now) {
  forget_safe(now);
  std::vector<Lost> lost;
  for (Entry& entry : entries_)
    lost.push_back({std::move(entry.stanza), entry.safe_at.has_value()});
  entries_.clear();
  left_ = 0;
  return lost;
}

}  // namespace balcony
