// SPDX-License-Identifier: MIT
#include "tests/bench/agent_end.h"

#include <glib-unix.h>
#include <sys/socket.h>

#include "tests/bench/traffic.h"

namespace balcony::bench {

AgentEnd::AgentEnd(Wires wires, Role role, std::string_view method) : server_(wires.server) {
  bool initiates = role == Role::kInitiator;
  bool over_tcp = method == "tcp";
  Client::Config config{initiates ? kRomeo : kJuliet, initiates ? kJuliet : kRomeo, wires.tcp,
                        !over_tcp};
  client_ = std::make_unique<Client>(loop_, config, [this](const std::string& xml) {
    (void)!::send(server_, xml.data(), xml.size(), MSG_NOSIGNAL);  // the other one may be gone
  });
  loop_.clients.push_back(client_.get());
  source_ = g_unix_fd_source_new(server_, G_IO_IN);
  g_source_set_callback(source_, G_SOURCE_FUNC(&AgentEnd::on_server), this, nullptr);
  g_source_attach(source_, loop_.reactor.context());
  client_->log_in();
  client_->meet_contact();
  loop_.run_until([&] { return client_->knows_contact(); });
  std::string word(over_tcp ? "s5b" : method);  // as tcp_method.h is called
  if (initiates) client_->command(std::string("start ") + kJuliet + ' ' + word);
  loop_.run_until([&] { return client_->state() == "open"; });
}

AgentEnd::~AgentEnd() {
  client_.reset();
  g_source_destroy(source_);
  g_source_unref(source_);
}

void AgentEnd::run_until_alone() {
  client_->expect_end();
  loop_.run_until([&] { return is_alone_; });
}

int AgentEnd::on_server(int fd, int, void* user) {
  auto& end = *static_cast<AgentEnd*>(user);
  char text[64 * 1024];
  ssize_t size = recv(fd, text, sizeof text, MSG_DONTWAIT);
  if (size > 0) {
    end.client_->from_server(std::string(text, static_cast<std::size_t>(size)));
    end.client_->pump();
  }
  end.is_alone_ = size == 0;
  return size == 0 ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

}  // namespace balcony::bench
