// SPDX-License-Identifier: MIT
// Turns what the core tells into the host's callbacks, on the host's thread.
#pragma once

#include "plugin/balcony.h"
#include "plugin/host_events.h"
#include "plugin/mailbox.h"

namespace balcony {

// Makes the one callback that `event` is for. A request that the host can't handle goes back to the
// core.
void call_host(const balcony_host& host, Mailbox& mailbox, const HostEvent& event);

}  // namespace balcony
