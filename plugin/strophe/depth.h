// SPDX-License-Identifier: MIT
// How deep a stanza is nested, found without recursion: libstrophe prints and frees stanzas
// recursively and crashes on deep ones, so the depth is looked at first.
#pragma once

#include <strophe.h>

#include <string_view>

namespace strophe_host {

// 64 is what Balcony accepts end to end (SECURITY.md limits); 8 more for wrappers that servers add.
inline constexpr int kMaxDepth = 72;

bool is_too_deep(xmpp_stanza_t* stanza);
bool is_too_deep(std::string_view xml);

}  // namespace strophe_host
