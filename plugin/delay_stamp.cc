// SPDX-License-Identifier: MIT
#include "plugin/delay_stamp.h"

#include <ctime>
#include <string>
#include <string_view>

#include "jingle/base/ns.h"

namespace balcony {
namespace {

constexpr std::string_view kForm = "dddd-dd-ddTdd:dd:dd";  // XEP-0082, in UTC: it sorts as text

std::string print_stamp(std::int64_t unix_time) {
  std::time_t time = static_cast<std::time_t>(unix_time);
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::string text(32, '\0');
  text.resize(std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts));
  return text;
}

bool is_readable(std::string_view stamp) {
  if (stamp.size() <= kForm.size() || stamp.back() != 'Z') return false;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    bool is_digit = stamp[i] >= '0' && stamp[i] <= '9';
    if (kForm[i] == 'd' ? !is_digit : stamp[i] != kForm[i]) return false;
  }
  return true;
}

}  // namespace

void cap_delays(Element& stanza, std::int64_t unix_time) {
  for (Node& node : stanza.nodes()) {
    Element* delay = node.element();
    if (!delay || !delay->is("delay", ns::kDelay)) continue;
    std::string now = print_stamp(unix_time);
    std::string_view stamp = delay->attr("stamp");
    bool is_past =
        is_readable(stamp) && stamp.substr(0, kForm.size()) <= now.substr(0, kForm.size());
    if (!is_past) delay->set_attr("stamp", now);
  }
}

}  // namespace balcony
