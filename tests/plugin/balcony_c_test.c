/* SPDX-License-Identifier: MIT */
/* balcony.h as a host in C uses it. Each test returns how many of its expectations failed. */
#define _POSIX_C_SOURCE 200809L
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "plugin/balcony.h"
#include "tests/plugin/c_hosts.h"

int c_hosts_talk_end_to_end(const char* folders[2]);
int c_host_decides_what_leaves(const char* folder);
int c_host_reads_reasons_when_opening_fails(const char* folder);
int c_host_may_leave_every_callback_out(const char* folder);

static const char* const kAuto[] = {"transports=ibb", "mode=auto", "trust=tofu", NULL};
static const char kRomeo[] = "romeo@example.org/orchard";
static const char kJuliet[] = "juliet@example.net/balcony";

static int failures;
#define EXPECT(truth) \
  ((truth) ? (void)0  \
           : (void)(++failures, printf("%s:%d: not true: %s\n", __FILE__, __LINE__, #truth)))
#define EXPECT_TEXT(text, expected)                                                             \
  (strcmp(text, expected) == 0 ? (void)0                                                        \
                               : (void)(++failures, printf("%s:%d: '%s', not '%s'\n", __FILE__, \
                                                           __LINE__, text, expected)))

static int can(const c_host* a, const c_host* b) { return a->peers > 0 && b->peers > 0; }
static int open_both(const c_host* a, const c_host* b) { return a->opened && b->opened; }
static int heard_both(const c_host* a, const c_host* b) {
  return a->received == 1 && b->received == 1;
}
static int told_status(const c_host* a, const c_host* b) { return a->statuses && b->statuses; }
static int lost(const c_host* a, const c_host* b) { return a->undelivered + b->undelivered > 0; }
static int over(const c_host* a, const c_host* b) {
  return !balcony_closing(a->account) && !balcony_closing(b->account);
}

static int noticed(const c_host* a, const c_host* b) { return a->notices + b->notices > 0; }

static void say_both_ways(c_host* romeo, c_host* juliet) {
  EXPECT(c_host_say(romeo, kJuliet, "m1", "But soft!") == BALCONY_TAKEN);
  EXPECT(c_host_say(juliet, "romeo@example.org", "m2", "Ay me!") == BALCONY_TAKEN);
  EXPECT(c_hosts_run(romeo, juliet, heard_both));
  EXPECT(strstr(juliet->message, "But soft!") != NULL);
  EXPECT(strstr(romeo->message, "Ay me!") != NULL);
  EXPECT(strstr(romeo->message, "to='romeo@example.org/orchard'") != NULL);
  EXPECT_TEXT(juliet->sender, kRomeo);
  EXPECT_TEXT(juliet->trust, "new");
}

static void show_status(c_host* romeo, c_host* juliet) {
  balcony_command(romeo->account, "status");
  balcony_command(juliet->account, "status romeo@example.org");
  EXPECT(c_hosts_run(romeo, juliet, told_status));
  EXPECT_TEXT(romeo->line, "status");
  EXPECT(romeo->statuses == 1 && juliet->statuses == 1);
  EXPECT(romeo->stanzas_out == 1 && romeo->stanzas_in == 1);
  EXPECT(romeo->since >= 0);
}

static void lose_one(c_host* romeo, c_host* juliet) {
  balcony_command(romeo->account, "mode paris@example.com require");
  EXPECT(c_host_say(romeo, "paris@example.com", "m3", "poison") == BALCONY_TAKEN);
  balcony_command(romeo->account, "mode paris@example.com ask");
  EXPECT(c_hosts_run(romeo, juliet, lost));
  EXPECT_TEXT(romeo->lost_id, "m3");
  EXPECT(romeo->undelivered == 1 && romeo->unknown == 0 && juliet->undelivered == 0);
}

int c_hosts_talk_end_to_end(const char* folders[2]) {
  c_host romeo, juliet;
  failures = 0;
  EXPECT(c_host_open(&romeo, kRomeo, folders[0], kAuto, NULL));
  EXPECT(c_host_open(&juliet, kJuliet, folders[1], kAuto, NULL));
  c_hosts_join(&romeo, &juliet);
  c_host_login(&romeo, 0);
  c_host_login(&juliet, 0);
  EXPECT(c_hosts_run(&romeo, &juliet, can));

  balcony_command(romeo.account, "start juliet@example.net");
  EXPECT(c_hosts_run(&romeo, &juliet, open_both));
  EXPECT_TEXT(romeo.transport, "ibb");
  EXPECT_TEXT(romeo.tls, "TLSv1.3");
  EXPECT_TEXT(romeo.role, "initiator");
  EXPECT(strlen(romeo.fingerprint) == 64);
  say_both_ways(&romeo, &juliet);
  show_status(&romeo, &juliet);
  lose_one(&romeo, &juliet);

  balcony_shutdown(romeo.account);
  balcony_shutdown(juliet.account);
  EXPECT(balcony_closing(romeo.account));
  EXPECT(c_hosts_run(&romeo, &juliet, over));
  EXPECT(romeo.closed == 1 && juliet.closed == 1);
  EXPECT_TEXT(juliet.reason, "success");
  EXPECT(romeo.failed_replies == 0 && romeo.asks == 0);
  EXPECT(c_host_wakes(&romeo) > 0 && romeo.logs > 0);
  c_host_close(&romeo);
  c_host_close(&juliet);
  return failures;
}

/* The verdict of `stanza`, and whether there was a text. */
static int verdict(c_host* host, const char* stanza, int has_text) {
  char* text = "not set";
  int answer = balcony_outgoing(host->account, stanza, &text);
  EXPECT((text != NULL) == has_text);
  balcony_free(text);
  return answer;
}

int c_host_decides_what_leaves(const char* folder) {
  c_host romeo;
  failures = 0;
  EXPECT(c_host_open(&romeo, kRomeo, folder, kAuto, NULL));
  static const char kMessage[] = "<message to='juliet@example.net'><body>hi</body></message>";
  EXPECT(verdict(&romeo, kMessage, 0) == BALCONY_PASS);
  EXPECT(verdict(&romeo, "<message", 0) == BALCONY_PASS);
  EXPECT(verdict(&romeo, "<presence to='juliet@example.net'/>", 0) == BALCONY_PASS);

  balcony_command(romeo.account, "mode juliet@example.net require");
  EXPECT(verdict(&romeo, kMessage, 0) == BALCONY_TAKEN);
  EXPECT(verdict(&romeo, "<message", 1) == BALCONY_REFUSED);
  EXPECT(verdict(&romeo, "<message to='juliet@example.net' type='headline'/>", 1) ==
         BALCONY_REFUSED);
  EXPECT(balcony_outgoing(romeo.account, "<message", NULL) == BALCONY_REFUSED);
  balcony_command(romeo.account, "mode juliet@example.net off");
  EXPECT(verdict(&romeo, kMessage, 0) == BALCONY_PASS);
  balcony_command(romeo.account, "set mode require");
  EXPECT(verdict(&romeo, kMessage, 0) == BALCONY_PASS);
  EXPECT(verdict(&romeo, "<message to='paris@example.com'/>", 0) == BALCONY_TAKEN);
  balcony_command(romeo.account, "set mode never");
  EXPECT(verdict(&romeo, "<message to='paris@example.com'/>", 0) == BALCONY_TAKEN);

  EXPECT(balcony_incoming(romeo.account, "<message") == BALCONY_PASS);
  EXPECT(balcony_incoming(romeo.account, "<presence") == BALCONY_PASS);
  EXPECT(
      balcony_incoming(romeo.account, "<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>") ==
      BALCONY_PASS);
  EXPECT(balcony_incoming(romeo.account,
                          "<iq type='set' id='1' from='a@b/c'><open "
                          "xmlns='http://jabber.org/protocol/ibb' sid='s' block-size='1'/></iq>") ==
         BALCONY_CONSUMED);
  EXPECT(balcony_may_know(romeo.account, NULL) && balcony_may_know(romeo.account, "") &&
         balcony_may_know(romeo.account, kJuliet) && !balcony_may_know(romeo.account, "@@"));
  balcony_online(romeo.account, "@@", 0);
  EXPECT(c_hosts_run(&romeo, &romeo, noticed));
  EXPECT(strstr(romeo.notice, "@@") != NULL);
  c_host_close(&romeo);
  return failures;
}

/* Opening fails, with a reason that names `word`. */
static void expect_refusal(const char* folder, const char* setting, const char* word) {
  const char* settings[] = {setting, NULL};
  c_host host;
  char* error = NULL;
  EXPECT(!c_host_open(&host, kRomeo, folder, settings, &error));
  EXPECT(error && strstr(error, word));
  balcony_free(error);
  EXPECT(!c_host_open(&host, kRomeo, folder, settings, NULL));
}

int c_host_reads_reasons_when_opening_fails(const char* folder) {
  failures = 0;
  expect_refusal("/dev/null/state", NULL, "/dev/null/state");
  expect_refusal(folder, "mode=sometimes", "mode");
  expect_refusal(folder, "colour=blue", "colour");
  expect_refusal(folder, "mode", "KEY=VALUE");
  const char* const damaged[] = {"settings.ini", "contacts.ini", "trust.ini"};
  for (int i = 0; i < 3; ++i) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, damaged[i]);
    FILE* file = fopen(path, "w");
    fputs("[half", file);
    fclose(file);
    expect_refusal(folder, NULL, damaged[i]);
    remove(path);
  }
  char* error = "not set";
  c_host host;
  EXPECT(c_host_open(&host, kRomeo, folder, NULL, &error));
  EXPECT(error == NULL);
  c_host_close(&host);
  return failures;
}

int c_host_may_leave_every_callback_out(const char* folder) {
  failures = 0;
  balcony_host deaf = {.size = sizeof deaf};
  balcony* b = balcony_open(&deaf, folder, NULL);
  EXPECT(b != NULL);
  balcony_online(b, kRomeo, 0);
  balcony_command(b, "help");
  balcony_shutdown(b);
  struct pollfd fd = {.fd = balcony_fd(b), .events = POLLIN};
  int closing;
  while ((closing = balcony_closing(b)) && poll(&fd, 1, 10000) == 1) balcony_dispatch(b);
  EXPECT(!closing);
  balcony_close(b);

  balcony_host early = {.size = offsetof(balcony_host, settings)}; /* knows no later member */
  b = balcony_open(&early, folder, NULL);
  EXPECT(b != NULL);
  balcony_close(b);
  return failures;
}
