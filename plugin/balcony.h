/* SPDX-License-Identifier: MIT */
/*
 * Balcony's C interface: what a host (an XMPP client) needs to let its user talk end to end with a
 * contact. One `balcony` serves one account; a process may have several.
 *
 * Threads. The core runs on a thread of its own. Every function here may be called from one thread
 * only, the host's, and returns at once: none waits for the network or the disk, but balcony_open,
 * which reads the state folder, and balcony_close, which joins the thread. Every callback but
 * `wake` is made from inside balcony_dispatch, on the thread that calls it.
 *
 * Strings are UTF-8, never NULL unless said. Strings and structs that a callback is given live
 * until it returns; strings that a function is given are copied. What the host must free it frees
 * with balcony_free.
 *
 * Life: balcony_open, then balcony_online whenever the host's session with its server is up (after
 * roster and initial presence were asked for), balcony_offline when it is lost; balcony_incoming
 * for every stanza that comes from the server, balcony_outgoing for every stanza that is about to
 * leave; balcony_dispatch whenever balcony_fd is readable or `wake` was called; at the end
 * balcony_shutdown, dispatch until balcony_closing says 0, balcony_close.
 */
#ifndef BALCONY_H
#define BALCONY_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define BALCONY_API __attribute__((visibility("default")))
#else
#define BALCONY_API
#endif

#define BALCONY_VERSION_MAJOR 0
#define BALCONY_VERSION_MINOR 1

/* One account's Balcony. The short name is for hosts; the library's own C++ has a namespace of that
 * name. */
struct balcony_account;
#ifndef BALCONY_LIBRARY
typedef struct balcony_account balcony;
#endif

/* Answers of balcony_incoming and balcony_outgoing. */
enum {
  BALCONY_PASS = 0,     /* go on as if Balcony were not there */
  BALCONY_CONSUMED = 1, /* incoming: Balcony's own; do nothing with it */
  BALCONY_TAKEN = 1,    /* outgoing: Balcony delivers it, or reports it by `undelivered` */
  BALCONY_REFUSED = 2,  /* outgoing: must not leave, was not taken; tell the user */
  BALCONY_BUSY = 3      /* outgoing: no room; not taken; try again after `writable` */
};

enum {
  BALCONY_LOG_ERROR = 0,
  BALCONY_LOG_WARNING = 1,
  BALCONY_LOG_INFO = 2,
  BALCONY_LOG_DEBUG = 3
};

/* A method that was tried before and failed. */
typedef struct {
  const char* transport; /* ibb, s5b, ice, ptcp */
  const char* reason;    /* for people */
} balcony_attempt;

/* A stream, as it stands. Strings that are not known yet are NULL. */
typedef struct {
  uint32_t size;         /* sizeof, as the library knows the struct */
  const char* peer;      /* full JID */
  const char* state;     /* negotiating, open, resuming, moved, closed */
  const char* role;      /* initiator, responder */
  const char* transport; /* ibb, s5b-direct, s5b-proxy, ice-tcp, ptcp, tcp */
  const char* local;     /* host:port of the path, or the proxy; NULL in band */
  const char* remote;
  const char* pair; /* ICE types, such as host/srflx */
  const char* tls;  /* TLSv1.3 */
  const char* cipher;
  const char* trust; /* new, pinned, verified, ca, attested */
  const char*
      fingerprint;    /* of the peer's key: SHA-256 of its SubjectPublicKeyInfo, 64 hex digits */
  const char* reason; /* closed: a word of XEP-0166 section 7.4, success for an orderly end */
  const char* text;   /* closed: for people */
  const balcony_attempt* tried; /* `tried_count` of them */
  uint32_t tried_count;
  double since; /* status: seconds that it has been open, or negotiating */
  uint64_t stanzas_in, stanzas_out, bytes_in, bytes_out; /* status: of the stream, before TLS */
} balcony_stream_info;

/* A stanza that came end to end, or that could not be delivered. */
typedef struct {
  uint32_t size;
  const char* local;     /* our full JID */
  const char* peer;      /* full JID of the contact's client: who it is from, or who it was for */
  const char* id;        /* of the stanza; empty if it has none */
  const char* xml;       /* the stanza, in jabber:client, from and to stamped */
  const char* transport; /* as in balcony_stream_info; NULL if undelivered */
  const char* tls;       /* TLSv1.3; NULL if undelivered */
  const char* trust;     /* as in balcony_stream_info; NULL if undelivered */
} balcony_stanza;

/* A question to the user. Answers are commands: accept or decline PEER for an offer, trust PEER
 * FINGERPRINT or decline PEER for a key, confirm PEER yes or no for a verification. */
typedef struct {
  uint32_t size;
  const char* kind;         /* offer, key, verify */
  const char* peer;         /* full JID */
  const char* fingerprint;  /* key: the one that was presented; else NULL */
  const char* const* known; /* key: other pinned fingerprints, `known_count` of them. Not empty: the
                               stream has been refused already, `trust` adds the key for the next
                               attempt. */
  uint32_t known_count;
} balcony_question;

/* What a host gives. Every callback may be NULL; then what it tells is lost. */
typedef struct {
  uint32_t size; /* sizeof(balcony_host): later versions append members */
  void* user;    /* handed to every callback */

  const char* const* settings; /* KEY=VALUE overrides for this run, NULL at the end; or NULL */
  int own_jingle;              /* the host has Jingle of its own: sessions and bytestreams that
                                  Balcony doesn't know are passed to it instead of being answered */

  /* Parse `stanza` as the host parses what its server sends, and return what the host then takes
   * for its sender, to be freed by free(); NULL if it refuses the stanza. Called once, from
   * balcony_open: a host that ignores the namespaces of attributes can be shown a forged sender,
   * and offers are then proven first. NULL: taken to be such a host. */
  char* (*sender_of)(void* user, const char* stanza);

  /* Send this stanza through the server. */
  void (*send)(void* user, const char* stanza);
  /* A stanza arrived end to end, checked and stamped. Returns 0 if the host can't handle it: an IQ
   * request is then answered by Balcony. A host that returns 1 for an IQ request answers it by
   * balcony_outgoing, within 60 s. */
  int (*receive)(void* user, const balcony_stanza* stanza);
  /* A stanza that was taken did not arrive; `unknown` 1: it may have. It is not tried again. */
  void (*undelivered)(void* user, const balcony_stanza* stanza, int unknown, const char* reason);
  /* A stream changed its state. */
  void (*stream)(void* user, const balcony_stream_info* info);
  /* A contact's client can talk end to end (1), can't (0), or this is not known yet (-1). */
  void (*peer)(void* user, const char* full_jid, int e2e);
  /* One stream, after the reply to a status command. */
  void (*status)(void* user, const balcony_stream_info* info);
  /* A key was verified, `by` secret, code or fingerprint. */
  void (*verified)(void* user, const char* peer, const char* fingerprint, const char* by);
  void (*ask)(void* user, const balcony_question* question);
  /* A line for the user; `peer` is empty if it is about no contact. */
  void (*notice)(void* user, const char* peer, const char* text);
  /* The answer to a balcony_command, exactly one each, in order. `line` is what was given to it,
   * with any password that the user typed: not for logs. */
  void (*reply)(void* user, const char* line, int ok, const char* text);
  /* What disco#info must list from now on, NULL at the end, for whom balcony_may_know allows it;
   * hosts with entity capabilities send their presence again. */
  void (*features)(void* user, const char* const* features);
  /* There is room again after BALCONY_BUSY. */
  void (*writable)(void* user, const char* peer);
  /* For the host's log file. Holds no secret and no message text. */
  void (*log)(void* user, int level, const char* line);
  /* Call balcony_dispatch soon. From any thread; must not call back, lock or block. */
  void (*wake)(void* user);
} balcony_host;

/* Opens the plugin for one account whose keys, trust and settings are in `state_dir` (made with
 * mode 0700 if absent). `host` is copied. NULL on failure: *error then says why, for people; free
 * it. */
BALCONY_API struct balcony_account* balcony_open(const balcony_host* host, const char* state_dir,
                                                 char** error);

/* The host's session with its server is up as `full_jid`. `resumed` 1: it is the same login as
 * before (XEP-0198), no stanza was lost. */
BALCONY_API void balcony_online(struct balcony_account*, const char* full_jid, int resumed);
BALCONY_API void balcony_offline(struct balcony_account*);

/* A stanza came from the server. BALCONY_CONSUMED: it was Balcony's. */
BALCONY_API int balcony_incoming(struct balcony_account*, const char* stanza);

/* A stanza is about to be sent. *text (may be NULL) is set to NULL, or: with BALCONY_PASS, to a
 * stanza to send in its place; with BALCONY_REFUSED, to the reason, for people. Free it. Text that
 * is not one well-formed stanza passes, but for a contact of mode `require`, where it is refused.
 */
BALCONY_API int balcony_outgoing(struct balcony_account*, const char* stanza, char** text);

/* What the user typed after /e2e. Answered by one `reply`. */
BALCONY_API void balcony_command(struct balcony_account*, const char* line);

/* Whether `jid`, who asks for our disco#info, may learn that Balcony is here. 0 for strangers,
 * blocked contacts and those in mode off: answer as if there were no `features`, also for the node
 * of a caps hash that holds them. Empty or NULL: the own server. */
BALCONY_API int balcony_may_know(struct balcony_account*, const char* jid);

/* Readable when balcony_dispatch has work: for hosts with a poll() loop. Not to be read or closed.
 */
BALCONY_API int balcony_fd(struct balcony_account*);
/* Makes the callbacks that are due; bounded in time, so call it again while balcony_fd is readable.
 */
BALCONY_API void balcony_dispatch(struct balcony_account*);

/* Closes all streams in order, within 10 s; refuses new ones. Needs the host's server session and
 * dispatch to go on meanwhile. Each stream ends with `stream` closed. Called once more: the host
 * can wait no longer. What is still open is cut, and what may not have arrived is told. */
BALCONY_API void balcony_shutdown(struct balcony_account*);
/* 1 until all that balcony_shutdown began is done and told. */
BALCONY_API int balcony_closing(struct balcony_account*);

/* Ends everything, joins the thread and frees; what is open is cut. Not from inside a callback. No
 * callback after it returns; none but `wake` is made from inside it. */
BALCONY_API void balcony_close(struct balcony_account*);

BALCONY_API void balcony_free(char*);

#ifdef __cplusplus
}
#endif
#endif
