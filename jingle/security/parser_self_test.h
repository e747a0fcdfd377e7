// SPDX-License-Identifier: MIT
// Whether a host's XML parser tells the sender of a stanza rightly. One that ignores the namespaces
// of attributes can be shown a forged `from` by a stranger (SECURITY.md, "Facts"); offers are then
// proven before anything else happens (JGL-40). A pure function, called once when a host loads
// Balcony.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace balcony {

// `sender_of` parses a stanza as the host does and returns the sender, or nothing if it refuses it.
bool reads_senders_rightly(
    const std::function<std::optional<std::string>(const std::string& stanza)>& sender_of);

}  // namespace balcony
