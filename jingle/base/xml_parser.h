// SPDX-License-Identifier: MIT
// The XML of a stream, one first-level element at a time (RFC 6120 section 11; PROTOCOL.md 3.2).
// libxml2's SAX2 push parser behind it, with every rule and limit that it lacks enforced here.
// Passive: the owner feeds octets, then polls events until there are none.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "jingle/base/bytes.h"
#include "jingle/base/element.h"

namespace balcony {

struct XmlLimits {  // C-09, C-10, SECURITY.md
  // Raw octets of a first-level element together with the gap before it.
  std::size_t element = 256 * 1024;
  std::size_t depth = 64;       // the stream header is depth 0, a stanza depth 1
  std::size_t attributes = 64;  // of one element, namespace declarations not counted
  std::size_t namespaces = 32;  // declarations on one element
  // Octets of one qualified name, and of one namespace as declared: each element below holds a
  // copy.
  std::size_t name = 256;
  std::size_t start_tag = 16 * 1024;  // raw octets between < and >
  // Elements, attributes and runs of text of a first-level element: 4 octets of XML can take 72 of
  // memory, and 256 more for the namespace. 256 parts keep an unauthenticated peer within 128 KiB.
  std::size_t parts = 16 * 1024;
};

struct RootOpened {
  Element root;            // name, namespace and attributes; no children yet
  std::string content_ns;  // the default namespace that it declares
};
struct ElementRead {
  Element element;         // a complete first-level element
  std::size_t raw_octets;  // what it took on the wire
};
struct RootClosed {};
struct XmlFault {         // final: the parser takes nothing more
  std::string condition;  // RFC 6120 section 4.9.3: not-well-formed, restricted-xml,
                          // unsupported-encoding, policy-violation, bad-format (text at depth 1)
  std::string text;       // for people
  bool too_big = false;   // policy-violation by size: add <stanza-too-big/> (STM-15)
};
using XmlEvent = std::variant<RootOpened, ElementRead, RootClosed, XmlFault>;

class XmlParser {
 public:
  explicit XmlParser(const XmlLimits& limits);
  ~XmlParser();
  XmlParser(XmlParser&&) noexcept;
  XmlParser& operator=(XmlParser&&) noexcept;

  enum class Until {
    kEnd,    // take all octets
    kEvent,  // stop right behind the `>` that completes the next event: what follows may belong to
             // another parser, or be an attack (TLS-05)
  };
  // Takes octets and returns how many were taken; the rest is the caller's. Takes none after
  // RootClosed or XmlFault.
  std::size_t feed(ByteView octets, Until until);

  std::optional<XmlEvent> poll();

  void set_limits(const XmlLimits& limits);  // from the next first-level element on

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

// Parses one stanza as hosts hand it over: exactly one element, in jabber:client if it declares no
// default namespace, nothing but white space around it. Fails with the conditions of XmlFault.
Result<Element> parse_stanza(std::string_view xml, const XmlLimits& limits = {});

}  // namespace balcony
