// SPDX-License-Identifier: MIT
#include "plugin/cli/stanza_text.h"

#include <cstdint>
#include <random>
#include <utility>

#include "plugin/strophe/depth.h"

namespace balcony_cli {
namespace {

// What RFC 6120 section 11.1 forbids in a stream but an XML parser takes.
bool has_forbidden_markup(std::string_view xml) {
  return xml.find("<!--") != xml.npos || xml.find("<?") != xml.npos;
}

// libstrophe reads one element and drops what follows without a word: so all of the text goes into
// one element, which the text can't close itself.
StanzaPtr parse_wrapped(xmpp_ctx_t* context, const std::string& xml) {
  std::string wrapper = "w";
  while (xml.find("</" + wrapper) != xml.npos) wrapper += 'w';
  std::string text = "<" + wrapper + ">" + xml + "</" + wrapper + ">";
  return StanzaPtr(xmpp_stanza_new_from_string(context, text.c_str()));
}

bool is_blank(xmpp_stanza_t* text) {
  const char* content = xmpp_stanza_get_text_ptr(text);
  return !content || std::string_view(content).find_first_not_of(" \t\r\n") == std::string::npos;
}

// The only child element, or nullptr.
xmpp_stanza_t* only_element(xmpp_stanza_t* parent) {
  xmpp_stanza_t* found = nullptr;
  for (auto* child = xmpp_stanza_get_children(parent); child; child = xmpp_stanza_get_next(child)) {
    if (xmpp_stanza_is_tag(child) ? found != nullptr : !is_blank(child)) return nullptr;
    if (xmpp_stanza_is_tag(child)) found = child;
  }
  return found;
}

bool is_stanza(xmpp_stanza_t* element) {
  std::string_view name = xmpp_stanza_get_name(element);
  const char* ns = xmpp_stanza_get_ns(element);
  return (name == "message" || name == "presence" || name == "iq") &&
         (!ns || std::string_view(ns) == XMPP_NS_CLIENT);
}

std::string replace(std::string_view text, std::string_view from, const char* const* to) {
  std::string out;
  for (char c : text) {
    std::size_t at = from.find(c);
    if (at == from.npos) {
      out += c;
    } else {
      out += to[at];
    }
  }
  return out;
}

}  // namespace

std::string escape(std::string_view text) {
  constexpr const char* entities[] = {"&amp;", "&lt;", "&gt;", "&apos;", "&quot;"};
  return replace(text, "&<>'\"", entities);
}

std::string one_line(std::string_view xml) {
  constexpr const char* references[] = {"&#10;", "&#13;"};
  return replace(xml, "\n\r", references);
}

std::string random_id() {
  std::random_device random;
  constexpr char digits[] = "0123456789abcdef";
  std::string id;
  for (int i = 0; i < 4; ++i) {
    std::uint32_t word = random();
    for (int digit = 0; digit < 8; ++digit, word >>= 4) id += digits[word & 15];
  }
  return id;
}

std::string attribute(xmpp_stanza_t* stanza, const char* name) {
  const char* value = xmpp_stanza_get_attribute(stanza, name);
  return value ? value : "";
}

Checked check_stanza(xmpp_ctx_t* context, std::string xml) {
  if (strophe_host::is_too_deep(xml)) return {{}, "the stanza is nested too deeply"};
  if (has_forbidden_markup(xml)) {
    return {{}, "comments and processing instructions are not allowed in XMPP"};
  }
  StanzaPtr wrapped = parse_wrapped(context, xml);
  if (!wrapped) return {{}, "not well-formed XML"};
  xmpp_stanza_t* stanza = only_element(wrapped.get());
  if (!stanza || !is_stanza(stanza)) return {{}, "not one message, presence or iq stanza"};
  Outgoing checked{xmpp_stanza_get_name(stanza), attribute(stanza, "type"), attribute(stanza, "id"),
                   attribute(stanza, "to"), std::move(xml)};
  return {std::move(checked), ""};
}

}  // namespace balcony_cli
