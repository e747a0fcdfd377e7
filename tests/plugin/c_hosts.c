/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "tests/plugin/c_hosts.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct c_letter {
  struct c_letter* next;
  char* text;
};

/* ---- strings ---- */

static char* format(const char* pattern, ...) __attribute__((format(printf, 1, 2)));
static char* format(const char* pattern, ...) {
  va_list list, again;
  va_start(list, pattern);
  va_copy(again, list);
  size_t size = (size_t)vsnprintf(NULL, 0, pattern, list) + 1;
  char* text = malloc(size);
  vsnprintf(text, size, pattern, again);
  va_end(list);
  va_end(again);
  return text;
}

static void keep(char* place, size_t size, const char* text) {
  snprintf(place, size, "%s", text ? text : "");
}
#define KEEP(place, text) keep(place, sizeof(place), text)

/* Copies an attribute of the first tag; 0 if there is none. */
static int attribute(const char* stanza, const char* name, char* value, size_t size) {
  char mark[32];
  snprintf(mark, sizeof mark, " %s='", name);
  const char* end = strchr(stanza, '>');
  const char* found = strstr(stanza, mark);
  value[0] = 0;
  if (!found || !end || found > end) return 0;
  found += strlen(mark);
  snprintf(value, size, "%.*s", (int)strcspn(found, "'"), found);
  return 1;
}

static size_t bare_length(const char* jid) { return strcspn(jid, "/"); }

static int same_bare(const char* a, const char* b) {
  return bare_length(a) == bare_length(b) && strncmp(a, b, bare_length(a)) == 0;
}

/* ---- the server ---- */

/* Puts `text`, which it frees, into the host's inbox. */
static void deliver(c_host* host, char* text) {
  struct c_letter* letter = malloc(sizeof *letter);
  letter->next = NULL;
  letter->text = text;
  pthread_mutex_lock(&host->lock);
  if (host->last) host->last->next = letter;
  if (!host->last) host->first = letter;
  host->last = letter;
  pthread_mutex_unlock(&host->lock);
  uint64_t one = 1;
  if (write(host->inbox_fd, &one, sizeof one) < 0) abort();
}

static char* next_letter(c_host* host) {
  pthread_mutex_lock(&host->lock);
  struct c_letter* letter = host->first;
  if (letter) host->first = letter->next;
  if (!host->first) host->last = NULL;
  pthread_mutex_unlock(&host->lock);
  char* text = letter ? letter->text : NULL;
  free(letter);
  return text;
}

static int is_online(const c_host* host) {
  return __atomic_load_n(&host->is_online, __ATOMIC_ACQUIRE);
}

/* The stanza with the sender that the server vouches for. */
static char* stamped(const char* stanza, const char* from) {
  size_t name = strcspn(stanza, " />");
  const char* rest = stanza + name;
  const char* end = strchr(stanza, '>');
  const char* old = strstr(stanza, " from='");
  if (!old || old > end) return format("%.*s from='%s'%s", (int)name, stanza, from, rest);
  const char* after = strchr(old + 7, '\'') + 1;
  return format("%.*s from='%s'%.*s%s", (int)name, stanza, from, (int)(old - rest), rest, after);
}

/* Answers for the account: its roster, its list of blocked contacts. */
static void answer_for_account(c_host* host, const char* stanza, const char* id) {
  int roster = strstr(stanza, "jabber:iq:roster") != NULL;
  char* answer =
      roster ? format(
                   "<iq type='result' id='%s'><query xmlns='jabber:iq:roster'><item jid='%.*s' "
                   "subscription='both'/></query></iq>",
                   id, (int)bare_length(host->other->jid), host->other->jid)
             : format("<iq type='result' id='%s'><blocklist xmlns='urn:xmpp:blocking'/></iq>", id);
  deliver(host, answer);
}

static void route(c_host* host, const char* stanza) {
  char to[256], id[128], type[32];
  attribute(stanza, "id", id, sizeof id);
  attribute(stanza, "type", type, sizeof type);
  int request = strcmp(type, "get") == 0 || strcmp(type, "set") == 0;
  if (!is_online(host)) return;
  if (!attribute(stanza, "to", to, sizeof to) || same_bare(to, host->jid)) {
    if (request) answer_for_account(host, stanza, id);
  } else if (same_bare(to, host->other->jid) && is_online(host->other)) {
    deliver(host->other, stamped(stanza, host->jid));
  } else if (request) {
    deliver(host, format("<iq type='error' id='%s' from='%s'><error type='cancel'>"
                         "<service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
                         "</error></iq>",
                         id, to));
  }
}

/* What the host itself does with a stanza that is not the plugin's. */
static void handle(c_host* host, const char* stanza) {
  char from[256], id[128];
  attribute(stanza, "from", from, sizeof from);
  attribute(stanza, "id", id, sizeof id);
  if (strstr(stanza, "type='get'") && strstr(stanza, "disco#info")) {
    char* answer = format(
        "<iq type='result' to='%s' id='%s'><query "
        "xmlns='http://jabber.org/protocol/disco#info'>%s</query></iq>",
        from, id, host->features);
    route(host, answer);
    free(answer);
  } else if (strstr(stanza, "<body")) {
    ++host->received;
    KEEP(host->message, stanza);
    KEEP(host->sender, from);
  }
}

/* ---- callbacks ---- */

static char* sender_of(void* user, const char* stanza) {
  char from[256];
  (void)user;
  return attribute(stanza, "from", from, sizeof from) ? strdup(from) : NULL;
}

static void on_send(void* user, const char* stanza) { route(user, stanza); }

static int on_receive(void* user, const balcony_stanza* stanza) {
  c_host* host = user;
  if (strncmp(stanza->xml, "<message", 8) != 0) return 0;
  ++host->received;
  KEEP(host->message, stanza->xml);
  KEEP(host->sender, stanza->peer);
  KEEP(host->trust, stanza->trust);
  return 1;
}

static void on_undelivered(void* user, const balcony_stanza* stanza, int unknown,
                           const char* reason) {
  c_host* host = user;
  ++host->undelivered;
  host->unknown += unknown;
  KEEP(host->lost_id, stanza->id);
  KEEP(host->reason, reason);
}

static void on_stream(void* user, const balcony_stream_info* info) {
  c_host* host = user;
  host->opened += strcmp(info->state, "open") == 0;
  host->closed += strcmp(info->state, "closed") == 0;
  KEEP(host->state, info->state);
  KEEP(host->role, info->role);
  KEEP(host->transport, info->transport);
  KEEP(host->tls, info->tls);
  KEEP(host->trust, info->trust);
  KEEP(host->fingerprint, info->fingerprint);
  KEEP(host->reason, info->reason);
}

static void on_status(void* user, const balcony_stream_info* info) {
  c_host* host = user;
  ++host->statuses;
  host->since = info->since;
  host->stanzas_in = info->stanzas_in;
  host->stanzas_out = info->stanzas_out;
}

static void on_peer(void* user, const char* full_jid, int e2e) {
  c_host* host = user;
  host->peers += e2e == 1 && strcmp(full_jid, host->other->jid) == 0;
}

static void on_ask(void* user, const balcony_question* question) {
  c_host* host = user;
  ++host->asks;
  KEEP(host->fingerprint, question->fingerprint);
}

static void on_notice(void* user, const char* peer, const char* text) {
  (void)peer;
  c_host* host = user;
  ++host->notices;
  KEEP(host->notice, text);
}

static void on_reply(void* user, const char* line, int ok, const char* text) {
  c_host* host = user;
  ++host->replies;
  host->failed_replies += !ok;
  KEEP(host->line, line);
  KEEP(host->answer, text);
}

static void on_features(void* user, const char* const* features) {
  c_host* host = user;
  size_t used = 0;
  host->features[0] = 0;
  for (; *features; ++features)
    used += (size_t)snprintf(host->features + used, sizeof host->features - used,
                             "<feature var='%s'/>", *features);
}

static void on_writable(void* user, const char* peer) {
  (void)peer;
  ++((c_host*)user)->writables;
}

static void on_log(void* user, int level, const char* line) {
  (void)level, (void)line;
  ++((c_host*)user)->logs;
}

static void on_wake(void* user) {
  __atomic_add_fetch(&((c_host*)user)->wakes, 1, __ATOMIC_RELAXED);
}

/* ---- what tests do ---- */

int c_host_open(c_host* host, const char* jid, const char* folder, const char* const* settings,
                char** error) {
  memset(host, 0, sizeof *host);
  host->jid = jid;
  host->other = host; /* nobody yet */
  host->inbox_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  pthread_mutex_init(&host->lock, NULL);
  balcony_host callbacks = {.size = sizeof callbacks,
                            .user = host,
                            .settings = settings,
                            .sender_of = sender_of,
                            .send = on_send,
                            .receive = on_receive,
                            .undelivered = on_undelivered,
                            .stream = on_stream,
                            .peer = on_peer,
                            .status = on_status,
                            .ask = on_ask,
                            .notice = on_notice,
                            .reply = on_reply,
                            .features = on_features,
                            .writable = on_writable,
                            .log = on_log,
                            .wake = on_wake};
  host->account = balcony_open(&callbacks, folder, error);
  if (!host->account) close(host->inbox_fd);
  return host->account != NULL;
}

void c_hosts_join(c_host* a, c_host* b) {
  a->other = b;
  b->other = a;
}

void c_host_login(c_host* host, int resumed) {
  __atomic_store_n(&host->is_online, 1, __ATOMIC_RELEASE);
  balcony_online(host->account, host->jid, resumed);
  if (!is_online(host->other)) return;
  deliver(host->other, format("<presence from='%s'/>", host->jid));
  deliver(host, format("<presence from='%s'/>", host->other->jid));
}

void c_host_logout(c_host* host) {
  __atomic_store_n(&host->is_online, 0, __ATOMIC_RELEASE);
  balcony_offline(host->account);
  if (is_online(host->other))
    deliver(host->other, format("<presence from='%s' type='unavailable'/>", host->jid));
}

int c_host_say(c_host* host, const char* to, const char* id, const char* text) {
  char* stanza =
      format("<message to='%s' id='%s' type='chat'><body>%s</body></message>", to, id, text);
  char* instead = NULL;
  int verdict = balcony_outgoing(host->account, stanza, &instead);
  if (verdict == BALCONY_PASS) route(host, instead ? instead : stanza);
  balcony_free(instead);
  free(stanza);
  return verdict;
}

static void work(c_host* host) {
  uint64_t count;
  if (read(host->inbox_fd, &count, sizeof count) < 0) count = 0;
  for (char* stanza; (stanza = next_letter(host)); free(stanza))
    if (balcony_incoming(host->account, stanza) == BALCONY_PASS) handle(host, stanza);
  balcony_dispatch(host->account);
}

void c_host_turn(c_host* host, int milliseconds) {
  struct pollfd fds[2] = {{.fd = host->inbox_fd, .events = POLLIN},
                          {.fd = balcony_fd(host->account), .events = POLLIN}};
  poll(fds, 2, milliseconds);
  work(host);
}

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

int c_hosts_run(c_host* a, c_host* b, int (*done)(const c_host* a, const c_host* b)) {
  for (long long end = now() + 20000; !done(a, b);) {
    int left = (int)(end - now());
    if (left <= 0) return 0;
    struct pollfd fds[4] = {{.fd = a->inbox_fd, .events = POLLIN},
                            {.fd = balcony_fd(a->account), .events = POLLIN},
                            {.fd = b->inbox_fd, .events = POLLIN},
                            {.fd = balcony_fd(b->account), .events = POLLIN}};
    poll(fds, 4, left);
    work(a);
    work(b);
  }
  return 1;
}

int c_host_wakes(const c_host* host) { return __atomic_load_n(&host->wakes, __ATOMIC_RELAXED); }

void c_host_close(c_host* host) {
  balcony_close(host->account);
  for (char* stanza; (stanza = next_letter(host));) free(stanza);
  pthread_mutex_destroy(&host->lock);
  close(host->inbox_fd);
}
