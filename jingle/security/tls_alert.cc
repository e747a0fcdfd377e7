// SPDX-License-Identifier: MIT
// RFC 8446 with OpenSSL's KDF and AEADs: two keys, one record.
#include "jingle/security/tls_alert.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <string>

#include "jingle/security/owned.h"

namespace balcony {
namespace {

constexpr std::size_t kIv = 12;  // of every AEAD of TLS 1.3
constexpr std::size_t kTag = 16;

struct Suite {
  std::string_view name;
  const char* digest;
  const EVP_CIPHER* cipher;
};

std::optional<Suite> find_suite(std::string_view name) {
  const Suite suites[] = {
      {"TLS_AES_128_GCM_SHA256", "SHA256", EVP_aes_128_gcm()},
      {"TLS_AES_256_GCM_SHA384", "SHA384", EVP_aes_256_gcm()},
      {"TLS_CHACHA20_POLY1305_SHA256", "SHA256", EVP_chacha20_poly1305()},
  };
  for (const Suite& suite : suites)
    if (suite.name == name) return suite;
  return std::nullopt;
}

OSSL_PARAM octets_param(const char* name, std::string& octets) {
  return OSSL_PARAM_construct_octet_string(name, octets.data(), octets.size());
}

// HKDF-Expand-Label with an empty context (RFC 8446 section 7.1).
Redacted expand(std::string& secret, const char* digest, std::string label, std::size_t size) {
  Owned<EVP_KDF, EVP_KDF_free> kdf(EVP_KDF_fetch(nullptr, "TLS13-KDF", nullptr));
  Owned<EVP_KDF_CTX, EVP_KDF_CTX_free> context(EVP_KDF_CTX_new(kdf.get()));
  std::string prefix = "tls13 ";
  int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, const_cast<char*>(digest), 0),
      octets_param(OSSL_KDF_PARAM_KEY, secret),
      octets_param(OSSL_KDF_PARAM_PREFIX, prefix),
      octets_param(OSSL_KDF_PARAM_LABEL, label),
      OSSL_PARAM_construct_end(),
  };
  std::string out(size, '\0');
  int done =
      EVP_KDF_derive(context.get(), reinterpret_cast<unsigned char*>(out.data()), size, params);
  return done == 1 ? Redacted(std::move(out)) : Redacted();
}

const unsigned char* raw(const std::string& octets) {
  return reinterpret_cast<const unsigned char*>(octets.data());
}

}  // namespace

std::optional<Bytes> seal_alert(const Redacted& secret, std::string_view suite_name,
                                unsigned char description) {
  auto suite = find_suite(suite_name);
  std::string octets(secret.reveal().size() / 2, '\0');
  std::size_t size = 0;
  if (!suite || secret.empty() ||
      OPENSSL_hexstr2buf_ex(reinterpret_cast<unsigned char*>(octets.data()), octets.size(), &size,
                            secret.reveal().c_str(), '\0') != 1)
    return std::nullopt;
  Redacted key = expand(octets, suite->digest, "key",
                        static_cast<std::size_t>(EVP_CIPHER_get_key_length(suite->cipher)));
  Redacted iv = expand(octets, suite->digest, "iv", kIv);  // the nonce, as the sequence number is 0
  OPENSSL_cleanse(octets.data(), octets.size());
  if (key.empty() || iv.empty()) return std::nullopt;

  const unsigned char inner[] = {2, description, 21};  // fatal, which, and that it is an alert
  Bytes record("\x17\x03\x03\x00\x13", 5);             // 0x13: the three, and the tag
  Owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free> context(EVP_CIPHER_CTX_new());
  unsigned char sealed[sizeof inner + kTag];
  int written = 0;
  bool done = EVP_EncryptInit_ex(context.get(), suite->cipher, nullptr, raw(key.reveal()),
                                 raw(iv.reveal())) == 1 &&
              EVP_EncryptUpdate(context.get(), nullptr, &written, raw(record), 5) == 1 &&
              EVP_EncryptUpdate(context.get(), sealed, &written, inner, sizeof inner) == 1 &&
              EVP_EncryptFinal_ex(context.get(), sealed + sizeof inner, &written) == 1 &&
              EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(kTag),
                                  sealed + sizeof inner) == 1;
  if (!done) return std::nullopt;
  record.append(reinterpret_cast<char*>(sealed), sizeof sealed);
  return record;
}

}  // namespace balcony
