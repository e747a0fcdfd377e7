// SPDX-License-Identifier: MIT
// What balcony-cli tells its script: one JSON object a line, as HOST-CLI.md fixes it, one method
// for each event. Called by the client and by the core's callbacks; writes at once.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "plugin/balcony.h"

namespace balcony_cli {

class Events {
 public:
  using Write = std::function<void(const std::string& line)>;  // with its line feed
  using Elapsed = std::function<double()>;                     // seconds since start
  Events(Write write, Elapsed elapsed);

  void online(std::string_view jid);
  void offline(std::string_view reason);
  void presence(std::string_view from, std::string_view type, std::optional<bool> e2e);
  void stanza(std::string_view via, std::string_view from, std::string_view xml);
  void sent(std::string_view via, std::string_view to, std::string_view id);
  void undelivered(std::string_view to, std::string_view id, bool unknown, std::string_view reason,
                   std::string_view xml);
  void error(std::string_view text);

  void ask(const balcony_question& question);
  void stream(const balcony_stream_info& info);
  void status(const balcony_stream_info& info);
  void verified(std::string_view peer, std::string_view fingerprint, std::string_view by);
  void notice(std::string_view peer, std::string_view text);
  void reply(std::string_view line, bool ok, std::string_view text);

 private:
  class Event;

  const Write write_;
  const Elapsed elapsed_;
};

}  // namespace balcony_cli
