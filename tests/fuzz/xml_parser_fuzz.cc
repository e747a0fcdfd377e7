// SPDX-License-Identifier: MIT
// XmlParser against libxml2's own tree (C-09, C-10, STM-11 to -15).
//
//   input: a line of two words, KIND and CUTS, then XML
//   KIND   d: a whole document; s: stanzas, inside a root of ours; o: the same, the root left open.
//          g: the letters of the rest are made into elements that are closed, see written().
//          A further l: with limits so small that a fuzzer meets them.
//   CUTS   see cut_by()
#include <libxml/parser.h>
#include <libxml/tree.h>

#include <memory>
#include <utility>

#include "jingle/base/ns.h"
#include "jingle/base/xml_parser.h"
#include "tests/fuzz/support/fuzz.h"

namespace balcony {
namespace {

using Events = std::vector<XmlEvent>;

constexpr std::string_view kRoot = "<s:stream xmlns='jabber:client' xmlns:s='urn:s'>";

std::string described(const XmlEvent& event) {
  if (auto* opened = std::get_if<RootOpened>(&event))
    return "root " + to_xml(opened->root) + " content " + opened->content_ns;
  if (auto* read = std::get_if<ElementRead>(&event))
    return std::to_string(read->raw_octets) + " " + to_xml(read->element);
  if (auto* fault = std::get_if<XmlFault>(&event)) return fault->condition + ": " + fault->text;
  return "closed";
}

std::string described(const Events& events) {
  std::string text;
  for (const XmlEvent& event : events) text += described(event) + "\n";
  return text;
}

// `taken`: how much of the input the parser wanted.
Events parse(const std::vector<std::string>& pieces, XmlParser::Until until,
             const XmlLimits& limits, std::size_t& taken) {
  XmlParser parser(limits);
  Events events;
  taken = 0;
  for (ByteView piece : pieces) {
    for (std::size_t count = 1; !piece.empty() && count > 0; piece.remove_prefix(count)) {
      taken += count = parser.feed(piece, until);
      while (auto event = parser.poll()) events.push_back(std::move(*event));
    }
  }
  return events;
}

bool ends_with_fault(const Events& events) {
  return !events.empty() && std::holds_alternative<XmlFault>(events.back());
}

// ---- limits ----

void check_limits(const Element& element, const XmlLimits& limits, std::size_t depth,
                  std::size_t& parts) {
  require(depth <= limits.depth, "no element is deeper than the limit", to_xml(element));
  Attributes all = element.attributes();
  auto count = static_cast<std::size_t>(std::distance(all.begin(), all.end()));
  require(count <= limits.attributes, "no more attributes than the limit");
  require(element.name().size() <= limits.name, "no longer names than the limit");
  for (const Attribute& attribute : all)
    require(attribute.name.size() <= limits.name, "no longer names than the limit");
  parts += 1 + count;
  for (const Node& node : element.nodes()) {
    if (node.element())
      check_limits(*node.element(), limits, depth + 1, parts);
    else
      ++parts;
  }
  require(parts <= limits.parts, "no more parts than the limit");
}

// ---- libxml2's opinion ----

std::string text_of(const xmlChar* text) {
  return text ? std::string(reinterpret_cast<const char*>(text)) : std::string();
}

std::string ns_of(const xmlNs* ns) {  // it keeps the & of a namespace as a reference
  std::string name = ns ? text_of(ns->href) : std::string();
  for (std::size_t at = 0; (at = name.find("&#38;", at)) != std::string::npos; ++at)
    name.replace(at, 5, "&");
  return name;
}

Element element_of(const xmlNode* node) {
  Element element(text_of(node->name), ns_of(node->ns));
  for (const xmlAttr* a = node->properties; a; a = a->next) {
    std::unique_ptr<xmlChar, decltype(xmlFree)> value(xmlNodeGetContent(a->children), xmlFree);
    element.add_attr({text_of(a->name), ns_of(a->ns), text_of(value.get())});
  }
  for (const xmlNode* child = node->children; child; child = child->next) {
    if (child->type == XML_ELEMENT_NODE) element.add(element_of(child));
    if (child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE)
      element.add_text(text_of(child->content));
  }
  return element;
}

struct Opinion {
  bool is_sound = false;  // well-formed, namespaces too, and without a document type
  std::vector<Element> elements;
};

Opinion opinion_of(const std::string& xml) {
  Opinion opinion;
  std::unique_ptr<xmlParserCtxt, decltype(&xmlFreeParserCtxt)> context(xmlNewParserCtxt(),
                                                                       xmlFreeParserCtxt);
  std::unique_ptr<xmlDoc, decltype(&xmlFreeDoc)> document(
      xmlCtxtReadMemory(context.get(), xml.data(), static_cast<int>(xml.size()), nullptr, nullptr,
                        XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING),
      xmlFreeDoc);
  opinion.is_sound =
      document && context->wellFormed && context->nsWellFormed && !document->intSubset;
  if (!opinion.is_sound) return opinion;
  for (const xmlNode* node = xmlDocGetRootElement(document.get())->children; node;
       node = node->next)
    if (node->type == XML_ELEMENT_NODE) opinion.elements.push_back(element_of(node));
  return opinion;
}

void compare(const Events& events, const std::string& xml) {
  if (ends_with_fault(events) || events.empty()) return;
  if (!std::holds_alternative<RootClosed>(events.back())) return;
  Opinion opinion = opinion_of(xml);
  require(opinion.is_sound, "what is taken is well-formed, without a document type", xml);
  std::size_t next = 0;
  for (const XmlEvent& event : events) {
    auto* read = std::get_if<ElementRead>(&event);
    if (!read) continue;
    require(next < opinion.elements.size(), "no element is invented", xml);
    require(read->element == opinion.elements[next], "an element is what libxml2 reads",
            to_xml(read->element) + "\n" + to_xml(opinion.elements[next]));
    ++next;
  }
  require(next == opinion.elements.size(), "no element is lost", xml);
}

void check_print(const Element& element) {
  XmlLimits wide;  // a namespace that was declared once may have to be printed often
  wide.element = wide.start_tag = std::size_t{64} << 20;
  wide.namespaces = wide.attributes = 1000;
  wide.name = 1 << 20;
  std::string printed = to_xml(element, ns::kClient);
  Result<Element> again = parse_stanza(printed, wide);
  require(again.has_value(), "what is printed can be read", printed);
  require(*again == element, "what is printed is read as it was", printed + "\n" + to_xml(*again));
}

// A parenthesis opens or closes an element, a digit stands for one with so many attributes, a
// capital for one with so many namespaces, a point for an empty one; all else is text.
std::string written(std::string_view letters) {
  std::string xml;
  std::size_t open = 0;
  for (char c : letters) {
    if (c == '(' && ++open)
      xml += "<a>";
    else if (c == ')' && open > 0 && open--)
      xml += "</a>";
    else if (c == '.' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'J')) {
      xml += "<b";
      for (char i = '0'; i < c && c <= '9'; ++i) xml += std::string(" c") + i + "='d'";
      for (char i = 'A'; i < c; ++i) xml += std::string(" xmlns:e") + i + "='f'";
      xml += "/>";
    } else if (open > 0 && c >= 'a' && c <= 'z') {
      xml += c;
    }
  }
  for (; open > 0; --open) xml += "</a>";
  return xml;
}

XmlLimits small() {
  XmlLimits limits;
  limits.element = 512;
  limits.depth = 6;
  limits.attributes = 6;
  limits.namespaces = 3;
  limits.name = 16;
  limits.start_tag = 256;
  limits.parts = 40;
  return limits;
}

}  // namespace

void fuzz(std::string_view input) {
  std::string_view line = take_line(input);
  std::string_view kind = take_word(line), cuts = take_word(line);
  if (kind.empty()) return;
  bool is_document = kind[0] == 'd';
  XmlLimits limits = kind.substr(1) == "l" ? small() : XmlLimits();
  std::string xml = is_document ? "" : std::string(kRoot);
  xml += kind[0] == 'g' ? written(input) : std::string(input);
  if (kind[0] == 's' || kind[0] == 'g') xml += "</s:stream>";

  std::size_t taken = 0, others = 0;
  Events events = parse({xml}, XmlParser::Until::kEnd, limits, taken);
  std::string whole = described(events);
  for (auto until : {XmlParser::Until::kEnd, XmlParser::Until::kEvent}) {
    std::string again = described(parse(cut_by(xml, cuts), until, limits, others));
    require(again == whole, "events are the same however the octets are cut",
            whole + "----\n" + again);
  }

  for (const XmlEvent& event : events) {
    auto* read = std::get_if<ElementRead>(&event);
    if (!read) continue;
    std::size_t parts = 0;
    require(read->raw_octets <= limits.element, "no element is bigger than the limit");
    check_limits(read->element, limits, 1, parts);
    check_print(read->element);
  }
  compare(events, xml.substr(0, taken));
}

}  // namespace balcony
