// SPDX-License-Identifier: MIT
// Judges, from what the system counts, whether the peer of a TCP connection lives while octets are
// on their way to it (C-11). TcpStream asks it every kLook until all are acknowledged.
//
// TCP_USER_TIMEOUT can't do that: it also ends a connection whose peer answers each question that
// it has no room, and Linux does not start its clock anew when such a peer takes a little. Nor do
// acknowledgements tell: two ends that both have no room refuse each other's. So any packet that
// comes is a sign of life, except to an end that reads, of a peer that has room: there something
// swallows what is sent.
//
// The timeout serves for one thing alone: Linux asks a peer without room ever less often, up to
// every 2 minutes, but never later than the timeout would come. Two ends without room stay until
// either reads, or what lies above finds the other silent.
#pragma once

#include "transports/net/socket.h"

namespace balcony {

class PeerWatch {
 public:
  static constexpr Duration kLook = 2s;

  // Octets are on their way again, after a time in which none were.
  void begin(TimePoint now);

  struct Verdict {
    bool is_lost = false;        // for 12 s, in which it was asked three times
    Duration user_timeout = {};  // to be set; 0: none
  };
  // `reads`: this end takes what comes.
  Verdict look(const Socket::Progress& progress, bool reads, TimePoint now);

 private:
  unsigned heard_ = 0;     // Socket::Progress::heard at the last look
  unsigned answered_ = 0;  // how many of what it calls unanswered were asked before that came
  std::uint64_t acknowledged_ = 0;  // likewise
  TimePoint heard_at_, moved_at_, looked_at_;
  Deadline full_since_;  // before the peer was first seen without room: no clock is older
};

}  // namespace balcony
