// SPDX-License-Identifier: MIT
// Stanzas that were put on a stream and may not have arrived (SMX-15): without stream management
// nobody says, so what left within the horizon of a loss is reported, and what never left too.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "jingle/base/element.h"
#include "jingle/base/env.h"

namespace balcony {

// A stanza as the host gave it, for the day that it must be reported. Text takes a third of the
// memory of an Element.
struct KeptStanza {
  explicit KeptStanza(const Element& stanza);

  std::string id, xml;
};

class Unconfirmed {
 public:
  // What a direct path may hold of what was written: both sockets' buffers, at most 6 MiB each on
  // Linux, and what the peer reads before its full queues stop it. What lies further back arrived.
  static constexpr std::uint64_t kMaxBehind = 16 * 1024 * 1024;

  void set_in_band(bool in_band) { in_band_ = in_band; }
  // SMX-12: whether such a stanza is reported when it is lost; replies and presence are dropped.
  static bool concerns(const Element& stanza);
  // `end`: how many octets of the stream had been made when the stanza's last one was.
  void add(KeptStanza stanza, std::uint64_t end);
  // The byte stream has taken the stream's first `octets` octets.
  void on_written(std::uint64_t octets, TimePoint now);
  // In band nothing arrives while our session with the server is away, and no time counts.
  void on_server_away(TimePoint now);
  void on_server_resumed(TimePoint now);
  // The peer answered: an iq reply or a receipt names this id.
  void on_answered(std::string_view id);

  struct Lost {
    KeptStanza stanza;
    bool unknown;  // true: it left, and may have arrived
  };
  std::vector<Lost> take_lost(TimePoint now);

 private:
  // How long a stanza can be lost without anybody noticing: on TCP until a silent peer counts as
  // lost (C-11), and what waits in the socket; in band the reply timer of a block (C-01) and of the
  // window behind it.
  static constexpr Duration kDirect = 30s, kInBand = 90s;

  struct Entry {
    KeptStanza stanza;
    std::uint64_t end;
    Deadline safe_at;  // when it counts as delivered; nothing: it has not left
    bool answered = false;
  };
  Duration horizon() const { return in_band_ ? kInBand : kDirect; }
  void forget_front();
  void forget_safe(TimePoint now);

  bool in_band_ = false;
  bool is_away_ = false;
  std::deque<Entry> entries_;
  std::uint64_t first_ = 0;  // number of entries_.front(), counted from the first ever
  std::unordered_map<std::string, std::uint64_t> by_id_;  // number of the first entry of each id
  std::size_t left_ = 0;  // how many entries, from the front, have left
};

}  // namespace balcony
