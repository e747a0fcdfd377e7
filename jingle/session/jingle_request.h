// SPDX-License-Identifier: MIT
// The <jingle/> element as a type, parsed and printed (XEP-0166 section 7; JGL-01 to -10).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "jingle/base/element.h"
#include "jingle/base/result.h"
#include "jingle/session/action.h"
#include "jingle/session/reason.h"

namespace balcony {

struct Content {
  std::string creator;  // initiator or responder
  std::string name;
  std::string senders;      // empty: both
  std::string disposition;  // empty: session
  Element description;      // nameless where the action carries none
  Element transport;        // the same
  std::string fingerprint;  // urn:x-balcony:0 <fingerprint/>: SHA-256 of the certificate, 64
                            // lower-case hex digits, empty if absent or unusable
};

struct JingleRequest {
  Action action = Action::kSessionInfo;
  std::string sid;
  std::string initiator, responder;  // as written; empty if absent
  std::vector<Content> contents;
  std::optional<Reason> reason;
  std::vector<Element> payload;  // other children: what a session-info carries
};

// Every syntax rule that holds whatever the state; fails with bad-request, blame kPeer.
Result<JingleRequest> read_jingle(const Element& jingle);
Element to_element(const JingleRequest& request);

// Our one content around `transport` (JGL-07). `fingerprint` may be empty.
Content xmlstream_content(Element transport, std::string fingerprint);

}  // namespace balcony
