// SPDX-License-Identifier: MIT
// The command line of balcony-cli (HOST-CLI.md).
#pragma once

#include <string>
#include <variant>
#include <vector>

namespace balcony_cli {

enum class ServerTls { kRequire, kTrust, kOff };

struct Options {
  std::string jid;
  std::string password;
  std::string host;         // of the server; empty: found by the JID
  unsigned short port = 0;  // 0: the usual one
  ServerTls tls = ServerTls::kRequire;
  std::string state;                  // folder
  std::vector<std::string> settings;  // KEY=VALUE
  int log = 1;                        // BALCONY_LOG_...
};

// The options, or the exit status: 0 after --help or --version, 2 for a wrong command line, which
// has been told on stderr.
std::variant<Options, int> read_options(int argc, const char* const* argv);

}  // namespace balcony_cli
