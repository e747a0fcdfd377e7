// SPDX-License-Identifier: MIT
#include "jingle/base/xml_declaration.h"

#include <strings.h>

#include <algorithm>
#include <optional>

namespace balcony {
namespace {

bool skip_space(std::string_view& text) {
  std::size_t space = std::min(text.find_first_not_of(kXmlSpace), text.size());
  text.remove_prefix(space);
  return space > 0;
}

// Takes ` name = 'value'` off the front of `text`, or nothing.
std::optional<std::string_view> take(std::string_view& text, std::string_view name) {
  std::string_view rest = text;
  if (!skip_space(rest) || !rest.starts_with(name)) return std::nullopt;
  rest.remove_prefix(name.size());
  skip_space(rest);
  if (!rest.starts_with('=')) return std::nullopt;
  rest.remove_prefix(1);
  skip_space(rest);
  if (rest.empty() || (rest.front() != '\'' && rest.front() != '"')) return std::nullopt;
  std::size_t end = rest.find(rest.front(), 1);
  if (end == std::string_view::npos) return std::nullopt;
  text = rest.substr(end + 1);
  return rest.substr(1, end - 1);
}

bool is_utf8(std::string_view encoding) {
  constexpr std::string_view name = "utf-8";
  return encoding.size() == name.size() &&
         strncasecmp(encoding.data(), name.data(), name.size()) == 0;
}

}  // namespace

std::string_view judge_xml_declaration(std::string_view text) {
  text.remove_prefix(std::string_view("xml").size());
  if (take(text, "version") != "1.0") return "not-well-formed";
  auto encoding = take(text, "encoding");
  auto standalone = take(text, "standalone");
  if (standalone && standalone != "yes" && standalone != "no") return "not-well-formed";
  skip_space(text);
  if (!text.empty()) return "not-well-formed";
  return !encoding || is_utf8(*encoding) ? "" : "unsupported-encoding";
}

}  // namespace balcony
