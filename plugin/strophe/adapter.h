// SPDX-License-Identifier: MIT
// One account's plugin bound to a libstrophe connection: what stands behind balcony_strophe.h. It
// owns the `balcony` and a reference to the connection; the context is borrowed. Driven by
// libstrophe's handlers, by the client's connection handler and by run_once or the timer.
#pragma once

#include <chrono>
#include <type_traits>

#include "plugin/strophe/balcony_strophe.h"
#include "plugin/strophe/login.h"

namespace strophe_host {

using Core = std::remove_pointer_t<decltype(balcony_open(nullptr, nullptr, nullptr))>;

class Adapter {
 public:
  Adapter(xmpp_ctx_t* context, const balcony_strophe_client& client);
  ~Adapter();
  Adapter(const Adapter&) = delete;
  Adapter& operator=(const Adapter&) = delete;

  bool open(const char* state_dir, char** error);  // first of all
  Core* core() { return core_; }
  xmpp_ctx_t* context() { return context_; }
  const balcony_strophe_client& client() const { return client_; }

  void attach(xmpp_conn_t* connection);
  void on_event(xmpp_conn_t* connection, xmpp_conn_event_t event, int error);
  int send(const char* xml, char** reason);  // through balcony_outgoing
  int send(xmpp_stanza_t* stanza, char** reason);
  void send_to_server(const char* xml);
  int receive_end_to_end(const balcony_stanza& stanza);

  void run_once(pollfd* own, unsigned count, int timeout_ms);
  void use_timer();  // one adapter in a context
  void stop_timer();
  // Inside xmpp_run_once: what a turn of ours does after libstrophe's part. True while something is
  // going on.
  bool on_timer();

 private:
  static int on_element(xmpp_conn_t*, xmpp_stanza_t* element, void* self);
  void detach();
  void from_server(xmpp_stanza_t* stanza);
  void refuse_deep(xmpp_stanza_t* stanza);
  void settle(bool turn_over);
  bool is_connected() const;  // the socket is there

  // run_once's parts.
  int socket();
  short wanted_events();
  bool step();
  bool run_server();
  void dispatch();
  bool wait(pollfd* own, unsigned count, int timeout_ms);  // true: the server's socket is ready

  xmpp_ctx_t* const context_;
  const balcony_strophe_client client_;
  Core* core_ = nullptr;
  xmpp_conn_t* connection_ = nullptr;
  Login login_;
  int socket_ = -1;
  bool stanza_came_ = false;
  std::chrono::steady_clock::time_point last_activity_{};
};

}  // namespace strophe_host
