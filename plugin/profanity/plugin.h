// SPDX-License-Identifier: MIT
// The plugin in one running Profanity: the account that is online, and what stands between its core
// (balcony.h) and the client. Made in prof_init, driven by the client's hooks, all on its main
// thread; never destroyed but by its own stop(), since the client takes static objects apart before
// it is done with its plugins.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/balcony.h"
#include "plugin/profanity/command.h"
#include "plugin/profanity/diversion.h"
#include "plugin/profanity/host_internals.h"
#include "plugin/profanity/incoming.h"
#include "plugin/profanity/login.h"
#include "plugin/profanity/screen.h"
#include "plugin/profanity/waker.h"

namespace profanity_host {

class Plugin {
 public:
  // `full_jid`: null unless the client is online. `life` differs for each load in a process.
  Plugin(const char* version, const char* status, const char* full_jid, int life);
  ~Plugin();
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;

  void on_connect(const char* full_jid);
  void on_disconnect();
  // The client sends a request. The first of a session, for the roster, comes before its presence,
  // which can then say already what we can.
  void on_request();
  // Unloaded while the client goes on: streams are closed in order.
  void on_unload();

  char* on_send(const char* stanza) { return diversion_.on_stanza(stanza); }
  // False: the client must not see it.
  bool on_receive(const char* stanza);
  void on_window(const char* bare) { screen_.on_focus(bare); }
  void on_command(char** words);
  // Once a second, and in each turn of the client's loop while it is connected.
  void on_time();

 private:
  static int on_turn(_xmpp_ctx_t*, void* user);
  void use_timer(bool wanted);

  // callbacks.cc
  balcony_host callbacks();
  void on_stream(const balcony_stream_info& info);
  void on_question(const balcony_question& question);
  void on_notice(const std::string& peer, const std::string& text);
  void on_reply(const std::string& line, bool ok, const std::string& text);
  void on_features(std::vector<std::string> features);
  void send(const char* stanza);
  void send_end_to_end(const std::string& stanza);

  void open(const std::string& full_jid);
  void go_online(const std::string& full_jid, bool resumed);
  void close_in_order();
  bool is_closed_within(std::chrono::milliseconds patience);
  void run_once();
  void close();
  void dispatch();
  void watch_contacts(bool tell_core);

  HostInternals host_;
  Waker waker_;
  Login login_;
  Screen screen_;
  Diversion diversion_;
  Incoming incoming_;
  Completion completion_;

  balcony_account* core_ = nullptr;
  std::string account_;   // bare JID of the core
  std::string full_jid_;  // of the last login
  bool online_ = false, closing_ = false, dispatching_ = false, has_timer_ = false;
  std::string features_file_;  // under which the present features are registered
  std::vector<std::string> features_;
  int life_, feature_sets_ = 0;
  std::deque<std::string> asked_from_;  // the windows of commands without a reply yet
  std::string last_asked_from_;
};

}  // namespace profanity_host
