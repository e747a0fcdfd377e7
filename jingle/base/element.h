// SPDX-License-Identifier: MIT
// An XML element as a value: namespace-resolved name, attributes, and children in order. Stanzas
// are small and short-lived, so an Element owns all it holds and is moved, not shared. Read by
// every layer; made by XmlParser, by the builders of each protocol, and by tests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "jingle/base/result.h"

namespace balcony {

struct Attribute {
  std::string name;   // local name
  std::string ns;     // empty for an ordinary attribute, ns::kXml for xml:lang
  std::string value;  // unescaped
  friend bool operator==(const Attribute&, const Attribute&) = default;
};

class Node;

class Element {
 public:
  Element();  // nameless: a value that is not there yet
  Element(std::string_view name, std::string_view ns);
  Element(std::string name, std::string ns, std::vector<Attribute> attributes);
  Element(const Element&);
  Element(Element&&) noexcept;
  Element& operator=(const Element&);
  Element& operator=(Element&&) noexcept;
  ~Element();

  std::string_view name() const { return name_; }
  std::string_view ns() const { return ns_; }
  bool is(std::string_view name, std::string_view ns) const { return name_ == name && ns_ == ns; }
  explicit operator bool() const { return !name_.empty(); }

  // The attribute's value, empty if it is absent; has_attr tells the two apart.
  std::string_view attr(std::string_view name, std::string_view ns = {}) const;
  bool has_attr(std::string_view name, std::string_view ns = {}) const;
  Element& set_attr(std::string_view name, std::string_view value, std::string_view ns = {});
  void remove_attr(std::string_view name, std::string_view ns = {});
  const std::vector<Attribute>& attributes() const { return attributes_; }

  // Children. add() returns *this, so that small trees read as one expression.
  Element& add(Element child);
  Element& add_text(std::string_view text);
  const std::vector<Node>& nodes() const { return nodes_; }
  std::vector<Node>& nodes() { return nodes_; }
  const Element* child(std::string_view name, std::string_view ns) const;  // the first one, or null
  const Element* first_child() const;                                      // any element, or null
  std::vector<const Element*> children() const;                            // all elements, in order
  std::string text() const;  // its own text, without that of its children

  friend bool operator==(const Element& a, const Element& b);

 private:
  std::string name_;
  std::string ns_;
  std::vector<Attribute> attributes_;
  std::vector<Node> nodes_;
};

// A child: an element, or a run of text where element() is null.
class Node {
 public:
  explicit Node(Element element) : element_(std::move(element)) {}
  explicit Node(std::string text) : text_(std::move(text)) {}

  const Element* element() const { return element_ ? &element_ : nullptr; }
  Element* element() { return element_ ? &element_ : nullptr; }
  const std::string& text() const { return text_; }
  std::string& text() { return text_; }
  friend bool operator==(const Node&, const Node&) = default;

 private:
  Element element_;
  std::string text_;
};

// Prints `element` where `default_ns` is the default namespace already in scope (a stanza inside a
// stream whose content namespace is jabber:client declares none). Every other namespace is declared
// where it is first needed, never by prefix, but for attributes in a namespace. Carriage return,
// tab and line feed in attribute values, and carriage return in text, become character references;
// `one_line` does the same to line feeds in text.
std::string to_xml(const Element& element, std::string_view default_ns = {}, bool one_line = false);
void append_xml(std::string& out, const Element& element, std::string_view default_ns = {},
                bool one_line = false);

// Escapes text for use between tags.
std::string escape_xml(std::string_view text);

}  // namespace balcony
