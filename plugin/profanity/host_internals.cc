// SPDX-License-Identifier: MIT
#include "plugin/profanity/host_internals.h"

#include <dlfcn.h>

#include <charconv>
#include <cstdlib>
#include <cstring>

namespace profanity_host {
namespace {

template <class Function>
void look_up(Function*& function, const char* name) {
  function = reinterpret_cast<Function*>(dlsym(RTLD_DEFAULT, name));
}

template <class Function>
Function* found(const char* name) {
  Function* function = nullptr;
  look_up(function, name);
  return function;
}

// The client's message, as its releases up to 0.18 lay it out: ten pointers and a few ints.
struct EndUntil16 {
  int trusted, is_mam, type;
};
struct EndFrom17 {
  int omemo_error, trusted, is_mam, type;
};
struct Message {
  void *from, *to;
  char *id, *originid, *replace_id, *stanzaid, *body, *encrypted, *plain;
  void* timestamp;
  int encryption;
  union {
    EndUntil16 until16;
    EndFrom17 from17;
  };
};
constexpr int kTypeChat = 1;
constexpr int kConnected = 1;  // of connection_get_status

// The first members of GLib's two lists are the same.
struct ListNode {
  void* data;
  ListNode* next;
};

struct Functions {
  Message* (*message_init)() = found<Message*()>("message_init");
  void (*message_free)(Message*) = found<void(Message*)>("message_free");
  void* (*jid_create)(const char*, const char*) =
      found<void*(const char*, const char*)>("jid_create_from_bare_and_resource");
  void (*show)(Message*) = found<void(Message*)>("sv_ev_incoming_message");
  void* (*now)() = found<void*()>("g_date_time_new_now_local");
  void* (*read_time)(const char*,
                     void*) = found<void*(const char*, void*)>("g_date_time_new_from_iso8601");
  bool all_there() const { return message_init && message_free && jid_create && show && now; }
};

char* copied(const std::string& text) { return text.empty() ? nullptr : strdup(text.c_str()); }

int number(std::string_view& text) {
  int value = -1;
  auto end = std::from_chars(text.data(), text.data() + text.size(), value).ptr;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.starts_with('.')) text.remove_prefix(1);
  return value;
}

}  // namespace

// A member came in with 0.17. A development version near it may be either; a version that nobody
// has looked at may be anything.
HostInternals::Layout HostInternals::layout_of(std::string_view version, std::string_view status) {
  int major = number(version), minor = number(version);
  bool is_between = status == "development" && (minor == 16 || minor == 17);
  if (major != 0 || minor < 13 || minor > 18 || is_between) return Layout::kUnknown;
  return minor < 17 ? Layout::kUntil16 : Layout::kFrom17;
}

HostInternals::HostInternals(std::string_view version, std::string_view status)
    : layout_(layout_of(version, status)), functions_there_(Functions().all_there()) {
  look_up(connection_get_ctx, "connection_get_ctx");
  look_up(connection_get_conn, "connection_get_conn");
  look_up(connection_check_events, "connection_check_events");
  look_up(sv_ev_message_receipt, "sv_ev_message_receipt");
  look_up(sv_ev_typing, "sv_ev_typing");
  look_up(sv_ev_paused, "sv_ev_paused");
  look_up(sv_ev_inactive, "sv_ev_inactive");
  look_up(sv_ev_gone, "sv_ev_gone");
  look_up(sv_ev_activity, "sv_ev_activity");
  look_up(xmpp_global_timed_handler_add, "xmpp_global_timed_handler_add");
  look_up(xmpp_global_timed_handler_delete, "xmpp_global_timed_handler_delete");
  look_up(xmpp_handler_add, "xmpp_handler_add");
  look_up(xmpp_handler_delete, "xmpp_handler_delete");
  look_up(xmpp_conn_clone, "xmpp_conn_clone");
  look_up(xmpp_conn_release, "xmpp_conn_release");
  look_up(xmpp_conn_is_disconnected, "xmpp_conn_is_disconnected");
  look_up(xmpp_stanza_get_id, "xmpp_stanza_get_id");
}

// The client frees what it is given here with libstrophe's free, which is free().
bool HostInternals::show_incoming(const ChatMessage& told) const {
  if (!can_show_incoming()) return false;
  Functions host;
  Message* message = host.message_init();
  if (!message) return false;
  message->from = host.jid_create(told.bare.c_str(), told.resource.c_str());
  message->to = host.jid_create(told.own_bare.c_str(), told.own_resource.c_str());
  message->id = copied(told.id);
  message->replace_id = copied(told.replaces);
  message->body = copied(told.body);
  bool has_stamp = host.read_time && !told.stamp.empty();
  message->timestamp = has_stamp ? host.read_time(told.stamp.c_str(), nullptr) : nullptr;
  if (!message->timestamp) message->timestamp = host.now();
  if (layout_ == Layout::kUntil16) {  // which leaves is_mam as malloc gave it
    message->until16 = {1, 0, kTypeChat};
  } else {
    message->from17.trusted = 1;
    message->from17.is_mam = 0;
    message->from17.type = kTypeChat;
  }
  if (message->from && message->body) host.show(message);
  host.message_free(message);
  return true;
}

bool HostInternals::is_connected() const {
  auto status = found<int()>("connection_get_status");
  return status && status() == kConnected;
}

std::string HostInternals::own_jid() const {
  auto jid = found<const char*()>("connection_get_fulljid");
  const char* own = jid && is_connected() ? jid() : nullptr;
  return own ? own : "";
}

bool HostInternals::is_room(const std::string& bare) const {
  auto is_active = found<int(const char*)>("muc_active");
  return is_active && is_active(bare.c_str()) != 0;
}

HostInternals::Contacts HostInternals::contacts() const {
  Contacts all;
  auto roster = found<ListNode*(int)>("roster_get_contacts");
  auto address = found<const char*(void*)>("p_contact_barejid");
  auto clients = found<ListNode*(void*)>("p_contact_get_available_resources");
  auto free_contacts = found<void(ListNode*)>("g_slist_free");
  auto free_clients = found<void(ListNode*)>("g_list_free");
  if (!roster || !address || !clients || !free_contacts || !free_clients) return all;
  ListNode* first = roster(0);
  for (ListNode* contact = first; contact; contact = contact->next) {
    all.bare.emplace_back(address(contact->data));
    ListNode* first_client = clients(contact->data);
    for (ListNode* client = first_client; client; client = client->next) {
      const char* name = *static_cast<const char**>(client->data);  // its first member
      if (name) all.online.push_back(all.bare.back() + "/" + name);
    }
    free_clients(first_client);
  }
  free_contacts(first);
  return all;
}

bool HostInternals::add_quietly(const std::string& file, const std::string& feature) const {
  auto add = found<void(const char*, const char*)>("disco_add_feature");
  auto reset = found<void()>("caps_reset_ver");
  if (!add || !reset) return false;
  add((file.substr(0, file.size() - 1) + "so").c_str(), feature.c_str());
  reset();
  return true;
}

void HostInternals::announce() const {
  auto name = found<const char*()>("session_get_account_name");
  auto presence = found<int(const char*)>("accounts_get_last_presence");
  auto send = found<void(int, int)>("cl_ev_presence_send");
  if (name && presence && send && is_connected()) send(presence(name()), 0);
}

bool HostInternals::remove_features(const std::string& file) const {
  auto remove = found<void(const char*)>("disco_remove_features");
  auto reset = found<void()>("caps_reset_ver");
  if (!remove || !reset) return false;
  remove((file.substr(0, file.size() - 1) + "so").c_str());
  reset();
  return true;
}

}  // namespace profanity_host
