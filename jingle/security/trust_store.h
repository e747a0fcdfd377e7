// SPDX-License-Identifier: MIT
// The pins of one account: which keys are known for which contact (TLS-19). Keys are named by the
// SHA-256 of their SubjectPublicKeyInfo. plugin/file_trust keeps it on disk.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "jingle/base/jid.h"
#include "jingle/base/result.h"

namespace balcony {

struct Pin {
  std::string fingerprint;      // 64 lower-case hex digits
  bool verified = false;        // somebody compared or proved it, not just first use
  std::string how;              // tofu, user, fingerprint, secret, code, ...
  std::int64_t first_seen = 0;  // unix time
  std::int64_t last_seen = 0;
};

// Whether `text` is a fingerprint; upper case, colons and spaces are forgiven. Returns its normal
// form.
Result<std::string> read_fingerprint(std::string_view text);

class TrustStore {
 public:
  virtual ~TrustStore() = default;

  virtual std::vector<Pin> pins(const Jid& bare) const = 0;
  // Adds the pin, or raises and refreshes the one with its fingerprint. An error: it could not be
  // kept, and is not in the store.
  virtual Result<void> add(const Jid& bare, const Pin& pin) = 0;
  // Removes one pin, or all if `fingerprint` is empty; how many went.
  virtual Result<std::size_t> remove(const Jid& bare, const std::string& fingerprint) = 0;
  virtual std::vector<Jid> contacts() const = 0;
};

// In memory: for tests, and the value that FileTrust reads and writes.
class MemoryTrust : public TrustStore {
 public:
  std::vector<Pin> pins(const Jid& bare) const override;
  Result<void> add(const Jid& bare, const Pin& pin) override;
  Result<std::size_t> remove(const Jid& bare, const std::string& fingerprint) override;
  std::vector<Jid> contacts() const override;

 private:
  std::map<Jid, std::vector<Pin>> pins_;
};

}  // namespace balcony
