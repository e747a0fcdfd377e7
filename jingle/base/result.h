// SPDX-License-Identifier: MIT
// What a function that can fail returns. An error says who is to blame, names a condition that code
// can compare, and carries a sentence for people. Our own mistakes are asserted, not returned.
#pragma once

#include <string>
#include <tl/expected.hpp>

namespace balcony {

enum class Blame {
  kPeer,         // the other side, or a server, broke a rule
  kEnvironment,  // network, disk, timer: nobody's fault
  kCaller,       // the local user or host asked for something that makes no sense
};

struct Error {
  Blame blame = Blame::kEnvironment;
  std::string condition;  // a word: a stanza or stream error condition, or a Jingle reason
  std::string text;       // for people; holds nothing secret
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(Blame blame, std::string condition, std::string text) {
  return tl::make_unexpected(Error{blame, std::move(condition), std::move(text)});
}

}  // namespace balcony
