// SPDX-License-Identifier: MIT
#include "jingle/base/xml_scanner.h"

#include <algorithm>

#include "jingle/base/xml_declaration.h"

namespace balcony {
namespace {

constexpr std::string_view kCdataStart = "[CDATA[";

// Where the attribute value ends that began with `quote`, or a < stands in it; outside of one,
// where the tag ends or the next value begins.
std::size_t find_stop(ByteView octets, std::size_t at, char quote) {
  if (quote != 0) {
    std::size_t end = std::min(octets.find(quote, at), octets.size());
    return std::min(octets.substr(0, end).find('<', at), end);
  }
  auto is_stop = [](char c) { return c == '>' || c == '\'' || c == '"'; };
  while (at < octets.size() && (octets[at] > '>' || !is_stop(octets[at]))) ++at;  // mostly letters
  return at;
}

// Whether a UTF-8 character that begins so has more octets than it needs.
bool is_overlong(char first, char second) {
  auto lead = static_cast<unsigned char>(first), next = static_cast<unsigned char>(second);
  return lead == 0xC0 || lead == 0xC1 || (lead == 0xE0 && next < 0xA0) ||
         (lead == 0xF0 && next < 0x90);
}

// The first octets of byte order marks (UTF-8, UTF-16, UTF-32) and of < in UTF-16, UTF-32 and
// UTF-7.
constexpr std::string_view kForeign("\xEF\xFE\xFF\0+", 5);

}  // namespace

XmlScanner::Step XmlScanner::scan(ByteView octets) {
  ByteView allowed = octets.substr(0, limits_.element - std::min(count_, limits_.element));
  std::size_t at = 0;
  mark_ = Mark::kInside;
  while (at < allowed.size() && mark_ == Mark::kInside) {
    std::size_t taken = consume(allowed.substr(at));
    at += taken;
    count_ += taken;
  }
  if (mark_ == Mark::kInside && at < octets.size())
    refuse("policy-violation", "a first-level element is too big", true);
  if (mark_ == Mark::kEvent) {
    element_octets_ = count_ - begin_;
    count_ = 0;
  }
  return {at, mark_};
}

std::size_t XmlScanner::consume(ByteView octets) {
  switch (state_) {
    case State::kBetween:
      return between(octets);
    case State::kText:
      return text(octets);
    case State::kMarkup:
      return markup(octets);
    case State::kTag:
      return tag(octets);
    case State::kInstruction:
      return instruction(octets);
    case State::kBang:
      return bang(octets);
    case State::kCdata:
      return cdata(octets);
    case State::kClosed:
      break;
  }
  return octets.size();
}

// Before the root, and between first-level elements.
std::size_t XmlScanner::between(ByteView octets) {
  std::size_t space = std::min(octets.find_first_not_of(kXmlSpace), octets.size());
  if (space > 0) return space;
  char c = octets.front();
  if (c == '<')
    state_ = State::kMarkup;
  else if (depth_ == 1 && c == '&')
    state_ = State::kText;  // libxml2 tells white space, text and entities apart
  else if (depth_ == 1)
    refuse("bad-format", "text between stanzas");
  else if (count_ == 0 && kForeign.find(c) != std::string_view::npos)
    refuse("unsupported-encoding", "not UTF-8, or a byte order mark");
  else
    refuse("not-well-formed", "text before the root");
  return 1;
}

std::size_t XmlScanner::text(ByteView octets) {
  std::size_t at = octets.find('<');
  if (at == ByteView::npos) return octets.size();
  state_ = State::kMarkup;
  return at + 1;
}

// Behind a <.
std::size_t XmlScanner::markup(ByteView octets) {
  at_start_ = depth_ == 0 && count_ == 1;
  tag_octets_ = matched_ = 0;
  quote_ = last_ = 0;
  is_end_tag_ = false;
  switch (octets.front()) {
    case '!':
      state_ = State::kBang;
      return 1;
    case '?':
      state_ = State::kInstruction;
      return 1;
    case '/':
      if (depth_ == 0) refuse("not-well-formed", "an end tag before the root");
      is_end_tag_ = true;
      break;
    case '\0':
      if (at_start_) refuse("unsupported-encoding", "not UTF-8");
      break;
    default:
      break;
  }
  if (depth_ == 1) begin_ = count_ - 1;
  state_ = State::kTag;
  return 0;
}

std::size_t XmlScanner::tag(ByteView octets) {
  octets = octets.substr(0, limits_.start_tag + 1 - tag_octets_);
  for (std::size_t at = 0; (at = find_stop(octets, at, quote_)) < octets.size(); ++at) {
    char c = octets[at];
    if (c == '>' && quote_ == 0) {
      if (at > 0) last_ = octets[at - 1];
      end_tag();
      return at + 1;
    }
    if (c == '<') {  // libxml2 may find something else first, depending on how the octets are cut
      refuse("not-well-formed", "a < in an attribute value");
      return at + 1;
    }
    if (!is_end_tag_) quote_ = quote_ == 0 ? c : '\0';
  }
  last_ = octets.back();
  tag_octets_ += octets.size();
  if (tag_octets_ > limits_.start_tag) refuse("policy-violation", "a tag is too long", true);
  return octets.size();
}

void XmlScanner::end_tag() {
  bool is_empty = last_ == '/' && !is_end_tag_;
  if (!is_end_tag_) ++depth_;
  bool opens_root = depth_ == 1 && !is_end_tag_;
  if (is_end_tag_ || is_empty) --depth_;
  bool closes_first_level = depth_ <= 1 && (is_end_tag_ || is_empty);
  end_token(opens_root || closes_first_level ? Mark::kEvent : Mark::kToken);
  if (depth_ == 0) state_ = State::kClosed;
}

std::size_t XmlScanner::instruction(ByteView octets) {
  std::size_t at = 0;
  while (at < octets.size() && mark_ == Mark::kInside) {
    char c = octets[at++];
    if (c == '>' && last_ == '?') {
      end_instruction();
    } else {
      instruction_ += last_ = c;
      if (instruction_.size() > limits_.start_tag)
        refuse("policy-violation", "a processing instruction is too long", true);
    }
  }
  return at;
}

void XmlScanner::end_instruction() {
  instruction_.pop_back();  // the question mark
  std::string_view target =
      std::string_view(instruction_).substr(0, instruction_.find_first_of(kXmlSpace));
  if (target != "xml") return refuse("restricted-xml", "a processing instruction");
  if (!at_start_) return refuse("not-well-formed", "an XML declaration that is not at the start");
  if (std::string_view condition = judge_xml_declaration(instruction_); !condition.empty())
    return refuse(std::string(condition), "an XML declaration that is not of XML 1.0 in UTF-8");
  instruction_ = {};
  end_token(Mark::kDeclaration);
}

std::size_t XmlScanner::bang(ByteView octets) {
  if (octets.front() == kCdataStart[matched_]) {
    if (++matched_ == kCdataStart.size()) {
      state_ = State::kCdata;
      matched_ = 0;
    }
  } else if (matched_ == 0) {
    refuse("restricted-xml", "a comment or a document type");
  } else {
    refuse("not-well-formed", "unknown markup");
  }
  return 1;
}

// libxml2 2.9 lets overlong characters pass here, and only here.
std::size_t XmlScanner::cdata(ByteView octets) {
  for (std::size_t at = 0; at < octets.size(); ++at) {
    char c = octets[at];
    if (c == '>' && matched_ == 2) {
      end_token(Mark::kToken);
      return at + 1;
    }
    if (is_overlong(last_, c)) {
      refuse("not-well-formed", "bad UTF-8");
      return at + 1;
    }
    last_ = c;
    matched_ = c == ']' ? std::min<std::size_t>(matched_ + 1, 2) : 0;
  }
  return octets.size();
}

void XmlScanner::end_token(Mark mark) {
  mark_ = mark;
  state_ = depth_ > 1 ? State::kText : State::kBetween;
}

void XmlScanner::refuse(std::string condition, std::string text, bool too_big) {
  mark_ = Mark::kFault;
  fault_ = {std::move(condition), std::move(text), too_big};
}

}  // namespace balcony
