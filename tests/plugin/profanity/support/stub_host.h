// SPDX-License-Identifier: MIT
// Stands in for Profanity: the pointers that plugins are given, the functions that its program
// exports besides, and what differs from version to version (0.13 to 0.18). Remembers what it was
// told. One per process at a time.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

extern "C" {
void prof_init(const char* version, const char* status, const char* account, const char* full_jid);
void prof_on_unload(void);
void prof_on_shutdown(void);
void prof_on_connect(const char* account, const char* full_jid);
void prof_on_disconnect(const char* account, const char* full_jid);
char* prof_on_message_stanza_send(const char* stanza);
char* prof_on_presence_stanza_send(const char* stanza);
char* prof_on_iq_stanza_send(const char* stanza);
int prof_on_message_stanza_receive(const char* stanza);
int prof_on_presence_stanza_receive(const char* stanza);
int prof_on_iq_stanza_receive(const char* stanza);
void prof_on_chat_win_focus(const char* bare);
}

class StubHost {
 public:
  StubHost();
  ~StubHost();
  StubHost(const StubHost&) = delete;
  StubHost& operator=(const StubHost&) = delete;
  static StubHost& instance();

  // ---- what it is ----
  std::string version = "0.13.1", status = "release";
  bool new_layout = false;  // 0.17: the message has one member more
  bool zeroed = false;      // 0.15: the message begins as zeros
  std::set<std::string> windows, rooms;
  std::string in_front;  // the contact of the window that the user sees
  std::map<std::string, std::vector<std::string>> roster;  // contact: names of clients online
  std::map<std::string, std::string> roster_names;

  // ---- what its user and its server do ----
  void load() { prof_init(version.c_str(), status.c_str(), nullptr, nullptr); }
  void load_online();
  void log_in(bool new_connection = true);  // with a resource bound
  void lose_connection();
  void resume();
  void type(std::vector<std::string> words);  // after /e2e
  void turn();                                // of its main loop
  // A message, as it is about to leave: what leaves in its place; `stanza` itself if unchanged.
  std::string sends(const std::string& stanza);

  // ---- what came of it ----
  struct Shown {
    std::string from, to, id, replaces, body;
    int is_mam, type, trusted;
  };
  std::vector<std::string> lines;  // "WINDOW: TEXT", the console's without a name before
  std::vector<Shown> shown;
  std::vector<std::string> events, sent, log;
  std::map<std::string, std::string> titles;
  std::multimap<std::string, std::string> completions;
  std::set<std::string> features() const;  // as its disco#info lists them
  int presences = 0;                       // sent because features changed
  bool saw_line(const std::string& part) const;

  // For the functions below.
  void (*command)(char** words) = nullptr;
  void (*timer)() = nullptr;
  int (*turn_handler)(struct _xmpp_ctx_t*, void*) = nullptr;
  void* turn_user = nullptr;
  int (*element_handler)(struct _xmpp_conn_t*, struct _xmpp_stanza_t*, void*) = nullptr;
  void* element_user = nullptr;
  std::map<std::string, std::set<std::string>> added;  // by file; never cleaned, as in the client
  std::map<std::string, int> counts;                   // of features
  int state = 3;                                       // disconnected
  std::string full_jid = "romeo@localhost/orchard";
  char connections[2] = {};  // only their addresses matter
  int connection = 0;
  bool broken = true;
};
