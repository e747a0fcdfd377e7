// SPDX-License-Identifier: MIT
// <delay/> stamps that came from a peer (XEP-0203; STZ-17). Used by Link.
#pragma once

#include <cstdint>

#include "jingle/base/element.h"

namespace balcony {

// No stanza was sent after `unix_time`, now: a stamp that says so, or that can't be read, becomes
// now.
void cap_delays(Element& stanza, std::int64_t unix_time);

}  // namespace balcony
