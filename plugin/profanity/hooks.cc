// SPDX-License-Identifier: MIT
// The functions that Profanity looks for in a plugin. Nothing is thrown out of them: the client is
// written in C. The hooks that see text before it is a stanza are left out: what they answer means
// other things in other versions.
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>

#include "plugin/profanity/cost.h"
#include "plugin/profanity/host_api.h"
#include "plugin/profanity/plugin.h"

namespace {

using profanity_host::Plugin;

Plugin* plugin = nullptr;  // between prof_init and the end; a plain pointer: see plugin.h
int lives = 0;             // this library stays in the process when it is unloaded

void say(const char* what) noexcept { prof_log_error((std::string("Balcony: ") + what).c_str()); }

// Runs `act` on the plugin, if it lives; `otherwise` if that fails.
template <class Result, class Act>
Result guarded(const char* name, Result otherwise, Act act) noexcept {
  profanity_host::Cost cost(name);
  try {
    return plugin ? act(*plugin) : otherwise;
  } catch (const std::exception& failure) {
    say(failure.what());
  } catch (...) {
    say("something was thrown that is no exception");
  }
  return otherwise;
}

template <class Act>
void guarded(const char* name, Act act) noexcept {
  guarded(name, 0, [&](Plugin& p) { return act(p), 0; });
}

void end() noexcept {
  Plugin* ended = plugin;
  guarded("end", [&](Plugin&) {
    plugin = nullptr;
    delete ended;
  });
}

void on_command(char** words) {
  guarded("command", [&](Plugin& p) { p.on_command(words); });
}

void on_timer() {
  guarded("timer", [](Plugin& p) { p.on_time(); });
}

// If even that fails the message must not leave: a space is no stanza, but no text either.
char* on_send(const char* stanza) {
  char* failed = nullptr;
  bool ran = guarded("message_send", false, [&](Plugin& p) {
    failed = p.on_send(stanza);
    return true;
  });
  return ran || !plugin ? failed : strdup(" ");
}

int on_receive(const char* stanza) {
  return guarded("receive", 1, [&](Plugin& p) { return p.on_receive(stanza) ? 1 : 0; });
}

}  // namespace

#define HOOK __attribute__((visibility("default")))

extern "C" {

HOOK void prof_init(const char* version, const char* status, const char*, const char* full_jid) {
  if (plugin) end();
  try {
    plugin = new Plugin(version, status, full_jid, ++lives);
    profanity_host::register_command(on_command);
    _prof_register_timed(profanity_host::kFile, on_timer, 1);
  } catch (const std::exception& failure) {
    say(failure.what());
  }
}

HOOK void prof_on_unload(void) {
  guarded("unload", [](Plugin& p) { p.on_unload(); });
  end();
}

// The session and libstrophe's context are gone by now.
HOOK void prof_on_shutdown(void) { end(); }

HOOK void prof_on_connect(const char*, const char* full_jid) {
  guarded("connect", [&](Plugin& p) { p.on_connect(full_jid); });
}

HOOK void prof_on_disconnect(const char*, const char*) {
  guarded("disconnect", [](Plugin& p) { p.on_disconnect(); });
}

HOOK char* prof_on_message_stanza_send(const char* stanza) { return on_send(stanza); }

HOOK char* prof_on_presence_stanza_send(const char* stanza) {
  return guarded("presence_send", static_cast<char*>(nullptr),
                 [&](Plugin& p) { return p.on_send(stanza); });
}

HOOK char* prof_on_iq_stanza_send(const char*) {
  guarded("request", [](Plugin& p) { p.on_request(); });
  return nullptr;  // a reply to it could not be given to the client if it came end to end
}

HOOK int prof_on_message_stanza_receive(const char* stanza) { return on_receive(stanza); }
HOOK int prof_on_presence_stanza_receive(const char* stanza) { return on_receive(stanza); }
HOOK int prof_on_iq_stanza_receive(const char* stanza) { return on_receive(stanza); }

HOOK void prof_on_chat_win_focus(const char* bare) {
  guarded("window", [&](Plugin& p) { p.on_window(bare); });
}

}  // extern "C"
