// SPDX-License-Identifier: MIT
// balcony-cli's connection to its server: connects, and connects again after a loss (1, 2, 4 .. 30
// s). A login that fails before there ever was one is final, and so is being replaced by another
// client. Driven by libstrophe's connection handler and by the client's loop.
#pragma once

#include <strophe.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "plugin/cli/options.h"
#include "plugin/cli/server_log.h"
#include "plugin/strophe/balcony_strophe.h"

namespace balcony_cli {

class Server {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Facts {
    std::function<void(const std::string& reason)> lost;    // was online
    std::function<void(const std::string& reason)> failed;  // won't be online any more
  };

  Server(const Options& options, Facts facts);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  xmpp_ctx_t* context() { return context_.get(); }

  void connect(balcony_strophe* e2e);
  void on_online();        // the login is complete
  void on_time(Time now);  // connects again if it is time
  std::optional<Time> next_deadline() const { return retry_at_; }

  // Closes the stream, and does not connect again. Gone when the server has closed it too.
  void leave();
  void forget_e2e() { e2e_ = nullptr; }  // it is about to be closed: nothing is told any more
  bool is_online() const { return online_; }

 private:
  struct ContextFree {
    void operator()(xmpp_ctx_t* context) const { xmpp_ctx_free(context); }
  };
  struct ConnectionFree {
    void operator()(xmpp_conn_t* connection) const { xmpp_conn_release(connection); }
  };
  static void on_event(xmpp_conn_t*, xmpp_conn_event_t event, int error,
                       xmpp_stream_error_t* stream_error, void* self);
  void try_connect();
  void on_disconnected(int error, const xmpp_stream_error_t* stream_error);
  std::string why(int error, const xmpp_stream_error_t* stream_error) const;

  const Options& options_;
  const Facts facts_;
  ServerLog log_;
  std::unique_ptr<xmpp_ctx_t, ContextFree> context_;
  std::unique_ptr<xmpp_conn_t, ConnectionFree> connection_;
  balcony_strophe* e2e_ = nullptr;
  bool online_ = false;
  bool was_online_ = false;
  bool leaving_ = false;
  std::chrono::seconds backoff_{0};
  std::optional<Time> retry_at_;
};

}  // namespace balcony_cli
