// SPDX-License-Identifier: MIT
// Whether a session with the server is a new login or the old one resumed (XEP-0198): the client
// says the same in both cases. A resumed one binds no resource, and libstrophe's handlers, which
// outlive the loss of a connection, show the answer to that. Main thread only. Destroying it
// touches nothing: at the very end libstrophe's objects are gone before us.
#pragma once

#include <string_view>

#include "plugin/profanity/host_internals.h"

namespace profanity_host {

class Login {
 public:
  explicit Login(const HostInternals& host) : host_(host) {}
  Login(const Login&) = delete;
  Login& operator=(const Login&) = delete;

  // A session is up. True: it is the one that was lost.
  bool on_connect();
  // The connection broke by itself; the next one may resume.
  void on_loss() { is_bound_ = false; }
  // A stanza that the client is given: in a new login the first may be the answer to the bind.
  void on_stanza(std::string_view xml);
  // The session was ended on purpose, or we go.
  void forget();
  // Between a loss and on_connect(): what comes in now belongs to the old session.
  bool is_resuming() const;
  // The connection is gone already: nothing can be sent any more.
  bool is_broken() const;

 private:
  static int on_element(_xmpp_conn_t*, _xmpp_stanza_t* element, void* user);

  const HostInternals& host_;
  _xmpp_conn_t* watched_ = nullptr;  // a reference is held, so that no other takes its address
  bool is_bound_ = false;            // since the last loss
};

}  // namespace profanity_host
