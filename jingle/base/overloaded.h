// SPDX-License-Identifier: MIT
// Several functions as one, for std::visit: one case for each alternative of a variant.
#pragma once

namespace balcony {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

}  // namespace balcony
