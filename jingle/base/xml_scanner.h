// SPDX-License-Identifier: MIT
// Finds where tags and CDATA sections end in raw octets, however they are cut, and refuses what
// must not reach libxml2: comments, processing instructions and DTDs (RFC 6120 section 11.1),
// foreign encodings, a misplaced declaration, and anything over the size limits (STM-11, -13 to
// -15). It does not judge whether a tag is well-formed; libxml2 does. Driven by XmlParser.
#pragma once

#include "jingle/base/xml_parser.h"

namespace balcony {

class XmlScanner {
 public:
  enum class Mark {
    kInside,       // no octets left, and no token ended
    kDeclaration,  // the XML declaration has ended; libxml2 need not see it
    kToken,        // a tag or a CDATA section has ended
    kEvent,        // likewise, and with it the root's start tag, a first-level element, or the root
    kFault,        // see fault()
  };
  struct Step {
    std::size_t taken;
    Mark mark;
  };

  explicit XmlScanner(const XmlLimits& limits) : limits_(limits) {}

  Step scan(ByteView octets);  // up to the next mark

  const XmlFault& fault() const { return fault_; }
  std::size_t element_octets() const { return element_octets_; }  // at kEvent: the element's own
  bool between_elements() const { return depth_ <= 1 && state_ == State::kBetween; }
  bool closed() const { return state_ == State::kClosed; }
  void set_limits(const XmlLimits& limits) { limits_ = limits; }

 private:
  enum class State { kBetween, kText, kMarkup, kTag, kInstruction, kBang, kCdata, kClosed };

  // Each takes octets in its state and returns how many.
  std::size_t consume(ByteView octets);
  std::size_t between(ByteView octets);
  std::size_t text(ByteView octets);
  std::size_t markup(ByteView octets);
  std::size_t tag(ByteView octets);
  std::size_t instruction(ByteView octets);
  std::size_t bang(ByteView octets);
  std::size_t cdata(ByteView octets);

  void end_tag();
  void end_instruction();
  void end_token(Mark mark);
  void refuse(std::string condition, std::string text, bool too_big = false);

  XmlLimits limits_;
  State state_ = State::kBetween;
  Mark mark_ = Mark::kInside;
  std::size_t depth_ = 0;  // elements that are open
  std::size_t count_ = 0;  // octets since the last first-level boundary
  std::size_t begin_ = 0;  // where in them the first-level element began
  std::size_t element_octets_ = 0;
  std::size_t tag_octets_ = 0;  // since the <
  char quote_ = 0;              // inside an attribute value: its delimiter
  char last_ = 0;               // the octet before this one
  bool is_end_tag_ = false;
  bool at_start_ = false;    // the instruction is the first thing of all
  std::size_t matched_ = 0;  // of [CDATA[, then of ]]
  std::string instruction_;
  XmlFault fault_;
};

}  // namespace balcony
