// SPDX-License-Identifier: MIT
#include "plugin/unconfirmed.h"

#include <utility>

#include "jingle/base/ns.h"
#include "jingle/base/stanza.h"

namespace balcony {

KeptStanza::KeptStanza(const Element& stanza)
    : id(stanza.attr("id")), xml(to_xml(stanza, ns::kClient)) {}

bool Unconfirmed::concerns(const Element& stanza) {
  return !stanza.is("presence", ns::kClient) && !is_iq_reply(stanza);
}

void Unconfirmed::add(KeptStanza stanza, std::uint64_t end) {
  if (!stanza.id.empty()) by_id_.emplace(stanza.id, first_ + entries_.size());
  entries_.push_back({std::move(stanza), end, {}});
}

void Unconfirmed::on_written(std::uint64_t octets, TimePoint now) {
  while (left_ < entries_.size() && entries_[left_].end <= octets)
    entries_[left_++].safe_at = now + horizon();
  while (left_ > 0 && octets - entries_.front().end > kMaxBehind) forget_front();
  forget_safe(now);
}

void Unconfirmed::forget_front() {
  auto found = by_id_.find(entries_.front().stanza.id);
  if (found != by_id_.end() && found->second == first_) by_id_.erase(found);
  entries_.pop_front();
  ++first_;
  --left_;
}

void Unconfirmed::forget_safe(TimePoint now) {
  auto is_safe = [&](const Entry& entry) {
    return entry.answered || (!is_away_ && is_due(entry.safe_at, now));
  };
  while (left_ > 0 && is_safe(entries_.front())) forget_front();
}

void Unconfirmed::on_server_away(TimePoint now) {
  forget_safe(now);
  is_away_ = in_band_;
}

void Unconfirmed::on_server_resumed(TimePoint now) {
  if (!std::exchange(is_away_, false)) return;
  for (std::size_t i = 0; i < left_; ++i) entries_[i].safe_at = now + horizon();
}

void Unconfirmed::on_answered(std::string_view id) {
  auto found = by_id_.find(std::string(id));
  if (found == by_id_.end()) return;
  Entry& entry = entries_[found->second - first_];
  entry.answered = true;
  std::string().swap(entry.stanza.xml);  // which frees it, as an assignment does not
  by_id_.erase(found);
}

std::vector<Unconfirmed::Lost> Unconfirmed::take_lost(TimePoint now) {
  forget_safe(now);
  std::vector<Lost> lost;
  for (Entry& entry : entries_)
    if (!entry.answered) lost.push_back({std::move(entry.stanza), entry.safe_at.has_value()});
  first_ += entries_.size();
  entries_.clear();
  by_id_.clear();
  left_ = 0;
  return lost;
}

}  // namespace balcony
