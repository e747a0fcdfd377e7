// SPDX-License-Identifier: MIT
// balcony-cli itself: the server, the plugin and the script on one thread and one poll. Commands
// stand in commands.cc, the plugin's callbacks in callbacks.cc.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "plugin/cli/caps.h"
#include "plugin/cli/events.h"
#include "plugin/cli/lines.h"
#include "plugin/cli/options.h"
#include "plugin/cli/outbox.h"
#include "plugin/cli/presences.h"
#include "plugin/cli/requests.h"
#include "plugin/cli/server.h"
#include "plugin/strophe/balcony_strophe.h"

namespace balcony_cli {

class Client {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // `input` is the script's, `signals` is readable when we are told to quit.
  Client(const Options& options, Events& events, int input, int signals);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Opens the plugin and connects; then turn() until it says false. It waits for events at most so
  // long.
  bool start();
  bool turn(std::chrono::milliseconds longest_wait);
  int exit_status() const { return exit_status_; }

 private:
  enum class Phase { kRunning, kClosingStreams, kLeavingServer, kDone };

  // callbacks.cc
  static balcony_strophe_client callbacks(Client* self, const char* const* settings);
  void on_online(const char* jid, bool resumed);
  void on_received(xmpp_stanza_t* stanza, const char* xml, const balcony_stanza* e2e);
  void on_features(const char* const* features);

  // commands.cc
  void execute(const std::string& line);
  void refuse(const std::string& line, const std::string& why);
  bool must_wait(const std::string& line) const;
  void send_message(const std::string& words);
  void send_xml(const std::string& words);
  void send_presence(const std::string& show);

  // client.cc
  bool open();
  int timeout(std::chrono::milliseconds longest_wait) const;
  void read_input();
  void execute_lines();
  void answer_requests();
  void quit();
  void go_on_closing();
  void fail(const std::string& reason);
  int send(const std::string& xml, std::string& reason);  // for the outbox
  void send_own(std::string xml);                         // a stanza of balcony-cli's own
  void send_own_presence();

  const Options& options_;
  Events& events_;
  const int input_;
  const int signals_;
  Server server_;
  Caps caps_;
  Requests requests_;
  Presences presences_;
  Outbox outbox_;
  LineReader lines_;
  std::optional<Line> held_;  // the next line, while it must wait for the first login
  std::string show_;          // of our presence
  balcony_strophe* e2e_ = nullptr;
  Phase phase_ = Phase::kRunning;
  Time guard_{};  // the end of the phase
  bool was_online_ = false;
  bool input_ended_ = false;
  int exit_status_ = 0;
};

}  // namespace balcony_cli
