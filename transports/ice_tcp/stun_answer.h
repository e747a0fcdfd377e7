// SPDX-License-Identifier: MIT
// Answers the connectivity checks that still come on a connection which was taken over from the ICE
// library (RFC 8445 section 7.3, with the short-term credentials of its section 7.1.1): the peer's
// own library waits for them.
#pragma once

#include <string>

#include "jingle/base/bytes.h"
#include "transports/ice_tcp/mapping.h"

namespace balcony {

class StunAnswer {
 public:
  // `from` is the peer's end of the connection.
  StunAnswer(IceCredentials ours, const IceCredentials& theirs, const Endpoint& from,
             bool is_controlling);

  // To a binding request with our ufrag and its integrity; all else gets none.
  Bytes operator()(ByteView message) const;

 private:
  std::string username_, password_;
  Endpoint from_;
  bool is_controlling_;
};

}  // namespace balcony
