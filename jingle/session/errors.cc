// SPDX-License-Identifier: MIT
#include "jingle/session/errors.h"

#include "jingle/base/ns.h"

namespace balcony {
namespace {

StanzaError jingle_error(std::string condition, std::string_view jingle_condition) {
  return {.condition = std::move(condition),
          .type = {},
          .application = Element(jingle_condition, ns::kJingleErrors),
          .text = {}};
}

}  // namespace

StanzaError bad_request(std::string text) {
  return {.condition = "bad-request", .type = "cancel", .application = {}, .text = std::move(text)};
}

StanzaError unknown_session() { return jingle_error("item-not-found", "unknown-session"); }
StanzaError out_of_order() { return jingle_error("unexpected-request", "out-of-order"); }
StanzaError tie_break() { return jingle_error("conflict", "tie-break"); }
StanzaError unsupported_info() {
  return jingle_error("feature-not-implemented", "unsupported-info");
}

bool is_unknown_session(std::string_view condition) { return condition == "item-not-found"; }

}  // namespace balcony
