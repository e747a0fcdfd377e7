// SPDX-License-Identifier: MIT
// Parsing into Elements, with all our limits, against libxml2's SAX2 push parser whose callbacks do
// nothing: what the same octets cost at the very least.
#include <libxml/parser.h>

#include <cstdlib>

#include "jingle/base/xml_parser.h"
#include "tests/bench/figure.h"
#include "tests/bench/figures.h"
#include "tests/bench/traffic.h"

namespace balcony::bench {
namespace {

constexpr std::size_t kStanzas = 50'000;
constexpr std::size_t kChunk = 16 * 1024;  // a full TLS record

std::size_t parse_into_elements(ByteView stream) {
  XmlParser parser(XmlLimits{});
  std::size_t read = 0;
  for (std::size_t at = 0; at < stream.size(); at += kChunk) {
    parser.feed(stream.substr(at, kChunk), XmlParser::Until::kEnd);
    while (auto event = parser.poll())
      if (std::holds_alternative<ElementRead>(*event)) ++read;
  }
  return read;
}

std::size_t parse_into_nothing(ByteView stream) {
  xmlSAXHandler handlers{};
  handlers.initialized = XML_SAX2_MAGIC;
  handlers.startElementNs = [](void*, auto*, auto*, auto*, int, auto**, int, int, auto**) {};
  handlers.endElementNs = [](void*, auto*, auto*, auto*) {};
  handlers.characters = handlers.ignorableWhitespace = [](void*, auto*, int) {};
  xmlParserCtxt* context = xmlCreatePushParserCtxt(&handlers, nullptr, nullptr, 0, nullptr);
  for (std::size_t at = 0; at < stream.size(); at += kChunk) {
    ByteView chunk = stream.substr(at, kChunk);
    xmlParseChunk(context, chunk.data(), static_cast<int>(chunk.size()), 0);
  }
  bool is_whole = context->wellFormed != 0;
  xmlFreeParserCtxt(context);
  return is_whole ? kStanzas : 0;
}

Side rate(std::size_t (*parser)(ByteView), const std::string& stream) {
  return [parser, &stream] {
    double took = cpu_seconds([&] {
      if (parser(stream) != kStanzas) std::abort();
    });
    return static_cast<double>(kStanzas) / took;
  };
}

}  // namespace

void parse() {
  std::string stream = stream_of(message_xml(1), kStanzas);
  compare({.name = "parse",
           .what = "stanzas parsed into Element : empty SAX2 callbacks",
           .unit = "stanzas/s of CPU",
           .at_least = 0.80},
          rate(parse_into_elements, stream), rate(parse_into_nothing, stream));
}

}  // namespace balcony::bench
