// SPDX-License-Identifier: MIT
// Logins and stanzas, both ways. How the loop waits stands in loop.cc.
#include "plugin/strophe/adapter.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cassert>
#include <cstring>
#include <string_view>

#include "plugin/strophe/depth.h"
#include "plugin/strophe/forward.h"

namespace strophe_host {
namespace {

// libstrophe's own requests at login, whose results it hands to all handlers.
bool is_login_reply(xmpp_stanza_t* stanza) {
  const char* id = xmpp_stanza_get_id(stanza);
  return id && (!std::strcmp(id, "_xmpp_bind1") || !std::strcmp(id, "_xmpp_session1"));
}

bool is_request(xmpp_stanza_t* stanza) {
  const char* name = xmpp_stanza_get_name(stanza);
  const char* type = xmpp_stanza_get_type(stanza);
  return name && type && !std::strcmp(name, "iq") &&
         (!std::strcmp(type, "get") || !std::strcmp(type, "set"));
}

// libstrophe writes a request for an acknowledgement after each stanza, separately: Nagle's
// algorithm would hold it, and what follows it, for 40 ms.
int prepare_socket(xmpp_conn_t* connection, void* socket) {
  int on = 1;
  setsockopt(*static_cast<int*>(socket), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return xmpp_sockopt_cb_keepalive(connection, socket);
}

}  // namespace

Adapter::Adapter(xmpp_ctx_t* context, const balcony_strophe_client& client)
    : context_(context), client_(client) {}

Adapter::~Adapter() {
  stop_timer();
  detach();
  if (core_) balcony_close(core_);
}

bool Adapter::open(const char* state_dir, char** error) {
  balcony_host host = forwarding_host(*this);
  core_ = balcony_open(&host, state_dir, error);
  return core_ != nullptr;
}

bool Adapter::is_connected() const {
  return connection_ && !xmpp_conn_is_disconnected(connection_);
}

// The reference keeps a connection alive that its client has released but not replaced.
void Adapter::attach(xmpp_conn_t* connection) {
  assert(xmpp_conn_is_disconnected(connection));
  xmpp_conn_clone(connection);
  detach();
  connection_ = connection;
  if (!login_.may_resume()) xmpp_free_sm_state(xmpp_conn_get_sm_state(connection));
  xmpp_conn_set_sockopt_callback(connection, prepare_socket);
  xmpp_handler_add(connection, on_element, nullptr, nullptr, nullptr, this);
}

void Adapter::detach() {
  if (!connection_) return;
  xmpp_handler_delete(connection_, on_element);
  xmpp_conn_release(connection_);
  connection_ = nullptr;
  socket_ = -1;
}

void Adapter::on_event(xmpp_conn_t* connection, xmpp_conn_event_t event, int error) {
  assert(connection == connection_);
  if (event == XMPP_CONN_CONNECT) {
    login_.on_connected(std::chrono::steady_clock::now());
  } else if (event == XMPP_CONN_DISCONNECT || event == XMPP_CONN_FAIL) {
    bool was_up = login_.is_up();
    login_.on_disconnected(error, xmpp_conn_send_queue_len(connection));
    socket_ = -1;
    if (was_up) balcony_offline(core_);
  }
}

void Adapter::settle(bool turn_over) {
  auto kind = login_.settled(std::chrono::steady_clock::now(), turn_over);
  if (!kind) return;
  const char* bound = xmpp_conn_get_bound_jid(connection_);
  const char* jid = bound ? bound : xmpp_conn_get_jid(connection_);
  int resumed = *kind == Login::Kind::kResumed;
  if (client_.online) client_.online(client_.host.user, jid, resumed);
  balcony_online(core_, jid, resumed);
}

// libstrophe takes one handler of a function only, so this one sees all that comes at the stream's
// top.
int Adapter::on_element(xmpp_conn_t*, xmpp_stanza_t* element, void* user) {
  auto* self = static_cast<Adapter*>(user);
  const char* ns = xmpp_stanza_get_ns(element);
  std::string_view name = xmpp_stanza_get_name(element);
  if (ns && std::string_view(ns) == XMPP_NS_SM && name == "enabled") self->login_.on_enabled();
  bool is_stanza = name == "message" || name == "presence" || name == "iq";
  if (is_stanza && (!ns || std::string_view(ns) == XMPP_NS_CLIENT)) self->from_server(element);
  return 1;
}

void Adapter::from_server(xmpp_stanza_t* stanza) {
  stanza_came_ = true;
  last_activity_ = std::chrono::steady_clock::now();
  if (is_login_reply(stanza)) return login_.on_bound();
  settle(true);  // whatever login this is, it has been told of before
  if (is_too_deep(stanza)) return refuse_deep(stanza);
  char* xml = nullptr;
  std::size_t size = 0;
  if (xmpp_stanza_to_text(stanza, &xml, &size) != XMPP_EOK) return;
  if (balcony_incoming(core_, xml) == BALCONY_PASS && client_.receive) {
    client_.receive(client_.host.user, stanza, xml, nullptr);
  }
  xmpp_free(context_, xml);
}

void Adapter::refuse_deep(xmpp_stanza_t* stanza) {
  if (!is_request(stanza)) return;
  xmpp_stanza_t* reply = xmpp_stanza_reply_error(stanza, "modify", "not-acceptable", nullptr);
  if (!reply) return;
  send(reply, nullptr);
  xmpp_stanza_release(reply);
}

int Adapter::receive_end_to_end(const balcony_stanza& stanza) {
  last_activity_ = std::chrono::steady_clock::now();
  if (!client_.receive || is_too_deep(std::string_view(stanza.xml))) return 0;
  xmpp_stanza_t* parsed = xmpp_stanza_new_from_string(context_, stanza.xml);
  if (!parsed) return 0;
  int handled = client_.receive(client_.host.user, parsed, stanza.xml, &stanza);
  xmpp_stanza_release(parsed);
  return handled;
}

int Adapter::send(xmpp_stanza_t* stanza, char** reason) {
  if (reason) *reason = nullptr;
  char* xml = nullptr;
  std::size_t size = 0;
  if (is_too_deep(stanza) || xmpp_stanza_to_text(stanza, &xml, &size) != XMPP_EOK) {
    return BALCONY_STROPHE_REFUSED;
  }
  int answer = send(xml, reason);
  xmpp_free(context_, xml);
  return answer;
}

int Adapter::send(const char* xml, char** reason) {
  char* text = nullptr;
  int answer = balcony_outgoing(core_, xml, &text);
  if (reason) *reason = nullptr;
  if (answer == BALCONY_REFUSED && reason) {
    *reason = text;
    return answer;
  }
  if (answer == BALCONY_PASS) {
    answer = login_.is_up() ? BALCONY_STROPHE_SENT : BALCONY_STROPHE_OFFLINE;
    send_to_server(text ? text : xml);
  }
  balcony_free(text);
  return answer;
}

// Whole stanzas only: libstrophe counts what it is given here, and the server counts stanzas.
void Adapter::send_to_server(const char* xml) {
  last_activity_ = std::chrono::steady_clock::now();
  if (login_.is_up()) xmpp_send_raw(connection_, xml, std::strlen(xml));
}

}  // namespace strophe_host
