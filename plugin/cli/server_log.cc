// SPDX-License-Identifier: MIT
#include "plugin/cli/server_log.h"

#include <cstdio>
#include <string_view>

#include "plugin/balcony.h"

namespace balcony_cli {
namespace {

bool tells_why(xmpp_log_level_t level, std::string_view area, std::string_view text) {
  return level == XMPP_LEVEL_ERROR || text.starts_with("connection failed") ||
         (area == "tls" && text.starts_with("Certificate verification FAILED"));
}

// What libstrophe says when each way to log in was refused.
std::string in_words(const std::string& text) {
  bool is_refused = text == "Cannot authenticate with known methods";
  return is_refused ? "the server refused the name or the password" : text;
}

}  // namespace

ServerLog::ServerLog(int level) : level_(level), log_{on_line, this} {}

// What libstrophe logs as debug is what goes over the wire, passwords included: never shown.
void ServerLog::on_line(void* user, xmpp_log_level_t level, const char* area, const char* text) {
  auto* self = static_cast<ServerLog*>(user);
  if (tells_why(level, area, text)) self->reason_ = in_words(text);
  int ours = level == XMPP_LEVEL_ERROR  ? BALCONY_LOG_ERROR
             : level == XMPP_LEVEL_WARN ? BALCONY_LOG_WARNING
                                        : BALCONY_LOG_INFO;
  if (level == XMPP_LEVEL_DEBUG || ours > self->level_) return;
  std::fprintf(stderr, "%s: %s\n", area, text);
}

}  // namespace balcony_cli
