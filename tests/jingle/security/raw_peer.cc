// SPDX-License-Identifier: MIT
#include "tests/jingle/security/raw_peer.h"

#include <openssl/bio.h>
#include <openssl/err.h>

namespace balcony {

RawPeer::RawPeer(Role role, const std::vector<MadeCertificate>& chain, const Setup& setup)
    : context_(SSL_CTX_new(TLS_method())) {
  SSL_CTX_set_security_level(context_.get(), 0);
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                     [](int, X509_STORE_CTX*) { return 1; });
  for (const MadeCertificate& made : chain) {
    if (&made == &chain.front()) {
      SSL_CTX_use_certificate(context_.get(), made.x509.get());
      SSL_CTX_use_PrivateKey(context_.get(), made.key.get());
    } else {
      SSL_CTX_add1_chain_cert(context_.get(), made.x509.get());
    }
  }
  if (setup) setup(context_.get());
  ssl_.reset(SSL_new(context_.get()));
  SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_msg_callback(ssl_.get(), [](int written, int, int type, const void* octets, std::size_t,
                                      SSL*, void* self) {
    const auto* at = static_cast<const unsigned char*>(octets);
    if (!written && type == SSL3_RT_ALERT) static_cast<RawPeer*>(self)->alert_ = at[1];
    if (!written && type == SSL3_RT_HANDSHAKE && at[0] == SSL3_MT_CERTIFICATE_REQUEST)
      static_cast<RawPeer*>(self)->asked_ = true;
  });
  SSL_set_msg_callback_arg(ssl_.get(), this);
  if (role == Role::kInitiator)
    SSL_set_connect_state(ssl_.get());
  else
    SSL_set_accept_state(ssl_.get());
}

void RawPeer::feed(ByteView octets) {
  if (octets.empty()) return;
  BIO_write(SSL_get_rbio(ssl_.get()), octets.data(), static_cast<int>(octets.size()));
  advance();
}

Bytes RawPeer::take() {
  Bytes out(BIO_ctrl_pending(SSL_get_wbio(ssl_.get())), '\0');
  if (!out.empty()) BIO_read(SSL_get_wbio(ssl_.get()), out.data(), static_cast<int>(out.size()));
  return out;
}

void RawPeer::write(ByteView plaintext) {
  SSL_write(ssl_.get(), plaintext.data(), static_cast<int>(plaintext.size()));
}

void RawPeer::advance() {
  SSL_do_handshake(ssl_.get());
  char buffer[4096];
  std::size_t size = 0;
  while (SSL_read_ex(ssl_.get(), buffer, sizeof buffer, &size) == 1)
    plaintext_.append(buffer, size);
  ERR_clear_error();
}

}  // namespace balcony
