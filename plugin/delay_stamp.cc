// SPDX-License-Identifier: MIT
#include "plugin/delay_stamp.h"

#include <ctime>
#include <string>
#include <string_view>

#include "jingle/base/ns.h"
#include "jingle/base/stamp.h"

namespace balcony {
namespace {

std::string print_stamp(std::int64_t unix_time) {
  std::time_t time = static_cast<std::time_t>(unix_time);
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::string text(32, '\0');
  text.resize(std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts));
  return text;
}

// In UTC: it sorts as text.
bool is_readable(std::string_view stamp) { return begins_like_stamp(stamp) && stamp.back() == 'Z'; }

}  // namespace

void cap_delays(Element& stanza, std::int64_t unix_time) {
  for (Node& node : stanza.nodes()) {
    Element* delay = node.element();
    if (!delay || !delay->is("delay", ns::kDelay)) continue;
    std::string now = print_stamp(unix_time);
    std::string_view stamp = delay->attr("stamp");
    bool is_past = is_readable(stamp) && stamp.substr(0, kStampSize) <= now.substr(0, kStampSize);
    if (!is_past) delay->set_attr("stamp", now);
  }
}

}  // namespace balcony
