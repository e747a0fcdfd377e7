// SPDX-License-Identifier: MIT
// An XML element as a value: namespace-resolved name, attributes, and children in order. Stanzas
// are small and short-lived, so an Element owns all it holds and is moved, not shared. Read by
// every layer; made by XmlParser, by the builders of each protocol, and by tests.
//
// Most of what a stream costs is the making of these, so a start tag is one piece of memory: its
// name, its namespace unless it is one that everybody knows, then for each attribute its three
// sizes and their octets. Views of it are good until the element is changed or goes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "jingle/base/result.h"

namespace balcony {

struct Attribute {
  std::string_view name;   // local name
  std::string_view ns;     // empty for an ordinary attribute, ns::kXml for xml:lang
  std::string_view value;  // unescaped
  friend bool operator==(const Attribute&, const Attribute&) = default;
};

// The attributes of an element, in order. Borrowed.
class Attributes {
 public:
  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = Attribute;
    using difference_type = std::ptrdiff_t;
    using pointer = const Attribute*;
    using reference = Attribute;

    explicit Iterator(const char* at = nullptr) : at_(at) {}
    Attribute operator*() const;
    Iterator& operator++();
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(Iterator, Iterator) = default;

   private:
    friend class Element;
    const char* at_;
  };

  explicit Attributes(std::string_view octets) : octets_(octets) {}
  Iterator begin() const { return Iterator(octets_.data()); }
  Iterator end() const { return Iterator(octets_.data() + octets_.size()); }

 private:
  std::string_view octets_;
};

class Node;

class Element {
 public:
  Element();  // nameless: a value that is not there yet
  Element(std::string_view name, std::string_view ns);
  Element(const Element&);
  Element(Element&&) noexcept;
  Element& operator=(const Element&);
  Element& operator=(Element&&) noexcept;
  ~Element();

  std::string_view name() const { return {tag_.data(), name_size_}; }
  std::string_view ns() const {
    return known_ns_ ? *known_ns_ : std::string_view(tag_).substr(name_size_, ns_size_);
  }
  bool is(std::string_view name, std::string_view ns) const {
    return this->name() == name && this->ns() == ns;
  }
  explicit operator bool() const { return name_size_ != 0; }

  // The attribute's value, empty if it is absent; has_attr tells the two apart.
  std::string_view attr(std::string_view name, std::string_view ns = {}) const;
  bool has_attr(std::string_view name, std::string_view ns = {}) const;
  Element& set_attr(std::string_view name, std::string_view value, std::string_view ns = {});
  void remove_attr(std::string_view name, std::string_view ns = {});
  void keep_attrs(bool (*is_kept)(const Attribute&));  // removes the others
  Attributes attributes() const { return Attributes(attribute_octets()); }
  // For who makes an element with many: room for `count` attributes of so many octets together, and
  // one more, of which it is known that it is not there yet.
  void reserve_attrs(std::size_t count, std::size_t octets);
  void add_attr(const Attribute& attribute);

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
  friend class Node;

  std::size_t attributes_at() const { return std::size_t{name_size_} + ns_size_; }
  std::string_view attribute_octets() const {
    return std::string_view(tag_).substr(attributes_at());
  }
  Attributes::Iterator find(std::string_view name, std::string_view ns) const;
  void replace(Attributes::Iterator found, std::string_view octets);

  std::string tag_;
  std::uint32_t name_size_ = 0;
  std::uint32_t ns_size_ = 0;                   // in tag_
  const std::string_view* known_ns_ = nullptr;  // not in tag_
  std::vector<Node> nodes_;
};

// A child: an element, or a run of text where element() is null. A run of text is kept in a
// nameless element, in the place of its tag, so that a node is no larger than an element.
class Node {
 public:
  explicit Node(Element&& element) noexcept : element_(std::move(element)) {}
  explicit Node(std::string text) { element_.tag_ = std::move(text); }

  const Element* element() const { return element_ ? &element_ : nullptr; }
  Element* element() { return element_ ? &element_ : nullptr; }
  const std::string& text() const { return element_.tag_; }  // only where element() is null
  std::string& text() { return element_.tag_; }
  friend bool operator==(const Node&, const Node&) = default;

 private:
  Element element_;
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
