// SPDX-License-Identifier: MIT
// What every layer that answers a stanza needs: results, errors, and reading them (RFC 6120 section
// 8).
#pragma once

#include <string>
#include <string_view>

#include "jingle/base/element.h"

namespace balcony {

struct StanzaError {
  std::string condition;  // such as item-not-found
  std::string type;       // cancel, modify, wait, auth; empty: the usual one of the condition
  // An application-specific condition, such as <out-of-order/>; may be absent. Read of a gone or
  // redirect without one: that itself, around an address.
  Element application;
  std::string text;  // for people; may be empty
};

Element make_iq(std::string_view type, std::string_view to, std::string_view id, Element payload);

// An empty result of `request`, addressed back to its sender.
Element result_of(const Element& request);

// An error answering `request`, addressed back to its sender, without its payload.
Element error_of(const Element& request, const StanzaError& error);

// Reads the <error/> of a stanza of type error. A missing condition is undefined-condition.
StanzaError stanza_error(const Element& stanza);

bool is_iq_request(const Element& stanza);  // get or set
bool is_iq_reply(const Element& stanza);    // result or error

// A short, escaped-safe excerpt of text that came from a peer: control characters replaced, at most
// `limit` characters (JGL-34, STM-21).
std::string clean_text(std::string_view text, std::size_t limit = 256);

}  // namespace balcony
