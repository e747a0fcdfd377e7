// SPDX-License-Identifier: MIT
#include "tests/bench/traffic.h"

#include <cstdio>

#include "jingle/base/xml_parser.h"

namespace balcony::bench {

std::string message_xml(unsigned number) {
  char text[512];
  std::snprintf(text, sizeof text,
                "<message from='%s' to='%s' type='chat' id='m%07u'><body>Lady, by yonder blessed "
                "moon I vow, that tips with silver all these fruit-tree tops</body><active "
                "xmlns='http://jabber.org/protocol/chatstates'/><request "
                "xmlns='urn:xmpp:receipts'/><origin-id xmlns='urn:xmpp:sid:0' id='o%07u'/>"
                "</message>",
                kRomeo, kJuliet, number % 10'000'000, number % 10'000'000);
  return text;
}

std::string receipt_xml(std::string_view id) {
  std::string text = "<message from='";
  text.append(kJuliet).append("' to='").append(kRomeo).append("'><received ");
  return text.append("xmlns='urn:xmpp:receipts' id='").append(id).append("'/></message>");
}

Element message(unsigned number) { return *parse_stanza(message_xml(number)); }
Element receipt(std::string_view id) { return *parse_stanza(receipt_xml(id)); }

std::string stream_of(const std::string& stanza, std::size_t count) {
  std::string text(kHeader);
  for (std::size_t i = 0; i < count; ++i) text += stanza;
  return text.append(kFooter);
}

}  // namespace balcony::bench
