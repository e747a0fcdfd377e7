// SPDX-License-Identifier: MIT
#include "jingle/session/action.h"

namespace balcony {
namespace {

constexpr std::array<std::string_view, kActions> kNames{
    "session-initiate", "session-accept",   "session-terminate", "session-info",
    "description-info", "security-info",    "transport-info",    "transport-replace",
    "transport-accept", "transport-reject", "content-add",       "content-accept",
    "content-reject",   "content-modify",   "content-remove",
};

constexpr auto kProcess = Reaction::kProcess;
constexpr auto kUnknown = Reaction::kUnknownSession;
constexpr auto kOrder = Reaction::kOutOfOrder;
constexpr auto kNoInfo = Reaction::kUnsupportedInfo;
constexpr auto kReject = Reaction::kRejectContent;

// JGL-21, one row an action, in the order of the enumerations. What `process` leaves open (who may
// accept, what a session-info carries, ties) is decided by Session.
constexpr std::array<std::array<Reaction, kSessionStates>, kActions> kTable{{
    // none, pending, active, replacing
    {kProcess, kOrder, kOrder, kOrder},        // session-initiate
    {kUnknown, kProcess, kOrder, kOrder},      // session-accept
    {kUnknown, kProcess, kProcess, kProcess},  // session-terminate
    {kUnknown, kProcess, kProcess, kProcess},  // session-info
    {kUnknown, kNoInfo, kNoInfo, kNoInfo},     // description-info
    {kUnknown, kNoInfo, kNoInfo, kNoInfo},     // security-info (XTL-06: no XTLS here)
    {kUnknown, kProcess, kProcess, kProcess},  // transport-info
    {kUnknown, kProcess, kProcess, kProcess},  // transport-replace
    {kUnknown, kOrder, kOrder, kProcess},      // transport-accept
    {kUnknown, kOrder, kOrder, kProcess},      // transport-reject
    {kUnknown, kReject, kReject, kReject},     // content-add
    {kUnknown, kOrder, kOrder, kOrder},        // content-accept
    {kUnknown, kOrder, kOrder, kOrder},        // content-reject
    {kUnknown, kProcess, kProcess, kProcess},  // content-modify
    {kUnknown, kProcess, kProcess, kProcess},  // content-remove
}};

}  // namespace

std::string_view to_string(Action action) { return kNames[static_cast<std::size_t>(action)]; }

std::optional<Action> read_action(std::string_view name) {
  for (std::size_t i = 0; i < kActions; ++i)
    if (kNames[i] == name) return static_cast<Action>(i);
  return std::nullopt;
}

Reaction reaction(SessionState state, Action action) {
  return kTable[static_cast<std::size_t>(action)][static_cast<std::size_t>(state)];
}

}  // namespace balcony
