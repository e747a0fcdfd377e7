// SPDX-License-Identifier: MIT
// balcony-cli: a small XMPP client that loads the plugin and lets a script drive it (HOST-CLI.md).
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <variant>

#include "plugin/cli/client.h"
#include "plugin/cli/events.h"
#include "plugin/cli/options.h"

namespace {

// libstrophe's own timers need a turn now and then.
constexpr std::chrono::seconds kLongestWait{1};

// SIGTERM and SIGINT as a descriptor. Before the core's thread starts, which inherits the mask.
int quit_signals() {
  signal(SIGPIPE, SIG_IGN);
  sigset_t quit;
  sigemptyset(&quit);
  sigaddset(&quit, SIGTERM);
  sigaddset(&quit, SIGINT);
  sigprocmask(SIG_BLOCK, &quit, nullptr);
  return signalfd(-1, &quit, SFD_CLOEXEC);
}

// Blocks while the script doesn't read: no event is lost. A script that is gone needs none.
void write_line(const std::string& line) {
  for (std::size_t written = 0; written < line.size();) {
    ssize_t size = write(STDOUT_FILENO, line.data() + written, line.size() - written);
    if (size < 0 && errno != EINTR) return;
    if (size > 0) written += static_cast<std::size_t>(size);
  }
}

}  // namespace

int main(int argc, char** argv) {
  auto start = std::chrono::steady_clock::now();
  auto read = balcony_cli::read_options(argc, argv);
  if (const int* status = std::get_if<int>(&read)) return *status;
  balcony_cli::Events events(write_line, [start] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  });
  int signals = quit_signals();
  balcony_cli::Client client(std::get<balcony_cli::Options>(read), events, STDIN_FILENO, signals);
  if (client.start()) {
    while (client.turn(kLongestWait)) {
    }
  }
  return client.exit_status();
}
