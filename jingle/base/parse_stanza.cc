// SPDX-License-Identifier: MIT
// One stanza on its own, by the rules of a stream (RFC 6120 section 11). Called for what hosts hand
// over.
#include <utility>

#include "jingle/base/xml_parser.h"

namespace balcony {

// A stream around the stanza: what the stanza must not do to the stream, it must not do at all.
Result<Element> parse_stanza(std::string_view xml, const XmlLimits& limits) {
  constexpr std::string_view kOpen = "<stream xmlns='jabber:client'>";
  constexpr std::string_view kClose = "</stream>";
  XmlParser parser(limits);
  parser.feed(kOpen, XmlParser::Until::kEnd);
  parser.feed(xml, XmlParser::Until::kEnd);
  bool is_whole = parser.feed(kClose, XmlParser::Until::kEnd) == kClose.size();

  Element stanza;
  bool is_closed = false;
  while (auto event = parser.poll()) {
    if (auto* fault = std::get_if<XmlFault>(&*event))
      return fail(Blame::kCaller, fault->condition, fault->text);
    if (auto* read = std::get_if<ElementRead>(&*event)) {
      if (stanza) return fail(Blame::kCaller, "bad-format", "more than one stanza");
      stanza = std::move(read->element);
    }
    is_closed = is_closed || std::holds_alternative<RootClosed>(*event);
  }
  if (!is_whole || !is_closed || !stanza)
    return fail(Blame::kCaller, "not-well-formed", "not one whole stanza");
  return stanza;
}

}  // namespace balcony
