// SPDX-License-Identifier: MIT
// The pins of one account in a file of the state folder (TLS-19, SECURITY.md promise 10): a group
// for each contact, a line for each key. Every change is on the disk before it counts. Owned by the
// agent.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "jingle/security/trust_store.h"

namespace balcony {

class FileTrust : public TrustStore {
 public:
  // An absent file is an empty store. A file that is damaged in any part is an error
  // (`damaged-file`, `unreadable-file`) and stays as it is: half the pins would make the other half
  // strangers.
  static Result<std::unique_ptr<FileTrust>> open(std::string path);

  std::vector<Pin> pins(const Jid& bare) const override { return trust_.pins(bare); }
  Result<void> add(const Jid& bare, const Pin& pin) override;
  Result<std::size_t> remove(const Jid& bare, const std::string& fingerprint) override;
  std::vector<Jid> contacts() const override { return trust_.contacts(); }

 private:
  explicit FileTrust(std::string path) : path_(std::move(path)) {}
  Result<void> save(const MemoryTrust& trust) const;

  std::string path_;
  MemoryTrust trust_;
};

}  // namespace balcony
