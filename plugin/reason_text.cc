// SPDX-License-Identifier: MIT
#include "plugin/reason_text.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace balcony {
namespace {

struct Entry {
  std::string_view condition;
  std::string_view reason;
  std::string_view text;  // follows the peer's address
};

constexpr std::array<Entry, 15> kRefusals{{
    {"service-unavailable", "unsupported-applications",
     " can't talk end to end, or does not accept it from you"},
    {"feature-not-implemented", "unsupported-applications", " can't talk end to end"},
    {"recipient-unavailable", "gone", " is not online"},
    {"item-not-found", "gone", " is not online"},
    {"gone", "gone", " is no address any more"},
    {"redirect", "gone", " is to be called at another address"},
    {"remote-server-not-found", "connectivity-error", " has a server that can't be found"},
    {"remote-server-timeout", "connectivity-error", " has a server that does not answer"},
    {"connectivity-error", "connectivity-error",
     " could not be reached: the connection to your server was lost"},
    {"resource-constraint", "busy", " has too many streams; try later"},
    {"timeout", "timeout", " did not answer"},
    {"not-acceptable", "decline", " refused the offer"},
    {"forbidden", "decline", " may not be called by you"},
    {"not-allowed", "decline", " may not be called by you"},
    {"policy-violation", "decline", " can't be called: a server forbids it"},
}};

constexpr std::array<Entry, 15> kTerminates{{
    {"success", {}, " ended the stream"},
    {"decline", {}, " declined"},
    {"cancel", {}, " called it off"},
    {"gone", {}, " went offline"},
    {"timeout", {}, " waited too long for an answer"},
    {"busy", {}, " is busy"},
    {"alternative-session", {}, " says that a stream with you exists already"},
    {"security-error", {}, " ended it for security reasons, such as a key that is not trusted"},
    {"connectivity-error", {}, " lost the connection"},
    {"failed-transport", {}, " found no way to connect"},
    {"failed-application", {}, " could not use the stream"},
    {"unsupported-applications", {}, " can't talk end to end"},
    {"unsupported-transports", {}, " has no method of connecting in common with you"},
    {"incompatible-parameters", {}, " can't connect in the way that was offered"},
    {"expired", {}, " ended the stream because it had lived long enough"},
}};

template <std::size_t size>
const Entry* find(const std::array<Entry, size>& entries, std::string_view condition) {
  auto found = std::find_if(entries.begin(), entries.end(),
                            [&](const Entry& entry) { return entry.condition == condition; });
  return found == entries.end() ? nullptr : &*found;
}

}  // namespace

EndReason reason_of_refusal(const std::string& condition, const std::string& peer) {
  if (const Entry* entry = find(kRefusals, condition))
    return {std::string(entry->reason), peer + std::string(entry->text)};
  return {"general-error", peer + " could not be called (" + condition + ")"};
}

EndReason reason_of_terminate(const Reason& reason, const std::string& peer) {
  const Entry* entry = find(kTerminates, reason.condition);
  std::string text =
      peer + (entry ? std::string(entry->text) : " ended it (" + reason.condition + ")");
  if (!reason.text.empty()) text += " (" + reason.text + ")";
  return {reason.condition, text};
}

}  // namespace balcony
