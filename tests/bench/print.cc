// SPDX-License-Identifier: MIT
// Printing an Element against libxml2's xmlNodeDump of the same stanza.
#include <libxml/parser.h>
#include <libxml/tree.h>

#include <cstdlib>

#include "jingle/base/element.h"
#include "jingle/base/ns.h"
#include "tests/bench/figure.h"
#include "tests/bench/figures.h"
#include "tests/bench/traffic.h"

namespace balcony::bench {
namespace {

constexpr std::size_t kStanzas = 100'000;
constexpr std::size_t kBatch = 48;  // printed behind one another before they are sent

double print_elements(const Element& stanza) {
  std::size_t octets = 0;
  double took = cpu_seconds([&] {
    std::string out;
    for (std::size_t i = 1; i <= kStanzas; ++i) {
      append_xml(out, stanza, ns::kClient);
      if (i % kBatch == 0) {
        octets += out.size();
        out.clear();
      }
    }
  });
  if (octets < kStanzas * 300) std::abort();
  return static_cast<double>(kStanzas) / took;
}

double print_nodes(xmlDoc* document) {
  std::size_t octets = 0;
  double took = cpu_seconds([&] {
    xmlBuffer* out = xmlBufferCreate();
    for (std::size_t i = 1; i <= kStanzas; ++i) {
      xmlNodeDump(out, document, xmlDocGetRootElement(document), 0, 0);
      if (i % kBatch == 0) {
        octets += static_cast<std::size_t>(xmlBufferLength(out));
        xmlBufferEmpty(out);
      }
    }
    xmlBufferFree(out);
  });
  if (octets < kStanzas * 300) std::abort();
  return static_cast<double>(kStanzas) / took;
}

}  // namespace

void print() {
  std::string text = message_xml(1);
  Element stanza = message(1);
  xmlDoc* document = xmlReadMemory(text.data(), static_cast<int>(text.size()), nullptr, nullptr, 0);
  compare(
      {.name = "print",
       .what = "stanzas printed from Element : xmlNodeDump",
       .unit = "stanzas/s of CPU"},
      [&] { return print_elements(stanza); }, [&] { return print_nodes(document); });
  xmlFreeDoc(document);
}

}  // namespace balcony::bench
