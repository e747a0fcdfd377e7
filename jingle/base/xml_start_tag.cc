// SPDX-License-Identifier: MIT
#include "jingle/base/xml_start_tag.h"

#include <string>

namespace balcony {

std::string_view view(const XmlOctet* text) {
  return text ? std::string_view(reinterpret_cast<const char*>(text)) : std::string_view();
}

std::string_view view(const XmlOctet* begin, const XmlOctet* end) {
  return {reinterpret_cast<const char*>(begin), static_cast<std::size_t>(end - begin)};
}

namespace {

// libxml2 hands over the & of an attribute value (and of a namespace) as &#38; and nothing else so.
std::string unescaped(std::string_view text) {
  constexpr std::string_view kAmpersand = "&#38;";
  std::size_t at = text.find('&');
  if (at == std::string_view::npos) return std::string(text);
  std::string plain;
  for (; at != std::string_view::npos; at = text.find('&')) {
    plain += text.substr(0, at + 1);
    text.remove_prefix(at + kAmpersand.size());
  }
  return plain.append(text);
}

bool has_ampersand(std::string_view text) { return text.find('&') != std::string_view::npos; }

bool is_long(std::string_view prefix, std::string_view name, std::size_t limit) {
  return prefix.size() + name.size() + (prefix.empty() ? 0 : 1) > limit;
}

}  // namespace

bool XmlStartTag::has_long_name(std::size_t limit) const {
  if (is_long(prefix, name, limit)) return true;
  for (std::size_t i = 0; i < attribute_count; ++i)
    if (is_long(view(attributes[i * 5 + 1]), view(attributes[i * 5]), limit)) return true;
  for (std::size_t i = 0; i < namespace_count; ++i) {
    bool is_long_ns = view(namespaces[i * 2 + 1]).size() > limit;
    if (is_long_ns || is_long("xmlns", view(namespaces[i * 2]), limit)) return true;
  }
  return false;
}

std::string XmlStartTag::default_ns() const {
  for (std::size_t i = 0; i < namespace_count; ++i)
    if (!namespaces[i * 2]) return unescaped(view(namespaces[i * 2 + 1]));
  return {};
}

Element XmlStartTag::element() const {
  Element made = has_ampersand(ns) ? Element(name, unescaped(ns)) : Element(name, ns);
  std::size_t octets = 0;
  for (std::size_t i = 0; i < attribute_count; ++i) {
    Attribute attribute = this->attribute(i);
    octets += attribute.name.size() + attribute.ns.size() + attribute.value.size();
  }
  if (attribute_count > 0) made.reserve_attrs(attribute_count, octets);
  for (std::size_t i = 0; i < attribute_count; ++i) {
    Attribute raw = attribute(i);
    if (has_ampersand(raw.value) || (!raw.ns.empty() && has_ampersand(raw.ns)))
      made.add_attr({raw.name, unescaped(raw.ns), unescaped(raw.value)});
    else
      made.add_attr(raw);
  }
  return made;
}

Attribute XmlStartTag::attribute(std::size_t index) const {
  const XmlOctet** fields = attributes + index * 5;
  return {view(fields[0]), view(fields[2]), view(fields[3], fields[4])};
}

}  // namespace balcony
