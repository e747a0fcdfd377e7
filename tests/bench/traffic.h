// SPDX-License-Identifier: MIT
// Ordinary traffic: chat messages of 344 octets as they go over a stream, with what they carry in
// practice (a chat state, a receipt request, an origin id).
#pragma once

#include <string>

#include "jingle/base/element.h"

namespace balcony::bench {

inline constexpr const char* kRomeo = "romeo@example.org/orchard";
inline constexpr const char* kJuliet = "juliet@example.net/balcony";

std::string message_xml(unsigned number);      // 344 octets, from Romeo to Juliet
std::string receipt_xml(std::string_view id);  // from Juliet to Romeo
Element message(unsigned number);
Element receipt(std::string_view id);

// A whole stream of `count` messages, header and closing tag too.
std::string stream_of(const std::string& stanza, std::size_t count);
inline constexpr std::string_view kHeader =
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
    "from='romeo@example.org' to='juliet@example.net' version='1.0'>";
inline constexpr std::string_view kFooter = "</stream:stream>";

}  // namespace balcony::bench
