// SPDX-License-Identifier: MIT
// Reads one stanza as the core does: of any size that it takes.
#pragma once

#include <string_view>

#include "jingle/base/xml_parser.h"

namespace profanity_host {

inline balcony::Result<balcony::Element> read_stanza(std::string_view xml) {
  return balcony::parse_stanza(xml, {.element = 1 << 20});
}

}  // namespace profanity_host
