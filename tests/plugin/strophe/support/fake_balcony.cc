// SPDX-License-Identifier: MIT
#include "tests/plugin/strophe/support/fake_balcony.h"

#include <unistd.h>

#include <cassert>
#include <cstdlib>
#include <cstring>
#include <type_traits>
#include <utility>

namespace {

using Core = std::remove_pointer_t<decltype(balcony_open(nullptr, nullptr, nullptr))>;
FakeBalcony* only = nullptr;

}  // namespace

FakeBalcony::FakeBalcony() {
  assert(!only);
  only = this;
  if (pipe(fds) != 0) std::abort();
}

FakeBalcony::~FakeBalcony() {
  only = nullptr;
  close(fds[0]);
  close(fds[1]);
}

FakeBalcony& FakeBalcony::instance() { return *only; }

void FakeBalcony::tell(std::function<void(const balcony_host&)> callback) {
  due.push_back(std::move(callback));
  if (write(fds[1], "!", 1) != 1) std::abort();
}

void FakeBalcony::dispatch() {
  while (!due.empty()) {
    char byte;
    if (read(fds[0], &byte, 1) != 1) std::abort();
    auto callback = std::move(due.front());
    due.pop_front();
    callback(host);
  }
}

balcony_stanza end_to_end(const char* peer, const char* id, const char* xml) {
  return {
      sizeof(balcony_stanza), "romeo@localhost/orchard", peer, id, xml, "ibb", "TLSv1.3", "pinned"};
}

extern "C" {

Core* balcony_open(const balcony_host* host, const char* state_dir, char** error) {
  only->host = *host;
  only->state_dir = state_dir;
  only->settings.clear();
  for (auto* next = host->settings; next && *next; ++next) only->settings.emplace_back(*next);
  std::string problem = only->open_error ? only->open_error(only->settings) : "";
  if (!problem.empty()) {
    *error = strdup(problem.c_str());
    return nullptr;
  }
  char* sender =
      host->sender_of
          ? host->sender_of(host->user, "<iq xmlns:z='u' from='mallory@x' z:from='bob@x'/>")
          : nullptr;
  only->self_test = sender ? sender : "refused";
  std::free(sender);
  only->is_open = true;
  return reinterpret_cast<Core*>(only);
}

void balcony_online(Core*, const char* full_jid, int resumed) {
  only->logins.push_back(std::string(full_jid) + (resumed ? " resumed" : " new"));
}
void balcony_offline(Core*) { only->logins.emplace_back("offline"); }

int balcony_incoming(Core*, const char* stanza) {
  only->seen_in.emplace_back(stanza);
  return only->incoming(stanza);
}

int balcony_outgoing(Core*, const char* stanza, char** text) {
  only->seen_out.emplace_back(stanza);
  *text = only->outgoing_text ? strdup(only->outgoing_text->c_str()) : nullptr;
  return only->outgoing(stanza);
}

void balcony_command(Core*, const char* line) { only->commands.emplace_back(line); }
int balcony_fd(Core*) { return only->fds[0]; }
void balcony_dispatch(Core*) { only->dispatch(); }
void balcony_shutdown(Core*) { only->shut_down = true; }
int balcony_may_know(Core*, const char* jid) { return *jid != '?'; }
int balcony_closing(Core*) { return only->closing_turns-- > 0 ? 1 : 0; }
void balcony_close(Core*) { only->is_open = false; }
void balcony_free(char* text) { std::free(text); }

}  // extern "C"
