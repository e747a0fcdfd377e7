// SPDX-License-Identifier: MIT
// A TLS peer of bare OpenSSL, which a test may set up against all our rules.
#pragma once

#include <openssl/ssl.h>

#include <functional>

#include "jingle/base/bytes.h"
#include "jingle/role.h"
#include "jingle/security/owned.h"
#include "tests/jingle/security/made_certificate.h"

namespace balcony {

class RawPeer {
 public:
  using Setup = std::function<void(SSL_CTX*)>;
  // Shows `chain` (leaf first, with the key of the leaf), or nothing if it is empty. `setup` comes
  // last and may undo anything.
  RawPeer(Role role, const std::vector<MadeCertificate>& chain, const Setup& setup = {});

  void start() { advance(); }
  void feed(ByteView octets);
  Bytes take();  // what it wants to send

  void write(ByteView plaintext);
  void shutdown() { SSL_shutdown(ssl_.get()); }

  bool is_established() const { return SSL_is_init_finished(ssl_.get()) == 1; }
  const Bytes& plaintext() const { return plaintext_; }
  int alert() const { return alert_; }  // the last one that came, or -1
  bool asked_for_certificate() const { return asked_; }
  SSL* ssl() const { return ssl_.get(); }

 private:
  void advance();

  Owned<SSL_CTX, SSL_CTX_free> context_;
  Owned<SSL, SSL_free> ssl_;
  Bytes plaintext_;
  int alert_ = -1;
  bool asked_ = false;
};

}  // namespace balcony
