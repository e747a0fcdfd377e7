/* SPDX-License-Identifier: MIT */
/* The adapter's header is C: a client in C compiles against it and opens it. */
#include "plugin/strophe/balcony_strophe.h"

balcony_strophe* open_from_c(xmpp_ctx_t* ctx, char** error);

static int receive(void* user, xmpp_stanza_t* stanza, const char* xml, const balcony_stanza* e2e) {
  (void)user, (void)stanza, (void)xml;
  return e2e == NULL;
}

balcony_strophe* open_from_c(xmpp_ctx_t* ctx, char** error) {
  balcony_strophe_client client = {
      .size = sizeof client, .host = {.size = sizeof client.host}, .receive = receive};
  return balcony_strophe_open(ctx, &client, "/state", error);
}
