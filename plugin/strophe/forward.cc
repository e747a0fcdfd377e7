// SPDX-License-Identifier: MIT
#include "plugin/strophe/forward.h"

#include <cstdlib>
#include <cstring>
#include <string_view>

#include "plugin/strophe/depth.h"

namespace strophe_host {
namespace {

Adapter& self(void* user) { return *static_cast<Adapter*>(user); }

template <auto callback, typename... Args>
void forward(void* user, Args... args) {
  const balcony_host& host = self(user).client().host;
  if (host.*callback) (host.*callback)(host.user, args...);
}

// The self-test of balcony_open: what this libstrophe takes for the sender of a stanza.
char* sender_of(void* user, const char* xml) {
  if (is_too_deep(std::string_view(xml))) return nullptr;
  xmpp_stanza_t* stanza = xmpp_stanza_new_from_string(self(user).context(), xml);
  if (!stanza) return nullptr;
  const char* from = xmpp_stanza_get_from(stanza);
  char* sender = strdup(from ? from : "");
  xmpp_stanza_release(stanza);
  return sender;
}

void send(void* user, const char* xml) { self(user).send_to_server(xml); }

int receive(void* user, const balcony_stanza* stanza) {
  return self(user).receive_end_to_end(*stanza);
}

}  // namespace

balcony_host forwarding_host(Adapter& adapter) {
  balcony_host host{};
  host.size = sizeof(host);
  host.user = &adapter;
  host.settings = adapter.client().host.settings;
  host.own_jingle = adapter.client().host.own_jingle;
  host.sender_of = sender_of;
  host.send = send;
  host.receive = receive;
  host.undelivered = forward<&balcony_host::undelivered>;
  host.stream = forward<&balcony_host::stream>;
  host.peer = forward<&balcony_host::peer>;
  host.status = forward<&balcony_host::status>;
  host.verified = forward<&balcony_host::verified>;
  host.ask = forward<&balcony_host::ask>;
  host.notice = forward<&balcony_host::notice>;
  host.reply = forward<&balcony_host::reply>;
  host.features = forward<&balcony_host::features>;
  host.writable = forward<&balcony_host::writable>;
  host.log = forward<&balcony_host::log>;
  host.wake = forward<&balcony_host::wake>;
  return host;
}

}  // namespace strophe_host
