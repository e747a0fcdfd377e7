// SPDX-License-Identifier: MIT
#include "jingle/base/element.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "jingle/base/ns.h"

namespace balcony {

namespace {

// Namespaces that nearly all stanzas are made of: no element holds a copy of one.
constexpr std::array<std::string_view, 16> kWellKnown{
    ns::kClient, ns::kReceipts,     ns::kChatStates, ns::kStanzaId,  "urn:xmpp:chat-markers:0",
    ns::kDelay,  ns::kStanzaErrors, ns::kDiscoInfo,  ns::kCaps,      ns::kPing,
    ns::kIbb,    ns::kJingle,       ns::kXmlStream,  ns::kJingleIbb, ns::kJingleSocks5,
    ns::kRoster,
};

const std::string_view* well_known(std::string_view ns) {
  const auto* found = std::find(kWellKnown.begin(), kWellKnown.end(), ns);
  return found == kWellKnown.end() ? nullptr : found;
}

// In front of the octets of an attribute.
struct Sizes {
  std::uint32_t name, ns, value;

  static Sizes of(const Attribute& attribute) {
    return {static_cast<std::uint32_t>(attribute.name.size()),
            static_cast<std::uint32_t>(attribute.ns.size()),
            static_cast<std::uint32_t>(attribute.value.size())};
  }
  static Sizes at(const char* place) {
    Sizes sizes;
    std::memcpy(&sizes, place, sizeof sizes);
    return sizes;
  }
  std::size_t octets() const { return sizeof *this + name + ns + value; }
};

void append(std::string& tag, const Attribute& attribute) {
  Sizes sizes = Sizes::of(attribute);
  tag.append(reinterpret_cast<const char*>(&sizes), sizeof sizes);
  tag.append(attribute.name).append(attribute.ns).append(attribute.value);
}

}  // namespace

Attribute Attributes::Iterator::operator*() const {
  Sizes sizes = Sizes::at(at_);
  const char* name = at_ + sizeof sizes;
  const char* ns = name + sizes.name;
  return {{name, sizes.name}, {ns, sizes.ns}, {ns + sizes.ns, sizes.value}};
}

Attributes::Iterator& Attributes::Iterator::operator++() {
  at_ += Sizes::at(at_).octets();
  return *this;
}

Element::Element() = default;
Element::Element(std::string_view name, std::string_view ns)
    : tag_(name), name_size_(static_cast<std::uint32_t>(name.size())), known_ns_(well_known(ns)) {
  if (known_ns_) return;
  tag_ += ns;
  ns_size_ = static_cast<std::uint32_t>(ns.size());
}
Element::Element(const Element&) = default;
Element::Element(Element&& other) noexcept
    : tag_(std::move(other.tag_)),
      name_size_(std::exchange(other.name_size_, 0)),
      ns_size_(std::exchange(other.ns_size_, 0)),
      known_ns_(std::exchange(other.known_ns_, nullptr)),
      nodes_(std::move(other.nodes_)) {
  other.tag_.clear();
}
Element& Element::operator=(const Element&) = default;
Element& Element::operator=(Element&& other) noexcept {
  if (this == &other) return *this;
  tag_ = std::move(other.tag_);
  name_size_ = std::exchange(other.name_size_, 0);
  ns_size_ = std::exchange(other.ns_size_, 0);
  known_ns_ = std::exchange(other.known_ns_, nullptr);
  nodes_ = std::exchange(other.nodes_, {});
  other.tag_.clear();
  return *this;
}
Element::~Element() = default;

bool operator==(const Element& a, const Element& b) {
  return a.name_size_ == b.name_size_ && a.known_ns_ == b.known_ns_ && a.ns_size_ == b.ns_size_ &&
         a.tag_ == b.tag_ && a.nodes_ == b.nodes_;
}

Attributes::Iterator Element::find(std::string_view name, std::string_view ns) const {
  Attributes all = attributes();
  return std::find_if(all.begin(), all.end(), [&](const Attribute& attribute) {
    return attribute.name == name && attribute.ns == ns;
  });
}

std::string_view Element::attr(std::string_view name, std::string_view ns) const {
  auto found = find(name, ns);
  return found == attributes().end() ? std::string_view() : (*found).value;
}

bool Element::has_attr(std::string_view name, std::string_view ns) const {
  return find(name, ns) != attributes().end();
}

void Element::replace(Attributes::Iterator found, std::string_view octets) {
  auto at = static_cast<std::size_t>(found.at_ - tag_.data());
  tag_.replace(at, Sizes::at(found.at_).octets(), octets);
}

// What is given may be a view of this very element: it is copied before anything moves.
Element& Element::set_attr(std::string_view name, std::string_view value, std::string_view ns) {
  std::string made;
  append(made, {name, ns, value});
  auto found = find(name, ns);
  if (found != attributes().end()) {
    replace(found, made);
  } else {
    tag_ += made;
  }
  return *this;
}

void Element::remove_attr(std::string_view name, std::string_view ns) {
  auto found = find(name, ns);
  if (found != attributes().end()) replace(found, {});
}

void Element::keep_attrs(bool (*is_kept)(const Attribute&)) {
  Attributes all = attributes();
  if (std::all_of(all.begin(), all.end(), is_kept)) return;
  std::string kept = tag_.substr(0, attributes_at());
  for (const Attribute& attribute : all)
    if (is_kept(attribute)) append(kept, attribute);
  tag_ = std::move(kept);
}

void Element::reserve_attrs(std::size_t count, std::size_t octets) {
  tag_.reserve(tag_.size() + count * sizeof(Sizes) + octets);
}

void Element::add_attr(const Attribute& attribute) { append(tag_, attribute); }

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
  std::size_t index = 0;
  for (const Attribute& attribute : element.attributes()) append_attribute(out, attribute, index++);
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
