// SPDX-License-Identifier: MIT
// What all TLS connections of one identity share: our key, and the rules of TLS-06 to -08 and -20.
// Parsing a key costs more than a handshake, so an Identity makes it once. A value: copies share
// one immutable SSL_CTX, whose count OpenSSL keeps.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "jingle/base/bytes.h"
#include "jingle/base/redacted.h"
#include "jingle/base/result.h"
#include "jingle/security/certificate.h"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX and SSL
struct ssl_st;

namespace balcony {

// What the callbacks of a connection leave behind; its owner hands it over with watch().
struct TlsFacts {
  std::vector<Bytes> chain;  // DER, leaf first, as the peer sent it
  std::optional<Certificate> leaf;
  std::string refusal;     // for people: why TLS-20 refused the chain
  Redacted client_secret;  // the application traffic secrets of TLS 1.3
  Redacted server_secret;
};

class TlsContext {
 public:
  TlsContext() = default;
  // Fails with `bad-identity`, blame kCaller.
  static Result<TlsContext> make(const Redacted& key_pem, const std::string& chain_pem);

  TlsContext(const TlsContext& other);
  TlsContext(TlsContext&&) noexcept = default;
  TlsContext& operator=(const TlsContext& other);
  TlsContext& operator=(TlsContext&&) noexcept = default;
  ~TlsContext() = default;

  ssl_ctx_st* get() const { return context_.get(); }

  // Lets the callbacks of `ssl`, a connection of this context, write into `facts`.
  static void watch(ssl_st* ssl, TlsFacts* facts);

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  std::unique_ptr<ssl_ctx_st, Free> context_;
};

}  // namespace balcony
