// SPDX-License-Identifier: MIT
#include "tests/bench/openssl_end.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <cstdlib>

#include "plugin/system_env.h"
#include "tests/bench/traffic.h"

namespace balcony::bench {
namespace {

SSL_CTX* make_context(Role role) {
  SSL_CTX* context = SSL_CTX_new(TLS_method());
  const Identity& own = identity_of(role);
  std::string key_pem(own.key_pem().reveal());
  BIO* key_bio = BIO_new_mem_buf(key_pem.data(), static_cast<int>(key_pem.size()));
  BIO* chain_bio =
      BIO_new_mem_buf(own.chain_pem().data(), static_cast<int>(own.chain_pem().size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(key_bio, nullptr, nullptr, nullptr);
  X509* leaf = PEM_read_bio_X509(chain_bio, nullptr, nullptr, nullptr);
  SSL_CTX_use_certificate(context, leaf);
  SSL_CTX_use_PrivateKey(context, key);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                     [](int, X509_STORE_CTX*) { return 1; });
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256");
  SSL_CTX_set1_groups_list(context, "P-256");
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  X509_free(leaf);
  EVP_PKEY_free(key);
  BIO_free(chain_bio);
  BIO_free(key_bio);
  return context;
}

}  // namespace

const Identity& identity_of(Role role) {
  static SystemEnv env;
  static const Identity initiator = *Identity::generate(*Jid::parse(kRomeo), env);
  static const Identity responder = *Identity::generate(*Jid::parse(kJuliet), env);
  return role == Role::kInitiator ? initiator : responder;
}

SSL* new_ssl(Role role) {
  static SSL_CTX* const initiator = make_context(Role::kInitiator);
  static SSL_CTX* const responder = make_context(Role::kResponder);
  SSL* ssl = SSL_new(role == Role::kInitiator ? initiator : responder);
  if (role == Role::kInitiator)
    SSL_set_connect_state(ssl);
  else
    SSL_set_accept_state(ssl);
  return ssl;
}

OpensslEnd::OpensslEnd(int fd, Role role) : ssl_(new_ssl(role)) {
  SSL_set_fd(ssl_, fd);
  if (SSL_do_handshake(ssl_) != 1) std::abort();
}

OpensslEnd::~OpensslEnd() { SSL_free(ssl_); }

void OpensslEnd::write(std::string_view octets) {
  std::size_t written = 0;
  if (SSL_write_ex(ssl_, octets.data(), octets.size(), &written) != 1) std::abort();
}

std::size_t OpensslEnd::read(char* octets, std::size_t size) {
  std::size_t count = 0;
  return SSL_read_ex(ssl_, octets, size, &count) == 1 ? count : 0;
}

}  // namespace balcony::bench
