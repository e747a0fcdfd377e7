// SPDX-License-Identifier: MIT
// The XML declaration (XML 1.0 section 2.8), judged before libxml2 could act on it: libxml2 obeys a
// foreign encoding silently. Driven by XmlScanner.
#pragma once

#include <string_view>

namespace balcony {

inline constexpr std::string_view kXmlSpace = " \t\r\n";

// `text` is what stands between <? and ?>. Returns the stream error condition that it deserves
// (STM-13, STM-14), or nothing if it is fine.
std::string_view judge_xml_declaration(std::string_view text);

}  // namespace balcony
