/* SPDX-License-Identifier: MIT */
/*
 * Balcony for any client on libstrophe 0.12 (C or C++): one `balcony_strophe` binds one account's
 * plugin to the client's connection. README.md shows the twenty lines that a client needs.
 *
 * What it can't do. libstrophe has no hook for what a client sends, fires every handler that
 * matches and can't be given a stanza. So a mode binds only what goes through balcony_strophe_send:
 * a message given to xmpp_send leaves in clear through the server, whatever the contact's mode is.
 * And a client with handlers of its own for message, presence or iq sees Balcony's negotiation as
 * well: it should have none, and take all from `receive`.
 *
 * Threads. All functions and callbacks: the one thread that runs the xmpp_ctx_t.
 */
#ifndef BALCONY_STROPHE_H
#define BALCONY_STROPHE_H

#include <poll.h>
#include <stdint.h>
#include <strophe.h>

#include "plugin/balcony.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct balcony_strophe balcony_strophe;

/* Answers of balcony_strophe_send. */
enum {
  BALCONY_STROPHE_SENT = BALCONY_PASS,       /* went to the server */
  BALCONY_STROPHE_TAKEN = BALCONY_TAKEN,     /* Balcony delivers it, or tells `undelivered` */
  BALCONY_STROPHE_REFUSED = BALCONY_REFUSED, /* must not leave, or can't: tell the user */
  BALCONY_STROPHE_BUSY = BALCONY_BUSY,       /* not taken; again after `writable` */
  BALCONY_STROPHE_OFFLINE = 4                /* for the server, but there is no login: not sent */
};

typedef struct {
  uint32_t size; /* sizeof(balcony_strophe_client) */

  /* What the client wants to be told, and `user`, `settings`, `own_jingle`. `send`, `receive` and
   * `sender_of` are the adapter's own: leave them NULL. */
  balcony_host host;

  /* A login is complete. Now, and not in the connection handler, ask for roster and block list and
   * send presence, unless `resumed` (XEP-0198: the server still has all of it). */
  void (*online)(void* user, const char* full_jid, int resumed);

  /* A stanza of the client's own, exactly once each: from the server (`e2e` NULL), or end to end.
   * `xml` is its text. Returns 0 if the client can't handle it, 1 else; a request that came end to
   * end is then answered by Balcony. A client that returns 1 for a request answers it by
   * balcony_strophe_send. */
  int (*receive)(void* user, xmpp_stanza_t* stanza, const char* xml, const balcony_stanza* e2e);
} balcony_strophe_client;

/* Opens the plugin for one account. `client` is copied. NULL: *error says why; balcony_free it. */
balcony_strophe* balcony_strophe_open(xmpp_ctx_t*, const balcony_strophe_client* client,
                                      const char* state_dir, char** error);

/* Before each xmpp_connect_client, with the same connection or a new one; not from inside a
 * libstrophe handler. Replaces the connection's sockopt callback (keep-alive and TCP_NODELAY are
 * on), and drops a stream management state that can't be resumed without losing or repeating a
 * stanza. */
void balcony_strophe_attach(balcony_strophe*, xmpp_conn_t*);

/* First thing in the client's connection handler. */
void balcony_strophe_event(balcony_strophe*, xmpp_conn_t*, xmpp_conn_event_t, int error);

/* Instead of xmpp_send. *reason (may be NULL) is set to NULL, or with REFUSED to why, for people,
 * if there is more to say: balcony_free it. _send_text takes one whole stanza as text. */
int balcony_strophe_send(balcony_strophe*, xmpp_stanza_t*, char** reason);
int balcony_strophe_send_text(balcony_strophe*, const char* stanza, char** reason);

/* What the user typed after /e2e: balcony_command. */
void balcony_strophe_command(balcony_strophe*, const char* line);

/* balcony_may_know, for the client's answer to disco#info. */
int balcony_strophe_may_know(balcony_strophe*, const char* jid);

/* Instead of xmpp_run_once: one poll over the server's socket, Balcony and `count` descriptors of
 * the client's own (their revents are set), then all that is due. */
void balcony_strophe_run_once(balcony_strophe*, struct pollfd* own, unsigned count, int timeout_ms);
/* For a client that only knows xmpp_run or xmpp_run_once: a timed handler in the context does the
 * work, every 10 ms while something is going on, else every 100 ms. One account in a context. */
void balcony_strophe_use_timer(balcony_strophe*);

/* The polite end: balcony_shutdown; then go on running until closing says 0. */
void balcony_strophe_shutdown(balcony_strophe*);
int balcony_strophe_closing(balcony_strophe*);

/* Before the context is freed. No callback after it, and no balcony_strophe_event. */
void balcony_strophe_close(balcony_strophe*);

#ifdef __cplusplus
}
#endif
#endif
