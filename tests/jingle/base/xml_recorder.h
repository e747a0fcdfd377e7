// SPDX-License-Identifier: MIT
// Feeds XML to a parser in every way that it can be cut, and writes down what comes out.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "jingle/base/xml_parser.h"

namespace balcony {

using Script = std::vector<std::string>;

inline std::string described(const XmlEvent& event) {
  if (auto* opened = std::get_if<RootOpened>(&event))
    return "root " + to_xml(opened->root) + " content " + opened->content_ns;
  if (auto* read = std::get_if<ElementRead>(&event))
    return std::to_string(read->raw_octets) + " " + to_xml(read->element);
  if (auto* fault = std::get_if<XmlFault>(&event))
    return fault->condition + (fault->too_big ? " too-big" : "") + ": " + fault->text;
  return "closed";
}

inline void drain(XmlParser& parser, Script& script) {
  while (auto event = parser.poll()) script.push_back(described(*event));
}

// Feeds `pieces` one after the other; with kEvent each until it is taken, or nothing more is.
inline Script script_of(const std::vector<std::string>& pieces, XmlParser::Until until,
                        const XmlLimits& limits) {
  XmlParser parser(limits);
  Script script;
  for (ByteView piece : pieces) {
    std::size_t taken = 1;
    while (!piece.empty() && taken > 0) {
      taken = parser.feed(piece, until);
      piece.remove_prefix(taken);
      drain(parser, script);
    }
  }
  return script;
}

inline std::vector<std::string> cut_into(std::string_view xml, std::size_t size) {
  std::vector<std::string> pieces;
  for (std::size_t at = 0; at < xml.size(); at += size) pieces.emplace_back(xml.substr(at, size));
  return pieces;
}

// What the parser makes of `xml`; the same however it is cut, or the test fails. Long texts are cut
// at some places only.
inline Script read(const std::string& xml, const XmlLimits& limits = {}) {
  constexpr auto kEnd = XmlParser::Until::kEnd;
  constexpr auto kEvent = XmlParser::Until::kEvent;
  Script whole = script_of({xml}, kEnd, limits);
  auto check = [&](const std::vector<std::string>& pieces, XmlParser::Until until) {
    EXPECT_EQ(script_of(pieces, until, limits), whole) << "first piece " << pieces[0].size();
  };
  check({xml}, kEvent);
  for (std::size_t size : {1U, 2U, 3U, 7U}) {
    check(cut_into(xml, size), kEnd);
    check(cut_into(xml, size), kEvent);
  }
  std::size_t step = xml.size() < 1000 ? 1 : xml.size() / 50;
  for (std::size_t at = step; at < xml.size(); at += step)
    check({xml.substr(0, at), xml.substr(at)}, kEnd);
  return whole;
}

// The condition of the fault that `xml` ends with, without its text.
inline std::string fault_of(const std::string& xml, const XmlLimits& limits = {}) {
  Script script = read(xml, limits);
  return script.empty() ? "" : script.back().substr(0, script.back().find(':'));
}

inline const std::string kHeader = "<s:stream xmlns='jabber:client' xmlns:s='urn:s' id='1'>";

}  // namespace balcony
