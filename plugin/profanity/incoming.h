// SPDX-License-Identifier: MIT
// What came end to end, given to the client: messages into the contact's window as ordinary ones,
// receipts and typing notices where the client keeps them. Requests the client can't be given: a
// few are answered here. Main thread only.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "jingle/base/element.h"
#include "plugin/balcony.h"
#include "plugin/profanity/host_internals.h"
#include "plugin/profanity/screen.h"

namespace profanity_host {

class Incoming {
 public:
  // `reply` sends a stanza end to end.
  Incoming(const HostInternals& host, Screen& screen, std::string version,
           std::function<void(const std::string& xml)> reply);

  // False: nobody here can handle it.
  bool on_stanza(const balcony_stanza& stanza);
  void set_features(std::vector<std::string> features) { features_ = std::move(features); }

 private:
  void on_message(const balcony::Element& message, const balcony_stanza& told);
  void show_body(const balcony::Element& message, const balcony_stanza& told);
  void on_states(const balcony::Element& message, const std::string& from);
  void on_receipts(const balcony::Element& message, const std::string& from);
  bool on_request(const balcony::Element& iq);

  const HostInternals& host_;
  Screen& screen_;
  const std::string version_;
  std::function<void(const std::string& xml)> reply_;
  std::vector<std::string> features_;
};

// Whether the user lets receipts be sent: the client's own setting, as its file has it.
bool may_send_receipts();

}  // namespace profanity_host
