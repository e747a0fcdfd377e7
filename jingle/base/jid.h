// SPDX-License-Identifier: MIT
// An XMPP address, split and prepared (RFC 6122: nodeprep, nameprep, resourceprep, by libidn), so
// that equality is equality of octets. Parsing is the only way to make one.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "jingle/base/result.h"

namespace balcony {

class Jid {
 public:
  Jid() = default;  // nobody

  // Prepares and splits `text`. Fails with `jid-malformed`, blame kCaller, for an empty or overlong
  // part (1023 octets each), or what the stringprep profiles forbid.
  static Result<Jid> parse(std::string_view text);

  const std::string& full() const { return text_; }  // as on the wire; bare if there is no resource
  std::string_view bare() const { return std::string_view(text_).substr(0, bare_length_); }
  std::string_view local() const;  // empty for a domain
  std::string_view domain() const;
  std::string_view resource() const;  // empty for a bare address

  bool empty() const { return text_.empty(); }
  bool is_bare() const { return bare_length_ == text_.size(); }
  Jid to_bare() const;
  bool same_bare(const Jid& other) const { return bare() == other.bare(); }
  // Whether this address means `other`: a bare one each client of the account, a full one itself.
  bool covers(const Jid& other) const { return is_bare() ? same_bare(other) : *this == other; }

  friend bool operator==(const Jid& a, const Jid& b) { return a.text_ == b.text_; }
  friend std::strong_ordering operator<=>(const Jid& a, const Jid& b) {
    return a.text_.compare(b.text_) <=> 0;  // i;octet, as JGL-14 compares
  }

 private:
  std::string text_;
  std::size_t local_length_ = 0;  // 0: no local part
  std::size_t bare_length_ = 0;
};

}  // namespace balcony
