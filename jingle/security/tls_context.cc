// SPDX-License-Identifier: MIT
// OpenSSL set up by TLS-06 to -08, and the look at certificates within the handshake (TLS-20).
#include "jingle/security/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <algorithm>

#include "jingle/security/owned.h"

namespace balcony {
namespace {

using BioPtr = Owned<BIO, BIO_free_all>;
using KeyPtr = Owned<EVP_PKEY, EVP_PKEY_free>;
using X509Ptr = Owned<X509, X509_free>;

// Fills in the facts; returns why the chain is refused, or nothing.
std::string read_chain(const STACK_OF(X509) * sent, TlsFacts& facts) {
  int count = sk_X509_num(sent);
  if (count > kMaxChain) return "it comes with a chain of " + std::to_string(count);
  for (int i = 0; i < count; ++i) {
    auto certificate = read_certificate(sk_X509_value(sent, i));
    if (!certificate) return certificate.error().text;
    if (!certificate->weakness.empty()) return "it relies on " + certificate->weakness;
    facts.chain.push_back(certificate->der);
    if (i == 0) facts.leaf = *std::move(certificate);
  }
  return {};
}

// Takes any certificate that is not too weak (TLS-11): whose it is, is judged after the handshake.
int on_certificates(X509_STORE_CTX* store, void*) {
  auto* ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto& facts = *static_cast<TlsFacts*>(SSL_get_app_data(ssl));
  facts.refusal = read_chain(X509_STORE_CTX_get0_untrusted(store), facts);
  if (facts.refusal.empty()) return 1;
  X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);  // becomes alert bad_certificate
  return 0;
}

// OpenSSL tells the secrets of a connection only as lines of a key log: LABEL RANDOM SECRET, in
// hexadecimal. tls_alert.h says what we need them for.
void on_secret(const SSL* ssl, const char* line) {
  auto& facts = *static_cast<TlsFacts*>(SSL_get_app_data(ssl));
  std::string_view text(line);
  std::string_view digits = text.substr(text.rfind(' ') + 1);
  if (text.starts_with("CLIENT_TRAFFIC_SECRET_0 "))
    facts.client_secret = Redacted(std::string(digits));
  if (text.starts_with("SERVER_TRAFFIC_SECRET_0 "))
    facts.server_secret = Redacted(std::string(digits));
}

bool use_identity(SSL_CTX* context, const Redacted& key_pem, const std::string& chain_pem) {
  BioPtr key_bio(
      BIO_new_mem_buf(key_pem.reveal().data(), static_cast<int>(key_pem.reveal().size())));
  BioPtr chain_bio(BIO_new_mem_buf(chain_pem.data(), static_cast<int>(chain_pem.size())));
  KeyPtr key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr));
  X509Ptr leaf(PEM_read_bio_X509(chain_bio.get(), nullptr, nullptr, nullptr));
  if (SSL_CTX_use_certificate(context, leaf.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, key.get()) != 1)
    return false;
  while (X509Ptr next{PEM_read_bio_X509(chain_bio.get(), nullptr, nullptr, nullptr)})
    if (SSL_CTX_add1_chain_cert(context, next.get()) != 1) return false;
  return true;
}

bool set_rules(SSL_CTX* context) {
  // TLS-06
  SSL_CTX_set_security_level(context, 2);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_TICKET);
  // TLS-07
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  // TLS-08
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context, on_certificates, nullptr);
  SSL_CTX_set_max_cert_list(context, kMaxChainOctets);
  SSL_CTX_set_keylog_callback(context, on_secret);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
  // The fastest first: AES in hardware, and the curves that every peer has.
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 &&
         SSL_CTX_set_ciphersuites(context,
                                  "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
                                  "TLS_CHACHA20_POLY1305_SHA256") == 1 &&
         SSL_CTX_set1_groups_list(context, "P-256:X25519:P-384") == 1;
}

}  // namespace

void TlsContext::Free::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

TlsContext::TlsContext(const TlsContext& other) : context_(other.get()) {
  if (context_) SSL_CTX_up_ref(context_.get());
}

TlsContext& TlsContext::operator=(const TlsContext& other) { return *this = TlsContext(other); }

Result<TlsContext> TlsContext::make(const Redacted& key_pem, const std::string& chain_pem) {
  TlsContext made;
  made.context_.reset(SSL_CTX_new(TLS_method()));
  bool usable =
      made.context_ && set_rules(made.get()) && use_identity(made.get(), key_pem, chain_pem);
  ERR_clear_error();
  if (usable) return made;
  return fail(Blame::kCaller, "bad-identity", "Our own key can't be used for TLS");
}

void TlsContext::watch(ssl_st* ssl, TlsFacts* facts) { SSL_set_app_data(ssl, facts); }

}  // namespace balcony
