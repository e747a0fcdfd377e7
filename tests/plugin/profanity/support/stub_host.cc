// SPDX-License-Identifier: MIT
#include "tests/plugin/profanity/support/stub_host.h"

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <cstring>

namespace {

StubHost* only = nullptr;

struct Jid {
  std::string full;
};
struct ListNode {
  void* data;
  ListNode* next;
  void* prev;
};
struct Client {
  const char* name;
  int presence;
};

// The messages of the client's versions, as their headers lay them out.
struct Pointers {
  Jid *from, *to;
  char *id, *originid, *replace_id, *stanzaid, *body, *encrypted, *plain;
  void* timestamp;
};
struct Until16 : Pointers {
  int enc, trusted, is_mam, type;
};
struct From17 : Pointers {
  int enc, omemo_err, trusted, is_mam, type;
};

std::string text(const char* words) { return words ? words : ""; }

std::string plugin_name(const char* file) {
  std::string name = file;
  return name.substr(0, name.size() - 1) + "so";
}

ListNode* listed(const std::vector<void*>& items) {
  ListNode* first = nullptr;
  for (auto item = items.rbegin(); item != items.rend(); ++item)
    first = new ListNode{*item, first, nullptr};
  return first;
}

void free_list(ListNode* node) {
  while (node) {
    ListNode* next = node->next;
    delete node;
    node = next;
  }
}

template <class Layout>
StubHost::Shown shown(const void* message) {
  const auto& m = *static_cast<const Layout*>(message);
  return {m.from->full, m.to ? m.to->full : "",
          text(m.id),   text(m.replace_id),
          text(m.body), m.is_mam,
          m.type,       m.trusted};
}

}  // namespace

StubHost::StubHost() {
  assert(!only);
  only = this;
}
StubHost::~StubHost() {
  prof_on_shutdown();
  only = nullptr;
}
StubHost& StubHost::instance() { return *only; }

void StubHost::load_online() {
  state = 1;
  broken = false;
  prof_init(version.c_str(), status.c_str(), "romeo", full_jid.c_str());
}

// As the client does it: the answer to the bind comes first, then requests go out, then the roster
// comes and presence is sent.
void StubHost::log_in(bool new_connection) {
  if (new_connection) connection = 1 - connection, element_handler = nullptr;
  state = 1;
  broken = false;
  if (element_handler) {
    prof_on_iq_stanza_receive("<iq id=\"_xmpp_bind1\" type=\"result\"><bind/></iq>");
    element_handler(nullptr, reinterpret_cast<_xmpp_stanza_t*>(const_cast<char*>("_xmpp_bind1")),
                    element_user);
  }
  prof_on_iq_stanza_send("<iq id='roster' type='get'><query xmlns='jabber:iq:roster'/></iq>");
  prof_on_connect("romeo", full_jid.c_str());
}

void StubHost::lose_connection() {
  broken = true;
  prof_on_disconnect("romeo", full_jid.c_str());
  state = 3;
}

void StubHost::resume() {
  state = 1;
  broken = false;
  prof_on_connect("romeo", full_jid.c_str());
}

void StubHost::type(std::vector<std::string> words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  command(pointers.data());
}

void StubHost::turn() {
  if (turn_handler && state == 1) turn_handler(nullptr, turn_user);
  if (timer) timer();
}

std::string StubHost::sends(const std::string& stanza) {
  char* instead = prof_on_message_stanza_send(stanza.c_str());
  std::string leaves = instead ? instead : stanza;
  std::free(instead);
  return leaves;
}

std::set<std::string> StubHost::features() const {
  std::set<std::string> all;
  for (const auto& [feature, count] : counts) all.insert(feature);
  return all;
}

bool StubHost::saw_line(const std::string& part) const {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& line) { return line.find(part) != std::string::npos; });
}

#pragma GCC visibility push(default)  // as in the client's program
extern "C" {

// ---- the client's functions that the plugin looks up ----

int connection_get_status() { return only->state; }
const char* connection_get_fulljid() { return only->full_jid.c_str(); }
_xmpp_ctx_t* connection_get_ctx() { return nullptr; }
_xmpp_conn_t* connection_get_conn() {
  return reinterpret_cast<_xmpp_conn_t*>(&only->connections[only->connection]);
}
void connection_check_events() { only->turn(); }
int muc_active(const char* room) { return only->rooms.contains(room); }
void sv_ev_typing(char* bare, char* resource) {
  only->events.push_back("typing " + text(bare) + "/" + resource);
}
void sv_ev_paused(char* bare, char* resource) {
  only->events.push_back("paused " + text(bare) + "/" + resource);
}
void sv_ev_inactive(char* bare, char* resource) {
  only->events.push_back("inactive " + text(bare) + "/" + resource);
}
void sv_ev_gone(const char* bare, const char* resource) {
  only->events.push_back("gone " + text(bare) + "/" + resource);
}
void sv_ev_activity(const char* bare, const char* resource, int states) {
  only->events.push_back((states ? "active " : "unknown ") + text(bare) + "/" + resource);
}
void sv_ev_message_receipt(const char* bare, const char* id) {
  only->events.push_back("receipt " + text(bare) + " " + id);
}

void* jid_create_from_bare_and_resource(const char* bare, const char* resource) {
  return new Jid{text(bare) + "/" + resource};
}
void* message_init() {
  void* message = std::malloc(sizeof(From17));
  std::memset(message, only->zeroed ? 0 : 0xAA, sizeof(From17));
  *static_cast<Pointers*>(message) = {};
  return message;
}
void message_free(void* message) {
  auto* m = static_cast<Pointers*>(message);
  delete m->from;
  delete m->to;
  for (char* part : {m->id, m->replace_id, m->body}) std::free(part);
  std::free(message);
}
void sv_ev_incoming_message(void* message) {
  only->shown.push_back(only->new_layout ? shown<From17>(message) : shown<Until16>(message));
}
void* g_date_time_new_now_local() { return &only->state; }
void* g_date_time_new_from_iso8601(const char*, void*) { return &only->state; }

ListNode* roster_get_contacts(int) {
  std::vector<void*> contacts;
  for (auto& entry : only->roster) contacts.push_back(&entry);
  return listed(contacts);
}
using Contact = std::pair<const std::string, std::vector<std::string>>;
const char* p_contact_barejid(void* contact) {
  return static_cast<Contact*>(contact)->first.c_str();
}
ListNode* p_contact_get_available_resources(void* contact) {
  static std::vector<Client> clients;
  clients.clear();
  for (const std::string& name : static_cast<Contact*>(contact)->second)
    clients.push_back({name.c_str(), 0});
  std::vector<void*> items;
  for (Client& client : clients) items.push_back(&client);
  return listed(items);
}
void g_slist_free(ListNode* list) { free_list(list); }
void g_list_free(ListNode* list) { free_list(list); }

void disco_add_feature(const char* plugin, char* feature) {
  if (only->added[plugin].insert(feature).second) ++only->counts[feature];
}
void disco_remove_features(const char* plugin) {
  for (const std::string& feature : only->added[plugin])
    if (--only->counts[feature] <= 0) only->counts.erase(feature);
}
void caps_reset_ver() {}
const char* session_get_account_name() { return "romeo"; }
int accounts_get_last_presence(const char*) { return 0; }
void cl_ev_presence_send(int, int) { ++only->presences; }

void xmpp_global_timed_handler_add(_xmpp_ctx_t*, int (*handler)(_xmpp_ctx_t*, void*), unsigned long,
                                   void* user) {
  only->turn_handler = handler;
  only->turn_user = user;
}
void xmpp_global_timed_handler_delete(_xmpp_ctx_t*, int (*)(_xmpp_ctx_t*, void*)) {
  only->turn_handler = nullptr;
}
void xmpp_handler_add(_xmpp_conn_t*, int (*handler)(_xmpp_conn_t*, _xmpp_stanza_t*, void*),
                      const char*, const char*, const char*, void* user) {
  only->element_handler = handler;
  only->element_user = user;
}
void xmpp_handler_delete(_xmpp_conn_t*, int (*)(_xmpp_conn_t*, _xmpp_stanza_t*, void*)) {
  only->element_handler = nullptr;
}
_xmpp_conn_t* xmpp_conn_clone(_xmpp_conn_t* connection) { return connection; }
int xmpp_conn_release(_xmpp_conn_t*) { return 0; }
int xmpp_conn_is_disconnected(_xmpp_conn_t*) { return only->broken; }
const char* xmpp_stanza_get_id(_xmpp_stanza_t* stanza) {
  return reinterpret_cast<const char*>(stanza);
}

// ---- the plugin interface ----

void (*prof_cons_alert)(void) = [] {};
int (*prof_cons_show)(const char*) = [](const char* line) {
  only->lines.emplace_back(line);
  return 1;
};
void (*prof_log_debug)(const char*) = [](const char*) {};
void (*prof_log_info)(const char*) = [](const char*) {};
void (*prof_log_warning)(const char*) = [](const char* line) { only->log.emplace_back(line); };
void (*prof_log_error)(const char*) = [](const char* line) { only->log.emplace_back(line); };
char* in_front(bool is_room) {
  bool is_meant = !only->in_front.empty() && only->rooms.contains(only->in_front) == is_room;
  return is_meant ? only->in_front.data() : nullptr;
}
char* (*prof_get_current_recipient)(void) = [] { return in_front(false); };
char* (*prof_get_current_muc)(void) = [] { return in_front(true); };
char* (*prof_get_barejid_from_roster)(const char*) = [](const char* name) -> char* {
  auto found = only->roster_names.find(name);
  return found == only->roster_names.end() ? nullptr : found->second.data();
};
int (*prof_chat_show_themed)(const char*, const char*, const char*, const char*, const char*,
                             const char*) = [](const char* contact, const char*, const char*,
                                               const char*, const char*, const char* line) {
  if (!only->windows.contains(contact)) return 0;
  only->lines.push_back(text(contact) + ": " + line);
  return 1;
};
int (*prof_room_show_themed)(const char*, const char*, const char*, const char*, const char*,
                             const char*) = [](const char* room, const char*, const char*,
                                               const char*, const char*, const char* line) {
  if (!only->rooms.contains(room)) return 0;
  only->lines.push_back(text(room) + ": " + line);
  return 1;
};
int (*prof_chat_set_titlebar_enctext)(const char*, const char*) = [](const char* contact,
                                                                     const char* words) {
  if (!only->windows.contains(contact)) return 0;
  only->titles[contact] = words;
  return 1;
};
int (*prof_chat_unset_titlebar_enctext)(const char*) = [](const char* contact) {
  return static_cast<int>(only->titles.erase(contact));
};
int (*prof_send_stanza)(char*) = [](char* stanza) {
  only->sent.emplace_back(stanza);
  return 1;
};
void (*_prof_register_command)(const char*, const char*, int, int, char**, const char*, char*[][2],
                               char**, void (*)(char**)) =
    [](const char*, const char*, int, int, char**, const char*, char*[][2], char**,
       void (*callback)(char**)) { only->command = callback; };
void (*_prof_register_timed)(const char*, void (*)(void), int) =
    [](const char*, void (*callback)(), int) { only->timer = callback; };
void (*_prof_completer_add)(const char*, const char*, char**) = [](const char*, const char* key,
                                                                   char** items) {
  for (; *items; ++items) only->completions.emplace(key, *items);
};
void (*_prof_completer_clear)(const char*, const char*) = [](const char*, const char* key) {
  only->completions.erase(key);
};
void (*_prof_disco_add_feature)(const char*, char*) = [](const char* file, char* feature) {
  disco_add_feature(plugin_name(file).c_str(), feature);
  if (only->state == 1) ++only->presences;
};

}  // extern "C"
#pragma GCC visibility pop
