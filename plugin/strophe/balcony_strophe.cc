// SPDX-License-Identifier: MIT
// The C surface of the adapter.
#include "plugin/strophe/balcony_strophe.h"

#include <memory>

#include "plugin/strophe/adapter.h"

struct balcony_strophe {
  strophe_host::Adapter adapter;
};

balcony_strophe* balcony_strophe_open(xmpp_ctx_t* context, const balcony_strophe_client* client,
                                      const char* state_dir, char** error) {
  auto opened = std::unique_ptr<balcony_strophe>(new balcony_strophe{{context, *client}});
  return opened->adapter.open(state_dir, error) ? opened.release() : nullptr;
}

void balcony_strophe_attach(balcony_strophe* self, xmpp_conn_t* connection) {
  self->adapter.attach(connection);
}

void balcony_strophe_event(balcony_strophe* self, xmpp_conn_t* connection, xmpp_conn_event_t event,
                           int error) {
  self->adapter.on_event(connection, event, error);
}

int balcony_strophe_send(balcony_strophe* self, xmpp_stanza_t* stanza, char** reason) {
  return self->adapter.send(stanza, reason);
}

int balcony_strophe_send_text(balcony_strophe* self, const char* stanza, char** reason) {
  return self->adapter.send(stanza, reason);
}

void balcony_strophe_command(balcony_strophe* self, const char* line) {
  balcony_command(self->adapter.core(), line);
}

void balcony_strophe_run_once(balcony_strophe* self, pollfd* own, unsigned count, int timeout_ms) {
  self->adapter.run_once(own, count, timeout_ms);
}

void balcony_strophe_use_timer(balcony_strophe* self) { self->adapter.use_timer(); }

void balcony_strophe_shutdown(balcony_strophe* self) { balcony_shutdown(self->adapter.core()); }

int balcony_strophe_may_know(balcony_strophe* self, const char* jid) {
  return balcony_may_know(self->adapter.core(), jid);
}
int balcony_strophe_closing(balcony_strophe* self) { return balcony_closing(self->adapter.core()); }

void balcony_strophe_close(balcony_strophe* self) { delete self; }
