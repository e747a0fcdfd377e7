// SPDX-License-Identifier: MIT
// Certificates of every kind that a peer may show, good or not, made by OpenSSL for tests.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <cstdint>
#include <string>
#include <vector>

#include "jingle/base/bytes.h"
#include "jingle/base/redacted.h"
#include "jingle/security/owned.h"

namespace balcony {

struct Recipe {
  std::string key = "P-256";  // a curve, RSA-<bits>, ED25519, or EXPLICIT: P-256 without its name
  std::string digest = "SHA256";  // empty for ED25519
  std::string subject = "Somebody";
  std::vector<std::string> addresses = {"romeo@example.net"};
  int address_type = V_ASN1_UTF8STRING;
  const char* constraints = nullptr;  // such as CA:TRUE
  const char* usage = nullptr;        // extended key usage
  std::int64_t not_before = 1794000000;
  std::int64_t not_after = 1796000000;
  Bytes raw_names = {};  // instead of addresses: the DER of a subjectAltName
};

struct MadeCertificate {
  Owned<EVP_PKEY, EVP_PKEY_free> key;
  Owned<X509, X509_free> x509;

  Bytes der() const;
  std::string pem() const;
  Redacted key_pem() const;
};

// Signed by `issuer`, or by itself.
MadeCertificate make_certificate(const Recipe& recipe, const MadeCertificate* issuer = nullptr);

// `count` certificates, leaf first, each issued by the next; the last one signs itself.
std::vector<MadeCertificate> make_chain(std::size_t count, const Recipe& leaf = {});

}  // namespace balcony
