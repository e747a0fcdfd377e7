// SPDX-License-Identifier: MIT
#include "plugin/cli/options.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string_view>

#include "plugin/balcony.h"
#include "plugin/cli/stanza_text.h"

namespace balcony_cli {
namespace {

const std::map<std::string, ServerTls> kTlsWords = {
    {"require", ServerTls::kRequire}, {"trust", ServerTls::kTrust}, {"off", ServerTls::kOff}};
const std::map<std::string, int> kLogWords = {{"error", BALCONY_LOG_ERROR},
                                              {"warning", BALCONY_LOG_WARNING},
                                              {"info", BALCONY_LOG_INFO},
                                              {"debug", BALCONY_LOG_DEBUG}};

[[noreturn]] void wrong(const std::string& text) { throw CLI::ValidationError(text); }

std::string check_jid(const std::string& jid) {
  std::string account = bare(jid);
  std::size_t at = account.find('@');
  bool is_good = at != account.npos && at > 0 && at + 1 < account.size() &&
                 account.find('@', at + 1) == account.npos &&
                 account.find_first_of(" \t\"&'<>") == jid.npos && !jid.ends_with('/');
  return is_good ? "" : "not the JID of an account: " + jid;
}

std::string check_setting(const std::string& setting) {
  return setting.find('=') == setting.npos || setting[0] == '=' ? "not KEY=VALUE: " + setting : "";
}

unsigned short read_port(const std::string& text) {
  bool is_number =
      !text.empty() && text.size() < 6 && text.find_first_not_of("0123456789") == text.npos;
  unsigned long port = is_number ? std::stoul(text) : 0;
  if (port == 0 || port > 65535) wrong("--server: not a port: " + text);
  return static_cast<unsigned short>(port);
}

// HOST, HOST:PORT, an IPv6 address, or [IPv6 ADDRESS]:PORT.
void read_server(const std::string& server, Options& options) {
  std::size_t colon = server.rfind(':');
  bool has_brackets = !server.empty() && server[0] == '[';
  bool is_bare_v6 = !has_brackets && server.find(':') != colon;
  std::size_t end = has_brackets ? server.find(']') : is_bare_v6 ? server.npos : colon;
  options.host = server.substr(has_brackets ? 1 : 0, has_brackets ? end - 1 : end);
  if (options.host.empty() || (has_brackets && end == server.npos)) {
    wrong("--server: not HOST:PORT: " + server);
  }
  std::string rest = end == server.npos ? "" : server.substr(end + (has_brackets ? 1 : 0));
  if (rest.empty()) return;
  if (rest[0] != ':') wrong("--server: not HOST:PORT: " + server);
  options.port = read_port(rest.substr(1));
}

std::string read_password(const std::string& file) {
  std::string password;
  const char* environment = std::getenv("BALCONY_PASSWORD");
  if (!file.empty()) {
    std::ifstream stream(file);
    if (!std::getline(stream, password)) wrong("--password-file: nothing to read in " + file);
    if (!password.empty() && password.back() == '\r') password.pop_back();
  } else if (environment) {
    password = environment;
  } else {
    wrong("a password is needed: --password-file or BALCONY_PASSWORD");
  }
  unsetenv("BALCONY_PASSWORD");
  return password;
}

std::string default_state(const std::string& jid) {
  const char* data = std::getenv("XDG_DATA_HOME");
  const char* home = std::getenv("HOME");
  bool has_data = data && data[0] == '/';  // a relative one is to be ignored
  if (!has_data && !home) wrong("--state is needed: neither XDG_DATA_HOME nor HOME is set");
  return (has_data ? std::string(data) : std::string(home) + "/.local/share") + "/balcony/" +
         bare(jid);
}

}  // namespace

std::variant<Options, int> read_options(int argc, const char* const* argv) {
  Options options;
  std::string server, password_file;
  CLI::App app("A scriptable XMPP client with end-to-end streams.", "balcony-cli");
  app.set_version_flag("--version", "balcony-cli " + std::to_string(BALCONY_VERSION_MAJOR) + "." +
                                        std::to_string(BALCONY_VERSION_MINOR));
  app.add_option("--jid", options.jid, "account, perhaps with a resource")
      ->required()
      ->check(check_jid);
  app.add_option("--password-file", password_file, "else BALCONY_PASSWORD");
  app.add_option("--server", server, "HOST:PORT");
  app.add_option("--server-tls", options.tls, "require, trust or off")
      ->transform(CLI::CheckedTransformer(kTlsWords));
  app.add_option("--state", options.state, "folder of keys, trust and settings");
  app.add_option("--set", options.settings, "KEY=VALUE for this run")
      ->allow_extra_args(false)
      ->check(check_setting);
  app.add_option("--log", options.log, "error, warning, info or debug")
      ->transform(CLI::CheckedTransformer(kLogWords));
  try {
    app.parse(argc, argv);
    if (!server.empty()) read_server(server, options);
    if (options.state.empty()) options.state = default_state(options.jid);
    options.password = read_password(password_file);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return options;
}

}  // namespace balcony_cli
