// SPDX-License-Identifier: MIT
// Why an attempt or a stream ended, in one word for scripts and in a sentence for people (JGL-34,
// JGL-38, JGL-39). Used by Link.
#pragma once

#include <string>

#include "jingle/session/reason.h"

namespace balcony {

struct EndReason {
  std::string reason;  // a word of XEP-0166 section 7.4
  std::string text;
};

// `condition`: of the stanza error to our session-initiate (JGL-38).
EndReason reason_of_refusal(const std::string& condition, const std::string& peer);
// Of the peer's session-terminate.
EndReason reason_of_terminate(const Reason& reason, const std::string& peer);

}  // namespace balcony
