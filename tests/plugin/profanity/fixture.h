// SPDX-License-Identifier: MIT
// The plugin in a stub of Profanity, over a fake of the core, with Romeo online.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "tests/plugin/profanity/support/stub_host.h"
#include "tests/plugin/strophe/support/fake_balcony.h"
#include "tests/support/temp_folder.h"

inline constexpr const char* kJuliet = "juliet@localhost";
inline constexpr const char* kJulietsClient = "juliet@localhost/balcony";

class ProfanityTest : public testing::Test {
 protected:
  ProfanityTest() {
    setenv("XDG_DATA_HOME", folder_.path().c_str(), 1);
    setenv("XDG_CONFIG_HOME", folder_.path().c_str(), 1);
    host_.windows = {kJuliet};
    host_.in_front = kJuliet;
  }

  void go_online() {
    host_.load();
    host_.log_in();
  }

  // What the core tells, at the next turn of the client's loop.
  void tell(std::function<void(const balcony_host&)> callback) {
    core_.tell(std::move(callback));
    host_.turn();
  }
  void tell_stream(const char* state, const char* reason = nullptr, const char* text = nullptr) {
    balcony_stream_info info{};
    info.size = sizeof info;
    info.peer = kJulietsClient;
    info.state = state;
    info.transport = "ibb";
    info.trust = "pinned";
    info.reason = reason;
    info.text = text;
    tell([&](const balcony_host& host) { host.stream(host.user, &info); });
  }
  // Whether the client handled the stanza.
  bool arrives(const std::string& xml, const char* id = "m1") {
    int handled = 0;
    tell([&](const balcony_host& host) {
      balcony_stanza stanza = end_to_end(kJulietsClient, id, xml.c_str());
      handled = host.receive(host.user, &stanza);
    });
    return handled != 0;
  }
  static std::string message(const std::string& inside, const std::string& id = "m1") {
    return "<message from='juliet@localhost/balcony' to='romeo@localhost/orchard' type='chat' "
           "id='" +
           id + "'>" + inside + "</message>";
  }
  static std::string to_juliet(const std::string& body) {
    return "<message to=\"juliet@localhost\" type=\"chat\" id=\"a1\"><body>" + body +
           "</body></message>";
  }

  balcony::TempFolder folder_;
  FakeBalcony core_;
  StubHost host_;
};
