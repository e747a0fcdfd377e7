// SPDX-License-Identifier: MIT
// What a peer can make us spend: processor time per octet of inputs made to be expensive, within
// all limits, against ordinary traffic. Each goes through the parser and the stanza filter, as on a
// stream; what is refused costs less, since nothing follows it.
#include <cstdlib>
#include <functional>
#include <string>

#include "jingle/base/xml_parser.h"
#include "jingle/stream/stanza_filter.h"
#include "tests/bench/figure.h"
#include "tests/bench/figures.h"
#include "tests/bench/traffic.h"

namespace balcony::bench {
namespace {

constexpr std::size_t kOctets = 4'000'000;  // of each stream, at least
constexpr std::size_t kChunk = 16 * 1024;

const StreamEnds kEnds{*Jid::parse(kJuliet), *Jid::parse(kRomeo), "en"};

// Nanoseconds per octet; aborts if the stream is refused: then it is no such input.
double cost(const std::string& stream, std::size_t chunk) {
  double took = cpu_seconds([&] {
    XmlParser parser(XmlLimits{});
    for (std::size_t at = 0; at < stream.size(); at += chunk) {
      parser.feed(ByteView(stream).substr(at, chunk), XmlParser::Until::kEnd);
      while (auto event = parser.poll()) {
        if (std::holds_alternative<XmlFault>(*event)) std::abort();
        if (auto* read = std::get_if<ElementRead>(&*event))
          filter_inbound(std::move(read->element), kEnds);
      }
    }
  });
  return took * 1e9 / static_cast<double>(stream.size());
}

std::string repeat(std::size_t count, const std::function<std::string(std::size_t)>& part) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += part(i);
  return text;
}

std::string repeat(std::size_t count, std::string_view part) {
  return repeat(count, [&](std::size_t) { return std::string(part); });
}

// Messages with this inside until there are enough octets.
std::string stream_with(const std::function<std::string(std::size_t)>& content) {
  std::string text(kHeader);
  for (std::size_t i = 0; text.size() < kOctets; ++i)
    text.append("<message>").append(content(i)).append("</message>");
  return text.append(kFooter);
}

std::string stream_with(const std::string& content) {
  return stream_with([&](std::size_t) { return content; });
}

std::string number(std::size_t value) { return std::to_string(value); }

struct Kind {
  std::string name;
  std::string stream;
  std::size_t chunk = kChunk;
};

std::vector<Kind> kinds() {
  std::string many_attributes =
      "<a " + repeat(64, [](std::size_t i) { return "a" + number(i) + "='' "; }) + "/>";
  std::string many_namespaces =
      "<a " + repeat(32, [](std::size_t i) { return "xmlns:n" + number(i) + "='u' "; }) + "/>";
  std::string prefixed = "<a xmlns:p='u' " +
                         repeat(63, [](std::size_t i) { return "p:a" + number(i) + "='' "; }) +
                         "/>";
  auto fresh = [](std::size_t i) {
    return repeat(50, [i](std::size_t k) { return "<n" + number(i * 50 + k) + "/>"; });
  };
  auto long_fresh = [](std::size_t i) { return "<n" + number(i) + std::string(240, 'n') + "/>"; };
  return {
      {"deep", stream_with(repeat(62, "<a>") + repeat(62, "</a>"))},
      {"tiny-elements", stream_with(repeat(16'000, "<a/>"))},
      {"tiny-stanzas", stream_with("")},
      {"attributes", stream_with(many_attributes)},
      {"namespaces", stream_with(many_namespaces)},
      {"prefixed-attributes", stream_with(prefixed)},
      {"fresh-names", stream_with(fresh)},
      {"long-fresh-names", stream_with(long_fresh)},
      {"references", stream_with("<a>" + repeat(1000, "&amp;&#65;") + "</a>")},
      {"escaped-values", stream_with("<a a='" + repeat(1000, "&amp;&lt;") + "'/>")},
      {"cdata", stream_with("<a>" + repeat(1000, "<![CDATA[]]>") + "</a>")},
      {"mixed", stream_with("<a>" + repeat(7'000, "t<b/>") + "</a>")},
      {"long-text", stream_with("<a>" + std::string(250'000, 't') + "</a>")},
      {"cut-into-16", stream_of(message_xml(1), kOctets / 344), 16},
  };
}

}  // namespace

void hostile() {
  std::string ordinary = stream_of(message_xml(1), kOctets / 344);
  for (const Kind& kind : kinds()) {
    compare(
        {.name = "hostile-" + kind.name,
         .what = "CPU per octet of hostile input : of ordinary messages",
         .unit = "ns/octet",
         .at_most = 2,
         .rounds = 5},
        [&] { return cost(kind.stream, kind.chunk); }, [&] { return cost(ordinary, kChunk); });
  }
}

}  // namespace balcony::bench
