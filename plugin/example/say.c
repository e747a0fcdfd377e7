/* SPDX-License-Identifier: MIT */
/*
 * Says one line to a contact, end to end or not at all, and prints the answer. A whole client on
 * libstrophe and Balcony, but for what a contact could ask of it (disco#info).
 *
 *   cc say.c -o say $(pkg-config --cflags --libs balcony-strophe)
 *   PASSWORD=secret ./say romeo@example.org juliet@example.org "Lady, by yonder moon" [PORT]
 *
 * With a PORT: a server on loopback, without TLS. The key and what it trusts are kept in say.state.
 */
#include <balcony/balcony_strophe.h>
#include <stdio.h>
#include <stdlib.h>

static const char *contact, *line;
static xmpp_ctx_t* context;
static balcony_strophe* e2e;
static int status = 1, done = 0;

static void on_online(void* user, const char* jid, int resumed) {
  (void)user, (void)jid;
  if (resumed) return;
  xmpp_stanza_t* presence = xmpp_presence_new(context); /* others learn that we are here */
  xmpp_stanza_t* message = xmpp_message_new(context, "chat", contact, "say-1");
  xmpp_message_set_body(message, line);
  balcony_strophe_send(e2e, presence, NULL);
  done = balcony_strophe_send(e2e, message, NULL) != BALCONY_STROPHE_TAKEN;
  xmpp_stanza_release(message);
  xmpp_stanza_release(presence);
}

static int on_receive(void* user, xmpp_stanza_t* stanza, const char* xml, const balcony_stanza* c) {
  (void)user, (void)xml;
  char* body = c ? xmpp_message_get_body(stanza) : NULL; /* NULL: it came through the server */
  if (!body) return 0;
  printf("%s, end to end (%s): %s\n", c->peer, c->transport, body);
  xmpp_free(context, body);
  done = 1, status = 0;
  return 1;
}

static void on_undelivered(void* user, const balcony_stanza* c, int unknown, const char* reason) {
  (void)user;
  fprintf(stderr, "%s %s it: %s\n", c->peer, unknown ? "may have got" : "did not get", reason);
  done = 1;
}

static void on_connection(xmpp_conn_t* connection, xmpp_conn_event_t event, int error,
                          xmpp_stream_error_t* stream_error, void* user) {
  (void)stream_error, (void)user;
  balcony_strophe_event(e2e, connection, event, error);
  if (event == XMPP_CONN_CONNECT) return;
  if (!done) fprintf(stderr, "say: no connection to the server\n");
  done = 2;
}

int main(int argc, char** argv) {
  if (argc < 4) return fprintf(stderr, "usage: PASSWORD=... say JID CONTACT LINE [PORT]\n"), 2;
  contact = argv[2], line = argv[3];
  unsigned short port = (unsigned short)(argc > 4 ? atoi(argv[4]) : 0);
  xmpp_initialize();
  context = xmpp_ctx_new(NULL, NULL);
  xmpp_conn_t* connection = xmpp_conn_new(context);
  xmpp_conn_set_jid(connection, argv[1]);
  xmpp_conn_set_pass(connection, getenv("PASSWORD"));
  xmpp_conn_set_flags(connection, port ? XMPP_CONN_FLAG_DISABLE_TLS : XMPP_CONN_FLAG_MANDATORY_TLS);
  const char* settings[] = {"mode=require", "trust=tofu", NULL};
  balcony_strophe_client client = {
      .size = sizeof client,
      .online = on_online,
      .receive = on_receive,
      .host = {.size = sizeof client.host, .settings = settings, .undelivered = on_undelivered}};
  char* error = NULL;
  e2e = balcony_strophe_open(context, &client, "say.state", &error);
  if (!e2e) return fprintf(stderr, "say: %s\n", error), balcony_free(error), 1;
  balcony_strophe_attach(e2e, connection);
  const char* server = port ? "127.0.0.1" : NULL;
  if (xmpp_connect_client(connection, server, port, on_connection, NULL) != XMPP_EOK) return 1;
  while (!done) balcony_strophe_run_once(e2e, NULL, 0, 1000);
  balcony_strophe_shutdown(e2e); /* the streams are closed in order */
  while (done < 2 && balcony_strophe_closing(e2e)) balcony_strophe_run_once(e2e, NULL, 0, 100);
  if (done < 2) xmpp_disconnect(connection);
  while (done < 2) balcony_strophe_run_once(e2e, NULL, 0, 100);
  balcony_strophe_close(e2e);
  xmpp_conn_release(connection);
  xmpp_ctx_free(context);
  xmpp_shutdown();
  return status;
}
