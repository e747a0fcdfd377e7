// SPDX-License-Identifier: MIT
// Jingle actions, session states, and the table of what the peer may do when (JGL-21).
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace balcony {

enum class Action {
  kSessionInitiate,
  kSessionAccept,
  kSessionTerminate,
  kSessionInfo,
  kDescriptionInfo,
  kSecurityInfo,
  kTransportInfo,
  kTransportReplace,
  kTransportAccept,
  kTransportReject,
  kContentAdd,
  kContentAccept,
  kContentReject,
  kContentModify,
  kContentRemove,
};
inline constexpr std::size_t kActions = 15;

std::string_view to_string(Action action);
std::optional<Action> read_action(std::string_view name);

enum class SessionState {
  kNone,       // N: none, or ended
  kPending,    // P: session-initiate sent or received, no accept yet
  kActive,     // A
  kReplacing,  // X: active (or still setting up after the accept), our transport-replace
               // outstanding
};
inline constexpr std::size_t kSessionStates = 4;

// What the table says about an action of the peer.
enum class Reaction {
  kProcess,
  kUnknownSession,   // error item-not-found + <unknown-session/>
  kOutOfOrder,       // error unexpected-request + <out-of-order/>
  kUnsupportedInfo,  // error feature-not-implemented + <unsupported-info/>
  kRejectContent,    // result, then content-reject
};

Reaction reaction(SessionState state, Action action);

}  // namespace balcony
