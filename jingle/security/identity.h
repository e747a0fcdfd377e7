// SPDX-License-Identifier: MIT
// Our own key and certificate: one per account and device (TLS-13). Made at first use, renewed on
// the same key. plugin/ keeps the PEM on disk.
#pragma once

#include <cstdint>
#include <string>

#include "jingle/base/env.h"
#include "jingle/base/jid.h"
#include "jingle/base/redacted.h"
#include "jingle/base/result.h"
#include "jingle/security/certificate.h"
#include "jingle/security/tls_context.h"

namespace balcony {

class Identity {
 public:
  // A fresh ECDSA P-256 key and a self-signed certificate for one year, for the bare JID of
  // `account`.
  static Result<Identity> generate(const Jid& account, Env& env);
  // Private key and certificate chain (leaf first), in either order. Fails with `bad-identity`,
  // blame kCaller, if they don't parse or don't belong together.
  static Result<Identity> from_pem(const Redacted& pem);

  Redacted to_pem() const;
  const Certificate& certificate() const { return certificate_; }

  // Two thirds of the validity are over and the certificate is of our own making.
  bool is_renewal_due(std::int64_t unix_time) const;
  Result<Identity> renewed(const Jid& account, Env& env) const;  // same key, new certificate

  const Redacted& key_pem() const { return key_pem_; }
  const std::string& chain_pem() const { return chain_pem_; }
  const TlsContext& tls_context() const { return tls_context_; }  // for TlsEngine

 private:
  Identity() = default;
  Certificate certificate_;
  Redacted key_pem_;
  std::string chain_pem_;
  TlsContext tls_context_;
  bool own_making_ = false;
};

}  // namespace balcony
