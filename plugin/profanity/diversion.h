// SPDX-License-Identifier: MIT
// What leaves: each message of the client passes here last, whole, and either goes on to the server
// or is taken for a stream. In its place then goes a request that the server answers itself (a ping
// to our own account): both sides count stanzas (XEP-0198), so something real must be sent. Main
// thread only.
#pragma once

#include <deque>
#include <set>
#include <string>
#include <vector>

#include "jingle/base/element.h"
#include "plugin/balcony.h"
#include "plugin/profanity/screen.h"

namespace profanity_host {

class Diversion {
 public:
  // What waits for a stream that takes nothing more just now.
  static constexpr std::size_t kMaxWaiting = 2000;
  static constexpr std::size_t kMaxWaitingOctets = 8 * 1024 * 1024;

  explicit Diversion(Screen& screen) : screen_(screen) {}

  void use(balcony_account* core, const std::string& own_bare);
  // There is no core, for this reason: nothing but talk in rooms may leave, since modes are not
  // known.
  void refuse_all(std::string reason);

  // A message or presence is about to leave. Returns what leaves in its place, to be freed by
  // free(), or null: itself.
  char* on_stanza(const char* xml);
  // There is room again, or a stream is gone.
  void on_writable();
  void on_undelivered(const balcony_stanza& stanza, bool unknown, const std::string& reason);
  void on_open(const std::string& contact);
  // The answer to one of our replacements.
  bool is_replacement_reply(std::string_view xml) const;
  // Reports what waits here.
  void give_up(const std::string& reason);

 private:
  struct Waiting {
    std::string to, xml;
  };
  std::string meant_for_the_stream(balcony::Element& stanza);
  char* replacement();
  char* refuse(const balcony::Element& stanza, const std::string& reason);
  bool wait(const std::string& to, const char* xml);
  void after_taking(const balcony::Element& stanza, const std::string& contact);

  Screen& screen_;
  balcony_account* core_ = nullptr;
  std::string own_bare_, no_core_ = "you are not online yet";
  unsigned long replaced_ = 0;
  std::deque<Waiting> waiting_;
  std::size_t waiting_octets_ = 0;
  std::set<std::string> told_waiting_, told_encrypted_;  // bare JIDs: said once
  std::set<std::string> told_other_;                     // full ones
};

}  // namespace profanity_host
