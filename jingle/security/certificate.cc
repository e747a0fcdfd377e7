// SPDX-License-Identifier: MIT
// Reading certificates that strangers send (RFC 6120 section 13.7, RFC 5280). What can't be read
// whole is refused whole.
#include "jingle/security/certificate.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <optional>

#include "jingle/base/digest.h"
#include "jingle/security/owned.h"

namespace balcony {
namespace {

using X509Ptr = Owned<X509, X509_free>;

constexpr std::size_t kMaxAddresses = 64;  // a device serves few accounts; preparing a JID costs
constexpr int kMinSignatureBits = 112;     // SHA-224 and better: leaves out MD5 and SHA-1

tl::unexpected<Error> unreadable(const std::string& why) {
  ERR_clear_error();
  return fail(Blame::kPeer, "bad-certificate", "The certificate can't be read: " + why);
}

X509Ptr parse(ByteView der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const unsigned char* end = at + der.size();
  X509Ptr x509(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (at != end) x509.reset();
  return x509;
}

std::string fingerprint_of(const X509* x509) {
  unsigned char* der = nullptr;
  int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &der);
  if (size <= 0) return {};
  Owned<unsigned char, [](unsigned char* octets) { OPENSSL_free(octets); }> owner(der);
  return hex(sha256(ByteView(reinterpret_cast<char*>(der), static_cast<std::size_t>(size))));
}

std::optional<std::int64_t> unix_time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return timegm(&parts);
}

// TLS-14: UTF8String only; no NUL, which could hide a second half from other readers.
std::optional<Jid> address_of(const GENERAL_NAME* name) {
  ASN1_OBJECT* type = nullptr;
  ASN1_TYPE* value = nullptr;
  if (GENERAL_NAME_get0_otherName(name, &type, &value) != 1) return std::nullopt;
  if (OBJ_obj2nid(type) != NID_XmppAddr || ASN1_TYPE_get(value) != V_ASN1_UTF8STRING)
    return std::nullopt;
  const ASN1_UTF8STRING* text = value->value.utf8string;
  ByteView octets(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                  static_cast<std::size_t>(ASN1_STRING_length(text)));
  if (octets.find('\0') != ByteView::npos) return std::nullopt;
  auto jid = Jid::parse(octets);
  return jid ? std::optional(*std::move(jid)) : std::nullopt;
}

// Nothing: there is a subjectAltName, but it is malformed or there are two.
std::optional<std::vector<Jid>> addresses_of(const X509* x509) {
  int critical = 0;
  Owned<GENERAL_NAMES, GENERAL_NAMES_free> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(x509, NID_subject_alt_name, &critical, nullptr)));
  std::vector<Jid> addresses;
  if (!names) return critical == -1 ? std::optional(addresses) : std::nullopt;  // -1: absent
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()) && addresses.size() < kMaxAddresses; ++i)
    if (auto jid = address_of(sk_GENERAL_NAME_value(names.get(), i)))
      addresses.push_back(*std::move(jid));
  return addresses;
}

std::string key_weakness(EVP_PKEY* key) {
  int bits = EVP_PKEY_get_bits(key);
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_ED25519:
    case EVP_PKEY_ED448:
      return {};
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
      return bits < 2048 ? "an RSA key of only " + std::to_string(bits) + " bits" : "";
    case EVP_PKEY_EC: {
      int own_curve = 0;  // parameters of its own instead of a curve's name: nobody checked them
      EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &own_curve);
      if (own_curve != 0) return "an elliptic curve without a name";
      return bits < 256 ? "an elliptic curve of only " + std::to_string(bits) + " bits" : "";
    }
    default:
      return "a kind of key that is not used any more";
  }
}

// TLS-20. A self-signature proves nothing that a weak digest could take away.
std::string weakness_of(X509* x509, EVP_PKEY* key, bool self_signed) {
  std::string weakness = key_weakness(key);
  if (!weakness.empty() || self_signed) return weakness;
  int security_bits = 0;
  if (X509_get_signature_info(x509, nullptr, nullptr, &security_bits, nullptr) != 1)
    return "an unknown kind of signature";
  return security_bits < kMinSignatureBits ? "a signature with an outdated digest" : "";
}

bool add_anchors(X509_STORE* store, const std::string& pem) {
  Owned<BIO, BIO_free_all> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  bool any = false;
  while (X509Ptr anchor{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)})
    any = X509_STORE_add_cert(store, anchor.get()) == 1 || any;
  return any;
}

bool verify_at(X509_STORE* store, STACK_OF(X509) * chain, std::int64_t unix_time, Role peer_role) {
  Owned<X509_STORE_CTX, X509_STORE_CTX_free> context(X509_STORE_CTX_new());
  if (X509_STORE_CTX_init(context.get(), store, sk_X509_value(chain, 0), chain) != 1) return false;
  X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(param, unix_time);
  X509_VERIFY_PARAM_set_auth_level(param, 2);  // 112 bits, as TLS-06
  X509_VERIFY_PARAM_set_purpose(
      param, peer_role == Role::kInitiator ? X509_PURPOSE_SSL_CLIENT : X509_PURPOSE_SSL_SERVER);
  return X509_verify_cert(context.get()) == 1;
}

}  // namespace

bool Certificate::names(const Jid& peer) const {
  return std::any_of(addresses.begin(), addresses.end(), [&](const Jid& address) {
    return address == peer || address.full() == peer.bare();
  });
}

Bytes der_of(const X509* x509) {
  unsigned char* der = nullptr;
  int size = i2d_X509(x509, &der);
  Owned<unsigned char, [](unsigned char* octets) { OPENSSL_free(octets); }> owner(der);
  return size < 0 ? Bytes() : Bytes(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
}

Result<Certificate> read_certificate(ByteView der) {
  if (der.size() > static_cast<std::size_t>(kMaxChainOctets))
    return unreadable("it is larger than 32 KiB");
  X509Ptr x509 = parse(der);
  if (!x509) return unreadable("it is malformed");
  return read_certificate(x509.get());
}

Result<Certificate> read_certificate(X509* x509) {
  EVP_PKEY* key = X509_get0_pubkey(x509);
  if (!key) return unreadable("its key is malformed or of an unknown kind");
  auto not_before = unix_time_of(X509_get0_notBefore(x509));
  auto not_after = unix_time_of(X509_get0_notAfter(x509));
  if (!not_before || !not_after) return unreadable("its dates are malformed");
  auto addresses = addresses_of(x509);
  if (!addresses) return unreadable("its addresses are malformed");

  Certificate certificate;
  certificate.der = der_of(x509);
  certificate.fingerprint = fingerprint_of(x509);
  certificate.digest = hex(sha256(certificate.der));
  certificate.addresses = *std::move(addresses);
  certificate.not_before = *not_before;
  certificate.not_after = *not_after;
  certificate.self_signed = X509_self_signed(x509, 1) == 1;
  certificate.weakness = weakness_of(x509, key, certificate.self_signed);
  if (certificate.fingerprint.empty()) return unreadable("its key is malformed");
  ERR_clear_error();
  return certificate;
}

bool verify_chain(const std::vector<Bytes>& chain, const std::string& anchors_pem,
                  std::int64_t unix_time, Role peer_role) {
  constexpr std::int64_t tolerance = 300;  // TLS-18
  if (anchors_pem.empty()) return false;
  Owned<X509_STORE, X509_STORE_free> store(X509_STORE_new());
  Owned<STACK_OF(X509), [](STACK_OF(X509) * all) { sk_X509_pop_free(all, X509_free); }>
      certificates(sk_X509_new_null());
  for (const Bytes& der : chain)
    if (X509Ptr x509 = parse(der)) sk_X509_push(certificates.get(), x509.release());
  bool valid = !chain.empty() &&
               sk_X509_num(certificates.get()) == static_cast<int>(chain.size()) &&
               add_anchors(store.get(), anchors_pem);
  // A clock that is a little wrong is set right in either direction.
  valid = valid && (verify_at(store.get(), certificates.get(), unix_time, peer_role) ||
                    verify_at(store.get(), certificates.get(), unix_time - tolerance, peer_role) ||
                    verify_at(store.get(), certificates.get(), unix_time + tolerance, peer_role));
  ERR_clear_error();
  return valid;
}

}  // namespace balcony
