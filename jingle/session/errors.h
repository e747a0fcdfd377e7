// SPDX-License-Identifier: MIT
// The errors that answer a Jingle request: each Jingle condition with the stanza condition that it
// goes with (XEP-0166 section 10; JGL-22). Used by Session and Router.
#pragma once

#include "jingle/base/stanza.h"

namespace balcony {

StanzaError bad_request(std::string text = {});  // type cancel, as XEP-0166 prints it (JGL-09)
StanzaError unknown_session();
StanzaError out_of_order();
StanzaError tie_break();
StanzaError unsupported_info();

// What JGL-22 lets a reader rely on: the stanza condition.
bool is_unknown_session(std::string_view condition);

}  // namespace balcony
