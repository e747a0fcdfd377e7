// SPDX-License-Identifier: MIT
// How many connections of nobody known an account has at once, from one address and in all (C-17).
// The newest always gets in: if there is no room, the one that has been there longest goes, so that
// silent strangers keep nobody out. Each connection holds a Pass as long as it is a stranger.
#pragma once

#include <algorithm>
#include <functional>
#include <list>
#include <utility>

#include "transports/net/ip_address.h"

namespace balcony {

class Strangers {
 public:
  struct Limits {
    std::size_t in_all = 16, per_address = 4;
  };

  class Pass {
   public:
    Pass() = default;
    Pass(Pass&& other) noexcept
        : list_(std::exchange(other.list_, nullptr)), entry_(other.entry_) {}
    Pass& operator=(Pass&& other) noexcept {
      std::swap(list_, other.list_);
      std::swap(entry_, other.entry_);
      return *this;
    }
    ~Pass() {
      if (list_) list_->entries_.erase(entry_);
    }

   private:
    friend class Strangers;
    struct Entry {
      IpAddress from;
      std::function<void()> evict;
    };
    Strangers* list_ = nullptr;
    std::list<Entry>::iterator entry_;
  };

  explicit Strangers(Limits limits) : limits_(limits) {}
  void set_limits(Limits limits) { limits_ = limits; }

  // `evict` must drop the Pass; called from inside another's enter().
  Pass enter(const IpAddress& from, std::function<void()> evict) {
    auto is_from = [&from](const Pass::Entry& entry) { return entry.from == from; };
    auto same = static_cast<std::size_t>(std::count_if(entries_.begin(), entries_.end(), is_from));
    auto oldest = entries_.end();
    if (same >= limits_.per_address) {
      oldest = std::find_if(entries_.begin(), entries_.end(), is_from);
    } else if (entries_.size() >= limits_.in_all) {
      oldest = entries_.begin();
    }
    if (oldest != entries_.end()) std::function<void()>(oldest->evict)();
    Pass pass;
    pass.list_ = this;
    pass.entry_ = entries_.insert(entries_.end(), {from, std::move(evict)});
    return pass;
  }

  std::size_t size() const { return entries_.size(); }

 private:
  Limits limits_;
  std::list<Pass::Entry> entries_;
};

}  // namespace balcony
