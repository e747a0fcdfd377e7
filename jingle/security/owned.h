// SPDX-License-Identifier: MIT
// Ownership of objects of a C library: Owned<X509, X509_free>. Knows no library itself.
#pragma once

#include <memory>

namespace balcony {

template <auto kFree>
struct FreeBy {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};

template <class T, auto kFree>
using Owned = std::unique_ptr<T, FreeBy<kFree>>;

}  // namespace balcony
