/* SPDX-License-Identifier: MIT */
/*
 * Two hosts in C on balcony.h, each the other's only contact, and the server between them: an inbox
 * each, in memory. A host lives on one thread, which calls everything here but c_hosts_join; two
 * hosts may live on two.
 */
#ifndef BALCONY_TESTS_C_HOSTS_H
#define BALCONY_TESTS_C_HOSTS_H

#include <pthread.h>

#include "plugin/balcony.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct c_host {
  struct balcony_account* account;
  const char* jid; /* full */
  struct c_host* other;

  /* what it was told, in numbers and last words */
  int opened, closed, received, undelivered, unknown, statuses, replies, failed_replies, writables,
      asks, notices, logs, peers;
  int wakes; /* made on any thread: read it by c_host_wakes */
  char state[16], role[16], transport[16], tls[16], trust[16], fingerprint[80], reason[32];
  char message[4096], sender[256], lost_id[64], answer[1024], line[256], notice[1024];
  uint64_t stanzas_in, stanzas_out;
  double since;

  /* the server's side */
  pthread_mutex_t lock; /* guards the inbox */
  struct c_letter *first, *last;
  int inbox_fd;
  int is_online; /* atomic */
  char features[2048];
} c_host;

/* 1 if it opened. `error` as in balcony_open. */
int c_host_open(c_host* host, const char* jid, const char* folder, const char* const* settings,
                char** error);
void c_hosts_join(c_host* a, c_host* b);
void c_host_login(c_host* host, int resumed); /* and shows itself to the other */
void c_host_logout(c_host* host);
/* Sends text to the other as a client would: what passes goes by the server. The verdict. */
int c_host_say(c_host* host, const char* to, const char* id, const char* text);
/* Waits until there is something to do, or `milliseconds`, and does it. */
void c_host_turn(c_host* host, int milliseconds);
/* Turns both until `done`, 1, or for 20 seconds, 0. */
int c_hosts_run(c_host* a, c_host* b, int (*done)(const c_host* a, const c_host* b));
int c_host_wakes(const c_host* host);
void c_host_close(c_host* host); /* as it is */

#ifdef __cplusplus
}
#endif
#endif
