// SPDX-License-Identifier: MIT
#include "jingle/base/element.h"

#include <algorithm>
#include <array>
#include <utility>

#include "jingle/base/ns.h"

namespace balcony {

Element::Element() = default;
Element::Element(std::string_view name, std::string_view ns) : name_(name), ns_(ns) {}
Element::Element(std::string name, std::string ns, std::vector<Attribute> attributes)
    : name_(std::move(name)), ns_(std::move(ns)), attributes_(std::move(attributes)) {}
Element::Element(const Element&) = default;
Element::Element(Element&&) noexcept = default;
Element& Element::operator=(const Element&) = default;
Element& Element::operator=(Element&&) noexcept = default;
Element::~Element() = default;

bool operator==(const Element& a, const Element& b) {
  return a.name_ == b.name_ && a.ns_ == b.ns_ && a.attributes_ == b.attributes_ &&
         a.nodes_ == b.nodes_;
}

namespace {

auto find_attribute(auto& attributes, std::string_view name, std::string_view ns) {
  return std::find_if(attributes.begin(), attributes.end(),
                      [&](const Attribute& a) { return a.name == name && a.ns == ns; });
}

}  // namespace

std::string_view Element::attr(std::string_view name, std::string_view ns) const {
  auto found = find_attribute(attributes_, name, ns);
  return found == attributes_.end() ? std::string_view() : found->value;
}

bool Element::has_attr(std::string_view name, std::string_view ns) const {
  return find_attribute(attributes_, name, ns) != attributes_.end();
}

Element& Element::set_attr(std::string_view name, std::string_view value, std::string_view ns) {
  auto found = find_attribute(attributes_, name, ns);
  if (found != attributes_.end()) {
    found->value = value;
  } else {
    attributes_.push_back({std::string(name), std::string(ns), std::string(value)});
  }
  return *this;
}

void Element::remove_attr(std::string_view name, std::string_view ns) {
  auto found = find_attribute(attributes_, name, ns);
  if (found != attributes_.end()) attributes_.erase(found);
}

Element& Element::add(Element child) {
  nodes_.emplace_back(std::move(child));
  return *this;
}

Element& Element::add_text(std::string_view text) {
  if (!nodes_.empty() && !nodes_.back().element()) {
    nodes_.back().text() += text;
  } else if (!text.empty()) {
    nodes_.emplace_back(std::string(text));
  }
  return *this;
}

const Element* Element::child(std::string_view name, std::string_view ns) const {
  for (const Node& node : nodes_)
    if (const Element* e = node.element(); e && e->is(name, ns)) return e;
  return nullptr;
}

const Element* Element::first_child() const {
  for (const Node& node : nodes_)
    if (const Element* e = node.element()) return e;
  return nullptr;
}

std::vector<const Element*> Element::children() const {
  std::vector<const Element*> found;
  for (const Node& node : nodes_)
    if (const Element* e = node.element()) found.push_back(e);
  return found;
}

std::string Element::text() const {
  std::string text;
  for (const Node& node : nodes_)
    if (!node.element()) text += node.text();
  return text;
}

namespace {

// Which octets to replace by a reference, as a table: nearly all text has none of them.
class Special {
 public:
  constexpr explicit Special(std::string_view octets) {
    for (char c : octets) table_[static_cast<unsigned char>(c)] = true;
  }
  std::size_t find_in(std::string_view text) const {  // its size if there is none
    std::size_t at = 0;
    while (at < text.size() && !table_[static_cast<unsigned char>(text[at])]) ++at;
    return at;
  }

 private:
  std::array<bool, 256> table_{};
};

constexpr Special kSpecialInValue("&<>'\t\n\r");
constexpr Special kSpecialInText("&<>\r");
constexpr Special kSpecialInLine("&<>\r\n");

std::string_view reference(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '\'':
      return "&apos;";
    case '\t':
      return "&#9;";
    case '\n':
      return "&#10;";
    default:
      return "&#13;";
  }
}

void append_escaped(std::string& out, std::string_view text, const Special& special) {
  while (true) {
    std::size_t at = special.find_in(text);
    out += text.substr(0, at);
    if (at == text.size()) return;
    out += reference(text[at]);
    text.remove_prefix(at + 1);
  }
}

void append_attribute(std::string& out, const Attribute& attribute, std::size_t index) {
  out += ' ';
  if (attribute.ns == ns::kXml) {
    out += "xml:";
  } else if (!attribute.ns.empty()) {
    std::string prefix = "ns" + std::to_string(index);
    out += "xmlns:" + prefix + "='";
    append_escaped(out, attribute.ns, kSpecialInValue);
    out += "' " + prefix + ':';
  }
  out += attribute.name;
  out += "='";
  append_escaped(out, attribute.value, kSpecialInValue);
  out += '\'';
}

}  // namespace

void append_xml(std::string& out, const Element& element, std::string_view default_ns,
                bool one_line) {
  // The namespace of xml:lang may be nobody's default (Namespaces in XML 1.0 section 3).
  bool is_xml = element.ns() == ns::kXml;
  std::string_view prefix = is_xml ? "xml:" : "";
  std::string_view inner_ns = is_xml ? default_ns : element.ns();
  out += '<';
  out += prefix;
  out += element.name();
  if (inner_ns != default_ns) {
    out += " xmlns='";
    append_escaped(out, element.ns(), kSpecialInValue);
    out += '\'';
  }
  for (std::size_t i = 0; i < element.attributes().size(); ++i)
    append_attribute(out, element.attributes()[i], i);
  if (element.nodes().empty()) {
    out += "/>";
    return;
  }
  out += '>';
  for (const Node& node : element.nodes()) {
    if (const Element* child = node.element())
      append_xml(out, *child, inner_ns, one_line);
    else
      append_escaped(out, node.text(), one_line ? kSpecialInLine : kSpecialInText);
  }
  out += "</";
  out += prefix;
  out += element.name();
  out += '>';
}

std::string to_xml(const Element& element, std::string_view default_ns, bool one_line) {
  std::string out;
  append_xml(out, element, default_ns, one_line);
  return out;
}

std::string escape_xml(std::string_view text) {
  std::string out;
  append_escaped(out, text, kSpecialInText);
  return out;
}

}  // namespace balcony
