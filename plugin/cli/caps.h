// SPDX-License-Identifier: MIT
// What balcony-cli says that it can do: service discovery and entity capabilities (XEP-0030,
// XEP-0115).
#pragma once

#include <strophe.h>

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace balcony_cli {

class Caps {
 public:
  explicit Caps(xmpp_ctx_t* context);

  // What the plugin adds to the features of balcony-cli's own. True if that changes anything.
  bool set_plugin_features(const std::vector<std::string>& features);

  // The <c/> of presence.
  std::string element() const;
  // The disco#info <query/> for a node, which may be empty. Nodes of the last three sets are
  // answered (DSC-07): somebody may still ask for what an earlier presence said. Without the
  // plugin's features for who may not know of it (DSC-10).
  std::optional<std::string> query(std::string_view node, bool with_plugin = true) const;

 private:
  struct Set {
    std::set<std::string> features;
    std::string ver;
  };
  std::string hash(const std::set<std::string>& features) const;
  static std::optional<std::string> query(const Set& set, std::string_view node);

  xmpp_ctx_t* const context_;
  const Set own_;         // without the plugin's
  std::deque<Set> sets_;  // newest first, never empty
};

}  // namespace balcony_cli
