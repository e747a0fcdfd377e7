// SPDX-License-Identifier: MIT
// Every setting of HOST-CLI.md as a typed value, read from text and printed again. The same keys
// stand in the settings file, behind `set KEY VALUE`, and in the host's overrides.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jingle/base/env.h"
#include "jingle/base/result.h"
#include "jingle/base/xml_parser.h"
#include "jingle/security/trust_policy.h"
#include "jingle/session/router.h"
#include "jingle/transport.h"
#include "plugin/key_file.h"

namespace balcony {

// What a contact's mode means stands in DESIGN.md, "Words".
enum class Mode { kOff, kAsk, kAuto, kRequire };

std::string_view to_string(Mode mode);
std::string_view to_string(Reach reach);
std::optional<Mode> read_mode(std::string_view word);
std::optional<Reach> read_reach(std::string_view word);

struct Settings {
  Mode mode = Mode::kAsk;  // of contacts without one of their own
  Reach reach = Reach::kAny;
  TrustSetting trust = TrustSetting::kAsk;
  std::vector<std::string> transports = {"s5b", "ice", "ibb"};  // as set; see methods()
  bool full_addresses = false;                                  // stream.address=full
  bool xtls = true;
  Duration require_wait = 60s;
  bool candidates_loopback = false;
  bool candidates_low_ports = false;
  std::vector<std::string> candidates_interfaces;  // empty: all
  bool s5b_direct = true;
  bool s5b_upnp = true;
  std::string s5b_proxy, s5b_tunnel;
  std::string ice_stun, ice_turn;
  bool ice_ptcp = false;
  std::size_t ibb_block_size = 4096;
  std::string ca;  // file of trust anchors
  bool move = true;
  bool resume = true;

  // limits.NAME; zero seconds: the default of the path (in-band paths are slower)
  Duration limit_handshake = 0s, limit_total = 0s;
  Duration limit_close = 10s;  // C-08
  XmlLimits xml;               // stanza, depth, attributes
  std::size_t limit_queue = 1024 * 1024;
  Router::Limits sessions;  // sessions, pending, pending-per-contact
  std::size_t limit_strangers = 16,
              limit_strangers_per_address = 4;  // C-17: unauthenticated sockets
  std::size_t limit_candidates = 32;            // C-15

  // JGL-30: the methods in the order to try: `transports`, with ptcp only if ice.ptcp has it, and
  // then right after ice, or at the end, if it is not named there.
  std::vector<std::string> methods() const;

  // Sets one. Fails, blame kCaller, for an unknown key or a bad value, and says what would do.
  Result<void> set(std::string_view key, std::string_view value);
  // Its present value; nothing for an unknown key.
  std::optional<std::string> get(std::string_view key) const;
  static std::vector<std::string> keys();
};

// What people are shown of a setting's value: ice.turn without the password that it holds.
std::string shown_value(std::string_view key, std::string_view value);

// The settings file: what stands in it, with the overrides of this run on top. Overrides are not
// written.
class SettingsFile {
 public:
  // Fails if the file is damaged or holds an unknown group or key or a bad value: nothing is
  // guessed.
  static Result<SettingsFile> load(const std::string& path);

  Result<void> override_with(std::string_view assignment);  // KEY=VALUE
  // Sets and keeps it. If it can't be written the value holds for this run, and the error says so.
  Result<void> set(std::string_view key, std::string_view value);
  const Settings& values() const { return values_; }

 private:
  explicit SettingsFile(KeyFile file) : file_(std::move(file)) {}
  KeyFile file_;
  Settings values_;
};

}  // namespace balcony
