// SPDX-License-Identifier: MIT
#include "jingle/base/jid.h"

#include <stringprep.h>

#include <algorithm>
#include <optional>

#include "jingle/base/stanza.h"

namespace balcony {
namespace {

constexpr std::size_t kMaxPart = 1023;  // RFC 6122 section 2.1

// Characters that nodeprep forbids beyond its tables (RFC 6122 appendix A.5).
constexpr std::string_view kForbiddenInLocal = "\"&'/:<>@";

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

// What every profile leaves as it is: spares nearly every address the tables.
bool is_plain(std::string_view part) {
  return std::all_of(part.begin(), part.end(), [](char c) { return is_plain(c); });
}

std::optional<std::string> prepare(std::string_view part, const Stringprep_profile* profile) {
  if (part.empty() || part.size() > kMaxPart) return std::nullopt;
  if (is_plain(part)) return std::string(part);
  if (part.find('\0') != std::string_view::npos) return std::nullopt;
  std::string buffer(part);
  buffer.resize(kMaxPart * 4 + 1);  // room for what case folding and NFKC add
  if (stringprep(buffer.data(), buffer.size(), Stringprep_profile_flags{}, profile) !=
      STRINGPREP_OK)
    return std::nullopt;
  buffer.resize(std::char_traits<char>::length(buffer.c_str()));
  if (buffer.empty() || buffer.size() > kMaxPart) return std::nullopt;
  return buffer;
}

bool is_hexadecimal(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

// An IPv6 address in brackets (RFC 6122 section 2.2). Whether it is a good one shows at connecting.
bool is_ip_literal(std::string_view domain) {
  if (!domain.starts_with('[') || !domain.ends_with(']')) return false;
  std::string_view address = domain.substr(1, domain.size() - 2);
  return address.find(':') != std::string_view::npos &&
         std::all_of(address.begin(), address.end(),
                     [](char c) { return is_hexadecimal(c) || c == ':' || c == '.'; });
}

// Labels of letters, digits, hyphens and underscores, in any script, between single dots.
bool is_domain(std::string_view domain) {
  if (is_ip_literal(domain)) return true;
  return !domain.starts_with('.') && !domain.ends_with('.') &&
         domain.find("..") == std::string_view::npos &&
         std::all_of(domain.begin(), domain.end(),
                     [](char c) { return is_plain(c) || static_cast<unsigned char>(c) >= 0x80; });
}

tl::unexpected<Error> malformed(std::string_view text) {
  constexpr std::size_t shown = 80;
  return fail(Blame::kCaller, "jid-malformed",
              "'" + clean_text(text, shown) + "' is not a valid address");
}

}  // namespace

Result<Jid> Jid::parse(std::string_view text) {
  std::size_t slash = text.find('/');
  std::string_view bare = text.substr(0, slash);
  std::size_t at = bare.find('@');
  std::string_view raw_domain = at == std::string_view::npos ? bare : bare.substr(at + 1);
  if (raw_domain.ends_with('.')) raw_domain.remove_suffix(1);

  Jid jid;
  if (at != std::string_view::npos) {
    auto local = prepare(bare.substr(0, at), stringprep_xmpp_nodeprep);
    if (!local || local->find_first_of(kForbiddenInLocal) != std::string::npos)
      return malformed(text);
    jid.text_ = *local + '@';
    jid.local_length_ = local->size();
  }
  auto domain = prepare(raw_domain, stringprep_nameprep);
  if (!domain || !is_domain(*domain)) return malformed(text);
  jid.text_ += *domain;
  jid.bare_length_ = jid.text_.size();
  if (slash != std::string_view::npos) {
    auto resource = prepare(text.substr(slash + 1), stringprep_xmpp_resourceprep);
    if (!resource) return malformed(text);
    jid.text_ += '/' + *resource;
  }
  return jid;
}

std::string_view Jid::local() const { return std::string_view(text_).substr(0, local_length_); }

std::string_view Jid::domain() const {
  return bare().substr(local_length_ == 0 ? 0 : local_length_ + 1);
}

std::string_view Jid::resource() const {
  return is_bare() ? std::string_view() : std::string_view(text_).substr(bare_length_ + 1);
}

Jid Jid::to_bare() const {
  Jid jid = *this;
  jid.text_.resize(bare_length_);
  return jid;
}

}  // namespace balcony
