// SPDX-License-Identifier: MIT
#include "jingle/base/xml_start_tag.h"

#include <utility>
#include <vector>

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

bool is_long(std::string_view prefix, std::string_view name, std::size_t limit) {
  return prefix.size() + name.size() + (prefix.empty() ? 0 : 1) > limit;
}

}  // namespace

bool XmlStartTag::has_long_name(std::size_t limit) const {
  if (is_long(prefix, name, limit)) return true;
  for (std::size_t i = 0; i < attribute_count; ++i)
    if (is_long(view(attributes[i * 5 + 1]), view(attributes[i * 5]), limit)) return true;
  for (std::size_t i = 0; i < namespace_count; ++i)
    if (is_long("xmlns", view(namespaces[i * 2]), limit)) return true;
  return false;
}

std::string XmlStartTag::default_ns() const {
  for (std::size_t i = 0; i < namespace_count; ++i)
    if (!namespaces[i * 2]) return unescaped(view(namespaces[i * 2 + 1]));
  return {};
}

Element XmlStartTag::element() const {
  std::vector<Attribute> list(attribute_count);
  for (std::size_t i = 0; i < attribute_count; ++i) {
    const XmlOctet** fields = attributes + i * 5;
    list[i].name = view(fields[0]);
    if (fields[2]) list[i].ns = unescaped(view(fields[2]));
    list[i].value = unescaped(view(fields[3], fields[4]));
  }
  return Element(std::string(name), unescaped(ns), std::move(list));
}

}  // namespace balcony
