// SPDX-License-Identifier: MIT
// A start tag as libxml2's startElementNs hands it over, turned into an Element. Its octets live as
// long as that call. Driven by XmlParser.
#pragma once

#include <string>
#include <string_view>

#include "jingle/base/element.h"

namespace balcony {

using XmlOctet = unsigned char;  // libxml2's xmlChar

std::string_view view(const XmlOctet* text);  // empty for null
std::string_view view(const XmlOctet* begin, const XmlOctet* end);

struct XmlStartTag {
  std::string_view name, prefix, ns;
  std::size_t namespace_count, attribute_count;
  const XmlOctet** namespaces;  // two each: prefix, namespace
  const XmlOctet** attributes;  // five each: name, prefix, namespace, begin and end of the value

  bool has_long_name(std::size_t limit) const;  // of qualified names and namespaces
  std::string default_ns() const;
  Element element() const;

 private:
  Attribute attribute(std::size_t index) const;  // as libxml2 has it
};

}  // namespace balcony
