// SPDX-License-Identifier: MIT
// A secret that no log or message can print by accident: it converts to nothing, and whoever needs
// what is inside says so with reveal(). The memory is wiped when it goes.
#pragma once

#include <string>

namespace balcony {

class Redacted {
 public:
  Redacted() = default;
  explicit Redacted(std::string secret) : secret_(secret) { wipe(secret); }
  Redacted(const Redacted&) = default;
  Redacted(Redacted&& other) noexcept {
    secret_.swap(other.secret_);
    wipe(other.secret_);
  }
  Redacted& operator=(const Redacted& other) { return *this = Redacted(other); }
  Redacted& operator=(Redacted&& other) noexcept {
    secret_.swap(other.secret_);
    wipe(other.secret_);
    return *this;
  }
  ~Redacted() { wipe(secret_); }

  const std::string& reveal() const { return secret_; }
  bool empty() const { return secret_.empty(); }

 private:
  // All of the memory: short strings leave octets behind when they move or shrink.
  static void wipe(std::string& secret) {
    secret.resize(secret.capacity());
    volatile char* octets = secret.data();
    for (std::size_t i = 0; i < secret.size(); ++i) octets[i] = 0;
    secret.clear();
  }

  std::string secret_;
};

}  // namespace balcony
