// SPDX-License-Identifier: MIT
// Stands in for the plugin behind balcony.h: answers as the test wants, remembers what the host
// said, and makes the callbacks that the test queues from inside balcony_dispatch. One per process
// at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "plugin/balcony.h"

class FakeBalcony {
 public:
  FakeBalcony();
  ~FakeBalcony();
  FakeBalcony(const FakeBalcony&) = delete;
  FakeBalcony& operator=(const FakeBalcony&) = delete;

  static FakeBalcony& instance();

  // To be made at the next dispatch.
  void tell(std::function<void(const balcony_host&)> callback);
  void dispatch();

  // How it answers.
  std::function<std::string(const std::vector<std::string>& settings)> open_error;
  std::function<int(const std::string& xml)> incoming = [](auto&) { return BALCONY_PASS; };
  std::function<int(const std::string& xml)> outgoing = [](auto&) { return BALCONY_PASS; };
  std::optional<std::string> outgoing_text;

  // What it was told.
  balcony_host host{};
  std::string state_dir;
  std::string self_test;  // what sender_of made of a stanza with a prefixed `from`
  bool is_open = false;
  std::vector<std::string> settings, seen_in, seen_out, commands;
  std::vector<std::string> logins;  // "JID new", "JID resumed", "offline"
  bool shut_down = false;
  int closing_turns = 0;  // how often balcony_closing says 1 after the shutdown
  int fds[2];
  std::deque<std::function<void(const balcony_host&)>> due;
};

// A stanza as the core gives it; strings live as long as the arguments.
balcony_stanza end_to_end(const char* peer, const char* id, const char* xml);
