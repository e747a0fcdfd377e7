// SPDX-License-Identifier: MIT
#include "plugin/cli/server.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

namespace balcony_cli {
namespace {

using namespace std::chrono_literals;
constexpr auto kFirstRetry = 1s;
constexpr auto kLastRetry = 30s;

long flags(ServerTls tls) {
  switch (tls) {
    case ServerTls::kRequire:
      return XMPP_CONN_FLAG_MANDATORY_TLS;
    case ServerTls::kTrust:
      return XMPP_CONN_FLAG_MANDATORY_TLS | XMPP_CONN_FLAG_TRUST_TLS;
    case ServerTls::kOff:
      break;
  }
  return XMPP_CONN_FLAG_DISABLE_TLS;
}

// The condition of a stream error (RFC 6120 section 4.9.3), such as `conflict`.
std::string condition(const xmpp_stream_error_t& error) {
  auto* child = error.stanza ? xmpp_stanza_get_children(error.stanza) : nullptr;
  for (; child; child = xmpp_stanza_get_next(child)) {
    const char* name = xmpp_stanza_get_name(child);
    if (name && std::string_view(name) != "text") return name;
  }
  return "undefined-condition";
}

}  // namespace

Server::Server(const Options& options, Facts facts)
    : options_(options), facts_(std::move(facts)), log_(options.log) {
  xmpp_initialize();
  context_.reset(xmpp_ctx_new(nullptr, log_.strophe()));
  connection_.reset(xmpp_conn_new(context_.get()));
  xmpp_conn_set_flags(connection_.get(), flags(options.tls));
  xmpp_conn_set_jid(connection_.get(), options.jid.c_str());
  xmpp_conn_set_pass(connection_.get(), options.password.c_str());
}

Server::~Server() {
  connection_.reset();
  context_.reset();
  xmpp_shutdown();
}

void Server::connect(balcony_strophe* e2e) {
  e2e_ = e2e;
  try_connect();
}

void Server::try_connect() {
  retry_at_.reset();
  log_.clear();
  balcony_strophe_attach(e2e_, connection_.get());
  const char* host = options_.host.empty() ? nullptr : options_.host.c_str();
  int rc = xmpp_connect_client(connection_.get(), host, options_.port, on_event, this);
  if (rc != XMPP_EOK) on_disconnected(0, nullptr);
}

void Server::on_event(xmpp_conn_t* connection, xmpp_conn_event_t event, int error,
                      xmpp_stream_error_t* stream_error, void* user) {
  auto* self = static_cast<Server*>(user);
  if (!self->e2e_) return;
  balcony_strophe_event(self->e2e_, connection, event, error);
  if (event != XMPP_CONN_CONNECT) self->on_disconnected(error, stream_error);
}

void Server::on_online() {
  online_ = was_online_ = true;
  backoff_ = 0s;
}

void Server::on_disconnected(int error, const xmpp_stream_error_t* stream_error) {
  std::string reason = leaving_ ? "quit" : why(error, stream_error);
  if (std::exchange(online_, false)) facts_.lost(reason);
  if (leaving_) return;
  bool is_replaced = stream_error && stream_error->type == XMPP_SE_CONFLICT;
  if (!was_online_ || is_replaced) return facts_.failed(reason);
  backoff_ = std::clamp<std::chrono::seconds>(backoff_ * 2, kFirstRetry, kLastRetry);
  retry_at_ = std::chrono::steady_clock::now() + backoff_;
}

void Server::on_time(Time now) {
  if (retry_at_ && *retry_at_ <= now) try_connect();
}

void Server::leave() {
  leaving_ = true;
  retry_at_.reset();
  if (online_) xmpp_disconnect(connection_.get());
}

// libstrophe puts errno and OpenSSL's error codes into the same number: no strerror.
std::string Server::why(int error, const xmpp_stream_error_t* stream_error) const {
  if (stream_error) {
    std::string text = "the server closed the stream: " + condition(*stream_error);
    return stream_error->text ? text + " (" + stream_error->text + ")" : text;
  }
  if (was_online_ && error != 0) return "the connection to the server was lost";
  std::string details = log_.reason().empty() ? "" : ": " + log_.reason();
  return (was_online_ ? "the server closed the connection" : "can't log in") + details;
}

}  // namespace balcony_cli
