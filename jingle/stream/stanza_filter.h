// SPDX-License-Identifier: MIT
// What may cross a stream, and how an inbound stanza is stamped and rebuilt before a host sees it
// (STZ-01 to -09, -12; SECURITY.md "Sanitise by construction"). Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "jingle/base/element.h"
#include "jingle/base/jid.h"

namespace balcony {

struct StreamEnds {
  Jid local, peer;   // full JIDs
  std::string lang;  // of the peer's stream header: given to stanzas that carry none (STM-05)
};

struct Pass {
  Element stanza;  // rebuilt: from and to stamped, prefixed attributes gone
};
struct AnswerError {  // an iq request that may not be served
  Element iq;         // send this on the stream
  bool misaddressed = false;
};
struct Drop {
  std::string why;
  bool misaddressed = false;  // counts towards STZ-07, as above
};
struct Violation {
  std::string condition;  // a stream error, such as invalid-from
  std::string text;
};
using Inbound = std::variant<Pass, AnswerError, Drop, Violation>;

Inbound filter_inbound(Element stanza, const StreamEnds& ends);

// Whether an address of a header or stanza leaves `jid` its place: absent, empty, its bare or its
// full form, after preparation (STM-02, STZ-06, STZ-07).
bool is_address_of(std::string_view address, const Jid& jid);

// Whether a stanza of ours belongs on a stream at all: false for what is the server path's own
// (STZ-03), for subscription presence (STZ-04), groupchat and headline messages (STZ-01).
bool may_cross(const Element& stanza);

// Addresses an outbound stanza: from = our full JID, to = the peer's (STZ-01b, STZ-05).
Element address_outbound(Element stanza, const StreamEnds& ends);

}  // namespace balcony
