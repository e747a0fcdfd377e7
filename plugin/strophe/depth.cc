// SPDX-License-Identifier: MIT
#include "plugin/strophe/depth.h"

#include <utility>
#include <vector>

namespace strophe_host {
namespace {

// The `>` that ends the tag which starts at `at`; quoted ones don't.
std::size_t end_of_tag(std::string_view xml, std::size_t at) {
  char quote = 0;
  for (; at < xml.size(); ++at) {
    char c = xml[at];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '>') {
      return at;
    }
  }
  return xml.npos;
}

// Past a CDATA section, comment or processing instruction that starts at `at`, whose content only
// looks like tags; else `at`.
std::size_t end_of_non_element(std::string_view xml, std::size_t at) {
  constexpr std::pair<std::string_view, std::string_view> kinds[] = {
      {"<![CDATA[", "]]>"}, {"<!--", "-->"}, {"<?", "?>"}};
  for (auto [start, end] : kinds) {
    if (xml.substr(at, start.size()) == start) return xml.find(end, at + start.size());
  }
  return at;
}

}  // namespace

// Level by level: no more than kMaxDepth of them, each element looked at once.
bool is_too_deep(xmpp_stanza_t* stanza) {
  std::vector<xmpp_stanza_t*> level{stanza};
  for (int depth = 0; !level.empty(); ++depth) {
    if (depth == kMaxDepth) return true;
    std::vector<xmpp_stanza_t*> below;
    for (xmpp_stanza_t* parent : level) {
      for (auto* child = xmpp_stanza_get_children(parent); child;
           child = xmpp_stanza_get_next(child)) {
        if (xmpp_stanza_is_tag(child)) below.push_back(child);
      }
    }
    level = std::move(below);
  }
  return false;
}

// What is not well-formed is left to the parser, which stops there and so goes no deeper either.
bool is_too_deep(std::string_view xml) {
  int depth = 0;
  for (std::size_t at = xml.find('<'); at < xml.size(); at = xml.find('<', at)) {
    if (std::size_t end = end_of_non_element(xml, at); end != at) {
      at = end;
      continue;
    }
    std::size_t end = end_of_tag(xml, at);
    if (end == xml.npos) return false;
    bool closes = xml[at + 1] == '/';
    if (!closes && ++depth > kMaxDepth) return true;
    if (closes || xml[end - 1] == '/') --depth;
    at = end;
  }
  return false;
}

}  // namespace strophe_host
