// SPDX-License-Identifier: MIT
// What the plugin uses of the client beyond its plugin interface: functions of Profanity,
// libstrophe and GLib that the client's program happens to export. Each is looked up by name at run
// time and may be absent (null); whoever uses one has another way, or does without. Main thread
// only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

struct _xmpp_ctx_t;
struct _xmpp_conn_t;
struct _xmpp_stanza_t;

namespace profanity_host {

// A chat message to show as if it had come through the server.
struct ChatMessage {
  std::string bare, resource;  // who wrote it
  std::string own_bare, own_resource;
  std::string id, replaces, body;  // `replaces`: the id that it corrects, or empty
  std::string stamp;               // XEP-0203, or empty: now
};

class HostInternals {
 public:
  using StropheTimer = int(_xmpp_ctx_t*, void*);
  using StropheHandler = int(_xmpp_conn_t*, _xmpp_stanza_t*, void*);

  // `version` and `status` as prof_init is told them.
  HostInternals(std::string_view version, std::string_view status);

  // Into the contact's window, log and history. False: this client can't; nothing was done.
  bool show_incoming(const ChatMessage& message) const;
  bool can_show_incoming() const { return layout_ != Layout::kUnknown && functions_there_; }

  // Whether the client has a session with its server; unknown counts as no.
  bool is_connected() const;
  bool is_room(const std::string& bare) const;
  // Roster contacts' addresses, and the full ones of those who are online.
  struct Contacts {
    std::vector<std::string> bare, online;
  };
  Contacts contacts() const;
  // Takes `features`, added under `file`, out of what the client says about itself.
  bool remove_features(const std::string& file) const;
  // Sends presence once more, so that others ask again what the client can.
  void announce() const;
  // The account whose session begins; empty if there is none, or it can't be known.
  std::string own_jid() const;
  // Adds without telling the server yet; false if that can't be had.
  bool add_quietly(const std::string& file, const std::string& feature) const;

  _xmpp_ctx_t* (*connection_get_ctx)() = nullptr;
  _xmpp_conn_t* (*connection_get_conn)() = nullptr;
  void (*connection_check_events)() = nullptr;  // one turn of libstrophe, at most 10 ms
  void (*sv_ev_message_receipt)(const char* bare, const char* id) = nullptr;
  void (*sv_ev_typing)(char* bare, char* resource) = nullptr;
  void (*sv_ev_paused)(char* bare, char* resource) = nullptr;
  void (*sv_ev_inactive)(char* bare, char* resource) = nullptr;
  void (*sv_ev_gone)(const char* bare, const char* resource) = nullptr;
  void (*sv_ev_activity)(const char* bare, const char* resource, int has_states) = nullptr;
  void (*xmpp_global_timed_handler_add)(_xmpp_ctx_t*, StropheTimer*, unsigned long milliseconds,
                                        void* user) = nullptr;
  void (*xmpp_global_timed_handler_delete)(_xmpp_ctx_t*, StropheTimer*) = nullptr;
  void (*xmpp_handler_add)(_xmpp_conn_t*, StropheHandler*, const char* ns, const char* name,
                           const char* type, void* user) = nullptr;
  void (*xmpp_handler_delete)(_xmpp_conn_t*, StropheHandler*) = nullptr;
  _xmpp_conn_t* (*xmpp_conn_clone)(_xmpp_conn_t*) = nullptr;
  int (*xmpp_conn_release)(_xmpp_conn_t*) = nullptr;
  int (*xmpp_conn_is_disconnected)(_xmpp_conn_t*) = nullptr;
  const char* (*xmpp_stanza_get_id)(_xmpp_stanza_t*) = nullptr;

 private:
  // Where the client's message struct has its last members.
  enum class Layout { kUnknown, kUntil16, kFrom17 };
  static Layout layout_of(std::string_view version, std::string_view status);

  Layout layout_;
  bool functions_there_ = false;
};

}  // namespace profanity_host
