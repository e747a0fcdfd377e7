// SPDX-License-Identifier: MIT
// Stanzas as text: checking what a script wrote, building what balcony-cli says itself.
#pragma once

#include <strophe.h>

#include <memory>
#include <string>
#include <string_view>

namespace balcony_cli {

struct StanzaFree {
  void operator()(xmpp_stanza_t* stanza) const { xmpp_stanza_release(stanza); }
};
using StanzaPtr = std::unique_ptr<xmpp_stanza_t, StanzaFree>;

// For text and for attributes.
std::string escape(std::string_view text);
// The same stanza without a line feed in it.
std::string one_line(std::string_view xml);
// The bare address of a JID that is one.
inline std::string bare(const std::string& jid) { return jid.substr(0, jid.find('/')); }
// 128 random bits in hex.
std::string random_id();
// An attribute's value, empty if there is none.
std::string attribute(xmpp_stanza_t* stanza, const char* name);

// One stanza, ready to be sent, and what its first tag says.
struct Outgoing {
  std::string name, type, id, to;
  std::string xml;
  bool is_own = false;  // balcony-cli's own, not the script's: no event tells of it
};
struct Checked {
  Outgoing stanza;
  std::string problem;  // empty: `stanza` is one well-formed message, presence or iq
};
Checked check_stanza(xmpp_ctx_t* context, std::string xml);

}  // namespace balcony_cli
