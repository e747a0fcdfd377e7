/* SPDX-License-Identifier: MIT
 * A plain client on libstrophe, the yardstick for what goes through a server: sends messages, or
 * bytes in band with one block outstanding (XEP-0047), and prints how many seconds it took.
 *
 *   plain_client JID PASSWORD PORT answer                      receives, until it is ended
 *   plain_client JID PASSWORD PORT messages PEER COUNT         the last one is answered
 *   plain_client JID PASSWORD PORT bytes PEER COUNT BLOCK
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strophe.h>
#include <time.h>

#define NS_IBB "http://jabber.org/protocol/ibb"

static struct {
  xmpp_ctx_t* context;
  const char *job, *peer;
  long count, sent, block, sequence;
  char* base64; /* of one block */
  struct timespec began;
} self;

static void finish(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  printf("%.6f\n", (double)(now.tv_sec - self.began.tv_sec) +
                       (double)(now.tv_nsec - self.began.tv_nsec) * 1e-9);
  fflush(stdout);
  xmpp_stop(self.context);
}

static void send_iq(xmpp_conn_t* connection, const char* name, const char* text) {
  char number[24];
  xmpp_stanza_t* iq = xmpp_iq_new(self.context, "set", NULL);
  xmpp_stanza_t* payload = xmpp_stanza_new(self.context);
  snprintf(number, sizeof number, "i%ld", self.sequence);
  xmpp_stanza_set_id(iq, number);
  xmpp_stanza_set_to(iq, self.peer);
  xmpp_stanza_set_name(payload, name);
  xmpp_stanza_set_ns(payload, NS_IBB);
  xmpp_stanza_set_attribute(payload, "sid", "plain");
  snprintf(number, sizeof number, "%ld", text ? self.sequence++ % 65536 : self.block);
  xmpp_stanza_set_attribute(payload, text ? "seq" : "block-size", number);
  if (text) {
    xmpp_stanza_t* octets = xmpp_stanza_new(self.context);
    xmpp_stanza_set_text(octets, text);
    xmpp_stanza_add_child(payload, octets);
    xmpp_stanza_release(octets);
  }
  xmpp_stanza_add_child(iq, payload);
  xmpp_stanza_release(payload);
  xmpp_send(connection, iq);
  xmpp_stanza_release(iq);
}

static int on_iq(xmpp_conn_t* connection, xmpp_stanza_t* iq, void* unused) {
  const char* type = xmpp_stanza_get_type(iq);
  (void)unused;
  if (type && strcmp(type, "set") == 0) {
    xmpp_stanza_t* answer = xmpp_stanza_reply(iq);
    xmpp_stanza_set_type(answer, "result");
    xmpp_send(connection, answer);
    xmpp_stanza_release(answer);
  } else if (type && strcmp(type, "result") == 0 && strcmp(self.job, "bytes") == 0) {
    if (self.sent >= self.count) {
      finish();
    } else {
      self.sent += self.block;
      send_iq(connection, "data", self.base64);
    }
  } else if (type && strcmp(type, "error") == 0) {
    fprintf(stderr, "plain_client: an error came back\n");
    exit(1);
  }
  return 1;
}

static void say(xmpp_conn_t* connection, const char* to, const char* id) {
  xmpp_stanza_t* message = xmpp_message_new(self.context, "chat", to, id);
  xmpp_message_set_body(message,
                        "Lady, by yonder blessed moon I vow, that tips with silver all these "
                        "fruit-tree tops");
  xmpp_send(connection, message);
  xmpp_stanza_release(message);
}

static int on_message(xmpp_conn_t* connection, xmpp_stanza_t* message, void* unused) {
  const char* id = xmpp_stanza_get_id(message);
  (void)unused;
  if (strcmp(self.job, "messages") == 0)
    finish();
  else if (id && strcmp(id, "last") == 0)
    say(connection, xmpp_stanza_get_from(message), "answer");
  return 1;
}

static void on_connection(xmpp_conn_t* connection, xmpp_conn_event_t event, int error,
                          xmpp_stream_error_t* stream_error, void* unused) {
  (void)error, (void)stream_error, (void)unused;
  if (event != XMPP_CONN_CONNECT) {
    xmpp_stop(self.context);
    return;
  }
  xmpp_handler_add(connection, on_iq, NULL, "iq", NULL, NULL);
  xmpp_handler_add(connection, on_message, NULL, "message", NULL, NULL);
  xmpp_stanza_t* presence = xmpp_presence_new(self.context);
  xmpp_send(connection, presence);
  xmpp_stanza_release(presence);
  printf("ready\n");
  fflush(stdout);
  clock_gettime(CLOCK_MONOTONIC, &self.began);
  if (strcmp(self.job, "bytes") == 0) send_iq(connection, "open", NULL);
  if (strcmp(self.job, "messages") == 0)
    for (long i = 1; i <= self.count; ++i)
      say(connection, self.peer, i < self.count ? "m" : "last");
}

int main(int count, char** words) {
  if (count < 5) return 2;
  self.job = words[4];
  self.peer = count > 5 ? words[5] : NULL;
  self.count = count > 6 ? atol(words[6]) : 0;
  self.block = count > 7 ? atol(words[7]) : 4096;
  xmpp_initialize();
  self.context = xmpp_ctx_new(NULL, NULL);
  xmpp_ctx_set_timeout(self.context, 1);
  unsigned char* block = calloc(1, (size_t)self.block);
  self.base64 = xmpp_base64_encode(self.context, block, (size_t)self.block);
  free(block);
  xmpp_conn_t* connection = xmpp_conn_new(self.context);
  xmpp_conn_set_flags(connection, XMPP_CONN_FLAG_DISABLE_TLS);
  xmpp_conn_set_jid(connection, words[1]);
  xmpp_conn_set_pass(connection, words[2]);
  xmpp_connect_client(connection, "127.0.0.1", (unsigned short)atoi(words[3]), on_connection, NULL);
  xmpp_run(self.context);
  xmpp_free(self.context, self.base64);
  xmpp_conn_release(connection);
  xmpp_ctx_free(self.context);
  xmpp_shutdown();
  return 0;
}
