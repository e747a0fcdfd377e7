// SPDX-License-Identifier: MIT
#include "jingle/session/reason.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <string_view>

#include "jingle/base/ns.h"
#include "jingle/base/stanza.h"

namespace balcony {
namespace {

// XEP-0166 section 7.4.
constexpr std::array<std::string_view, 17> kConditions{
    "alternative-session",
    "busy",
    "cancel",
    "connectivity-error",
    "decline",
    "expired",
    "failed-application",
    "failed-transport",
    "general-error",
    "gone",
    "incompatible-parameters",
    "media-error",
    "security-error",
    "success",
    "timeout",
    "unsupported-applications",
    "unsupported-transports",
};

bool is_condition(std::string_view name) {
  return std::find(kConditions.begin(), kConditions.end(), name) != kConditions.end();
}

}  // namespace

Element to_element(const Reason& reason) {
  assert(is_condition(reason.condition));
  Element condition(reason.condition, ns::kJingle);
  if (!reason.alternative_sid.empty())
    condition.add(Element("sid", ns::kJingle).add_text(reason.alternative_sid));
  Element element("reason", ns::kJingle);
  element.add(std::move(condition));
  if (!reason.text.empty()) element.add(Element("text", ns::kJingle).add_text(reason.text));
  return element;
}

Reason read_reason(const Element* element) {
  Reason reason{.condition = "general-error", .text = {}, .alternative_sid = {}};
  if (!element) return reason;
  if (const Element* text = element->child("text", ns::kJingle))
    reason.text = clean_text(text->text());
  for (const Element* child : element->children()) {
    if (child->ns() != ns::kJingle || !is_condition(child->name())) continue;
    reason.condition = child->name();
    if (const Element* sid = child->child("sid", ns::kJingle)) reason.alternative_sid = sid->text();
    break;
  }
  return reason;
}

}  // namespace balcony
