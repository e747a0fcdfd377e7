// SPDX-License-Identifier: MIT
#include "jingle/base/stanza.h"

#include <array>
#include <utility>

#include "jingle/base/ns.h"

namespace balcony {
namespace {

// RFC 6120 section 8.3.3: the type that usually goes with a condition.
std::string_view usual_type(std::string_view condition) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 13> types{{
      {"bad-request", "modify"},
      {"jid-malformed", "modify"},
      {"not-acceptable", "modify"},
      {"policy-violation", "modify"},
      {"redirect", "modify"},
      {"forbidden", "auth"},
      {"not-authorized", "auth"},
      {"registration-required", "auth"},
      {"subscription-required", "auth"},
      {"resource-constraint", "wait"},
      {"remote-server-timeout", "wait"},
      {"recipient-unavailable", "wait"},
      {"unexpected-request", "wait"},
  }};
  for (const auto& [name, type] : types)
    if (name == condition) return type;
  return "cancel";
}

Element reply_to(const Element& request, std::string_view type) {
  Element reply(request.name(), ns::kClient);
  reply.set_attr("type", type);
  if (request.has_attr("from")) reply.set_attr("to", request.attr("from"));
  if (request.has_attr("to")) reply.set_attr("from", request.attr("to"));
  if (request.has_attr("id")) reply.set_attr("id", request.attr("id"));
  return reply;
}

}  // namespace

Element make_iq(std::string_view type, std::string_view to, std::string_view id, Element payload) {
  Element iq("iq", ns::kClient);
  iq.set_attr("type", type);
  if (!to.empty()) iq.set_attr("to", to);
  iq.set_attr("id", id);
  if (payload) iq.add(std::move(payload));
  return iq;
}

Element result_of(const Element& request) { return reply_to(request, "result"); }

Element error_of(const Element& request, const StanzaError& error) {
  Element node("error", ns::kClient);
  node.set_attr("type", error.type.empty() ? usual_type(error.condition) : error.type);
  node.add(Element(error.condition, ns::kStanzaErrors));
  if (!error.text.empty()) node.add(Element("text", ns::kStanzaErrors).add_text(error.text));
  if (error.application) node.add(error.application);
  return reply_to(request, "error").add(std::move(node));
}

StanzaError stanza_error(const Element& stanza) {
  StanzaError error{.condition = "undefined-condition", .type = {}, .application = {}, .text = {}};
  const Element* node = stanza.child("error", ns::kClient);
  if (!node) return error;
  error.type = node->attr("type");
  const Element* condition = nullptr;
  for (const Element* child : node->children()) {
    if (child->is("text", ns::kStanzaErrors)) {
      error.text = clean_text(child->text());
    } else if (child->ns() == ns::kStanzaErrors && !condition) {
      error.condition = child->name();
      condition = child;
    } else if (child->ns() != ns::kStanzaErrors && !error.application) {
      error.application = *child;
    }
  }
  bool names_address =
      condition && (condition->name() == "gone" || condition->name() == "redirect");
  if (names_address && !error.application) error.application = *condition;
  return error;
}

bool is_iq_request(const Element& stanza) {
  return stanza.is("iq", ns::kClient) &&
         (stanza.attr("type") == "get" || stanza.attr("type") == "set");
}

bool is_iq_reply(const Element& stanza) {
  return stanza.is("iq", ns::kClient) &&
         (stanza.attr("type") == "result" || stanza.attr("type") == "error");
}

namespace {

// The length of the character at the front of `text`, which is UTF-8.
std::size_t character_length(std::string_view text) {
  std::size_t length = 1;
  while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80)
    ++length;
  return length;
}

// What moves a cursor, breaks a line or turns the direction of text: C0, DEL and C1, the line and
// paragraph separators U+2028 and U+2029, and the overrides and isolates U+202A-202E, U+2066-2069.
bool is_control(std::string_view character) {
  if (character.size() == 1) {
    auto octet = static_cast<unsigned char>(character.front());
    return octet < 0x20 || octet == 0x7F;
  }
  if (character.size() == 2) return character >= "\u0080" && character <= "\u009F";
  return (character >= "\u2028" && character <= "\u202E") ||
         (character >= "\u2066" && character <= "\u2069");
}

}  // namespace

std::string clean_text(std::string_view text, std::size_t limit) {
  std::string clean;
  for (std::size_t characters = 0; !text.empty(); ++characters) {
    if (characters == limit) return clean + "…";
    std::string_view character = text.substr(0, character_length(text));
    clean += is_control(character) ? " " : character;
    text.remove_prefix(character.size());
  }
  return clean;
}

}  // namespace balcony
