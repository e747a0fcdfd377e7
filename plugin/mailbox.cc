// SPDX-License-Identifier: MIT
#include "plugin/mailbox.h"

#include <utility>

namespace balcony {
namespace {

std::size_t octets_of(const HostEvent& event) {
  constexpr std::size_t kRoughly = 200;  // what the smaller ones hold
  if (const auto* send = std::get_if<TellSend>(&event)) return send->xml.size() + kRoughly;
  if (const auto* receive = std::get_if<TellReceive>(&event))
    return receive->stanza.xml.size() + kRoughly;
  if (const auto* lost = std::get_if<TellUndelivered>(&event))
    return lost->stanza.xml.size() + kRoughly;
  return kRoughly;
}

}  // namespace

Mailbox::Mailbox(std::function<void()> wake_core, std::function<void()> wake_host)
    : wake_core_(std::move(wake_core)), wake_host_(std::move(wake_host)) {}

bool Mailbox::to_core(CoreEvent event, std::size_t octets) {
  {
    std::lock_guard lock(mutex_);
    if (octets > 0 && core_octets_ + octets > kMaxOctets) {
      refused_ = true;
      return false;
    }
    core_octets_ += octets;
    core_.emplace_back(std::move(event), octets);
  }
  wake_core_();
  return true;
}

std::optional<CoreEvent> Mailbox::next_for_core() {
  bool room_again = false;
  std::optional<CoreEvent> event;
  {
    std::lock_guard lock(mutex_);
    if (core_.empty()) return std::nullopt;
    event = std::move(core_.front().first);
    core_octets_ -= core_.front().second;
    core_.pop_front();
    room_again = refused_ && core_octets_ < kMaxOctets / 2;
    if (room_again) refused_ = false;
  }
  if (room_again) to_host(TellWritable{});
  return event;
}

void Mailbox::to_host(HostEvent event) { put_for_host(std::move(event), false); }

void Mailbox::to_host_last(HostEvent event) { put_for_host(std::move(event), true); }

void Mailbox::put_for_host(HostEvent event, bool is_last) {
  bool was_empty = false;
  {
    std::lock_guard lock(mutex_);
    if (is_last) snapshot_.closed = true;
    was_empty = host_.empty();
    std::size_t octets = octets_of(event);
    host_octets_ += octets;
    host_.emplace_back(std::move(event), octets);
  }
  if (was_empty) wake_host_();
}

std::optional<HostEvent> Mailbox::next_for_host() {
  bool drained = false;
  std::optional<HostEvent> event;
  {
    std::lock_guard lock(mutex_);
    if (host_.empty()) return std::nullopt;
    event = std::move(host_.front().first);
    host_octets_ -= host_.front().second;
    host_.pop_front();
    drained = behind_ && host_octets_ < kMaxOctets / 4;
    if (drained) behind_ = false;
  }
  if (drained) to_core(HostDrained{});
  return event;
}

bool Mailbox::has_host_events() const {
  std::lock_guard lock(mutex_);
  return !host_.empty();
}

bool Mailbox::is_host_behind() const {
  std::lock_guard lock(mutex_);
  if (host_octets_ > kMaxOctets / 2) behind_ = true;
  return behind_;
}

}  // namespace balcony
