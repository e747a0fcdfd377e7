// SPDX-License-Identifier: MIT
// TLS 1.3 (or 1.2) with certificates on both sides, on memory buffers (TLS-01, -06 to -10, -20).
// It completes the handshake with any certificate that is not too weak: who the peer is, is judged
// afterwards by trust_policy (TLS-11). OpenSSL behind it, over a small BIO of our own.
// Passive: on_ciphertext() or write(), then poll() until there is nothing.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "jingle/base/bytes.h"
#include "jingle/base/result.h"
#include "jingle/role.h"
#include "jingle/security/certificate.h"
#include "jingle/security/identity.h"

namespace balcony {

class TlsEngine {
 public:
  // ---- outputs ----
  struct SendCiphertext {
    Bytes octets;
  };
  struct HandshakeDone {
    Certificate peer;
    std::vector<Bytes> chain;  // DER, leaf first
    std::string version;       // TLSv1.3
    std::string cipher;
  };
  struct Plaintext {
    Bytes octets;
  };
  struct PeerClosed {};  // close_notify
  struct Failed {
    Error error;
  };  // final. Condition `security-error`: a bad certificate, an alert, a
      // protocol fault (blame kPeer), ours (kEnvironment)
  using Output = std::variant<SendCiphertext, HandshakeDone, Plaintext, PeerClosed, Failed>;

  // `role` kInitiator: TLS client. The identity is copied.
  TlsEngine(Role role, const Identity& identity);
  ~TlsEngine();

  void start();  // the client's hello
  void on_ciphertext(ByteView octets);
  // Encrypts. Only after HandshakeDone. Records of up to 16 KiB; takes everything.
  void write(ByteView plaintext);
  void close();  // close_notify
  // A fatal alert of our choice, bad_certificate (42): the key was refused before any XML (9.7).
  void refuse_certificate();
  std::optional<Output> poll();

  bool is_established() const;

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace balcony
