// SPDX-License-Identifier: MIT
// Answers connectivity checks in place of the ICE library (RFC 8445 section 7.3, with the
// short-term credentials of its section 7.1.1): those that still come on a connection which was
// taken over, as the peer's own library waits for them, and those on one that the library sees by
// proxy.
#pragma once

#include <utility>

#include "jingle/base/bytes.h"
#include "transports/ice_tcp/mapping.h"

namespace balcony {

// Whether it is a binding request to us, by our ufrag and its integrity, from whomever.
bool is_check_for(const IceCredentials& ours, ByteView message);

class StunAnswer {
 public:
  // `from` is the peer's end of the connection, which it is told.
  StunAnswer(IceCredentials ours, const Endpoint& from, bool is_controlling)
      : ours_(std::move(ours)), from_(from), is_controlling_(is_controlling) {}

  // To a check; all else gets none.
  Bytes operator()(ByteView message) const;

 private:
  IceCredentials ours_;
  Endpoint from_;
  bool is_controlling_;
};

}  // namespace balcony
