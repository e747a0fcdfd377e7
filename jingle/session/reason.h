// SPDX-License-Identifier: MIT
// Why a session ended: <reason/> of session-terminate (XEP-0166 section 7.4, PROTOCOL.md JGL-34,
// JGL-39).
#pragma once

#include <string>

#include "jingle/base/element.h"

namespace balcony {

struct Reason {
  std::string condition;        // a word of XEP-0166 section 7.4
  std::string text;             // for people; may be empty
  std::string alternative_sid;  // with alternative-session
};

Element to_element(const Reason& reason);   // <reason/> in the Jingle namespace
Reason read_reason(const Element* reason);  // null, empty or unknown: general-error (JGL-34)

}  // namespace balcony
