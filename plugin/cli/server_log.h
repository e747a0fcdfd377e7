// SPDX-License-Identifier: MIT
// libstrophe's log. Its events don't say why a login failed, its log does: the last line that tells
// is kept for people.
#pragma once

#include <strophe.h>

#include <string>

namespace balcony_cli {

class ServerLog {
 public:
  explicit ServerLog(int level);  // BALCONY_LOG_...: what goes to stderr
  const xmpp_log_t* strophe() const { return &log_; }

  const std::string& reason() const { return reason_; }
  void clear() { reason_.clear(); }

 private:
  static void on_line(void* self, xmpp_log_level_t level, const char* area, const char* text);

  const int level_;
  const xmpp_log_t log_;
  std::string reason_;
};

}  // namespace balcony_cli
