// SPDX-License-Identifier: MIT
#include "plugin/profanity/login.h"

#include <string_view>

namespace profanity_host {
namespace {

constexpr std::string_view kBindId = "_xmpp_bind1";  // libstrophe's request

}  // namespace

bool Login::on_connect() {
  const HostInternals& h = host_;
  if (!h.connection_get_conn || !h.xmpp_handler_add || !h.xmpp_handler_delete ||
      !h.xmpp_conn_clone || !h.xmpp_conn_release || !h.xmpp_stanza_get_id)
    return false;
  _xmpp_conn_t* connection = h.connection_get_conn();
  bool was_watched = connection && connection == watched_;
  bool resumed = was_watched && !is_bound_;
  if (!was_watched) {
    forget();
    if (!connection) return false;
    watched_ = h.xmpp_conn_clone(connection);
    h.xmpp_handler_add(watched_, on_element, nullptr, nullptr, nullptr, this);
  }
  is_bound_ = true;
  return resumed;
}

void Login::forget() {
  if (!watched_) return;
  host_.xmpp_handler_delete(watched_, on_element);
  host_.xmpp_conn_release(watched_);
  watched_ = nullptr;
}

void Login::on_stanza(std::string_view xml) {
  if (!is_bound_ && xml.substr(0, xml.find('>')).find(kBindId) != std::string_view::npos)
    is_bound_ = true;
}

bool Login::is_resuming() const {
  return watched_ && !is_bound_ && host_.connection_get_conn() == watched_;
}

bool Login::is_broken() const {
  if (!host_.connection_get_conn || !host_.xmpp_conn_is_disconnected) return true;
  _xmpp_conn_t* connection = host_.connection_get_conn();
  return !connection || host_.xmpp_conn_is_disconnected(connection) != 0;
}

int Login::on_element(_xmpp_conn_t*, _xmpp_stanza_t* element, void* user) {
  const char* id = static_cast<Login*>(user)->host_.xmpp_stanza_get_id(element);
  if (id && id == kBindId) static_cast<Login*>(user)->is_bound_ = true;
  return 1;
}

}  // namespace profanity_host
