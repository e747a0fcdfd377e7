// SPDX-License-Identifier: MIT
// The balcony_host that an adapter gives the core: what is about stanzas goes to the adapter, the
// rest on to the client.
#pragma once

#include "plugin/strophe/adapter.h"

namespace strophe_host {

// `user` is the adapter; each callback of the client's gets the client's own.
balcony_host forwarding_host(Adapter& adapter);

}  // namespace strophe_host
