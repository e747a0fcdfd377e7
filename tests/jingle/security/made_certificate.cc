// SPDX-License-Identifier: MIT
#include "tests/jingle/security/made_certificate.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <utility>

namespace balcony {
namespace {

EVP_PKEY* make_explicit() {
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr);
  EVP_PKEY_keygen_init(context);
  EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1);
  EVP_PKEY_CTX_set_ec_param_enc(context, OPENSSL_EC_EXPLICIT_CURVE);
  EVP_PKEY* key = nullptr;
  EVP_PKEY_keygen(context, &key);
  EVP_PKEY_CTX_free(context);
  return key;
}

EVP_PKEY* make_key(const std::string& kind) {
  if (kind == "EXPLICIT") return make_explicit();
  if (kind == "ED25519") return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  if (kind.starts_with("RSA-")) return EVP_RSA_gen(std::stoul(kind.substr(4)));
  return EVP_EC_gen(kind.c_str());
}

void add_extension(X509* x509, int nid, const char* value) {
  if (!value) return;
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
  X509_add_ext(x509, extension, -1);
  X509_EXTENSION_free(extension);
}

void add_raw_names(X509* x509, const Bytes& der) {
  ASN1_OCTET_STRING* octets = ASN1_OCTET_STRING_new();
  ASN1_OCTET_STRING_set(octets, reinterpret_cast<const unsigned char*>(der.data()),
                        static_cast<int>(der.size()));
  X509_EXTENSION* extension =
      X509_EXTENSION_create_by_NID(nullptr, NID_subject_alt_name, 0, octets);
  X509_add_ext(x509, extension, -1);
  X509_EXTENSION_free(extension);
  ASN1_OCTET_STRING_free(octets);
}

void add_addresses(X509* x509, const Recipe& recipe) {
  if (!recipe.raw_names.empty()) return add_raw_names(x509, recipe.raw_names);
  if (recipe.addresses.empty()) return;
  GENERAL_NAMES* names = sk_GENERAL_NAME_new_null();
  for (const std::string& address : recipe.addresses) {
    ASN1_STRING* text = ASN1_STRING_type_new(recipe.address_type);
    ASN1_STRING_set(text, address.data(), static_cast<int>(address.size()));
    ASN1_TYPE* value = ASN1_TYPE_new();
    ASN1_TYPE_set(value, recipe.address_type, text);
    GENERAL_NAME* name = GENERAL_NAME_new();
    GENERAL_NAME_set0_othername(name, OBJ_nid2obj(NID_XmppAddr), value);
    sk_GENERAL_NAME_push(names, name);
  }
  X509_add1_ext_i2d(x509, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT);
  sk_GENERAL_NAME_pop_free(names, GENERAL_NAME_free);
}

std::string take_text(BIO* bio) {
  char* text = nullptr;
  long size = BIO_get_mem_data(bio, &text);
  std::string out(text, static_cast<std::size_t>(size));
  BIO_free_all(bio);
  return out;
}

}  // namespace

Bytes MadeCertificate::der() const {
  unsigned char* octets = nullptr;
  int size = i2d_X509(x509.get(), &octets);
  Bytes out(reinterpret_cast<char*>(octets), static_cast<std::size_t>(size));
  OPENSSL_free(octets);
  return out;
}

std::string MadeCertificate::pem() const {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, x509.get());
  return take_text(bio);
}

Redacted MadeCertificate::key_pem() const {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PKCS8PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return Redacted(take_text(bio));
}

MadeCertificate make_certificate(const Recipe& recipe, const MadeCertificate* issuer) {
  MadeCertificate made;
  made.key.reset(make_key(recipe.key));
  made.x509.reset(X509_new());
  X509* x509 = made.x509.get();
  X509_set_version(x509, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
  X509_NAME* name = X509_get_subject_name(x509);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(recipe.subject.c_str()), -1, -1,
                             0);
  X509_set_issuer_name(x509, issuer ? X509_get_subject_name(issuer->x509.get()) : name);
  ASN1_TIME_set(X509_getm_notBefore(x509), recipe.not_before);
  ASN1_TIME_set(X509_getm_notAfter(x509), recipe.not_after);
  X509_set_pubkey(x509, made.key.get());
  add_extension(x509, NID_basic_constraints, recipe.constraints);
  add_extension(x509, NID_ext_key_usage, recipe.usage);
  add_addresses(x509, recipe);
  const EVP_MD* digest =
      recipe.digest.empty() ? nullptr : EVP_get_digestbyname(recipe.digest.c_str());
  X509_sign(x509, issuer ? issuer->key.get() : made.key.get(), digest);
  return made;
}

std::vector<MadeCertificate> make_chain(std::size_t count, const Recipe& leaf) {
  std::vector<MadeCertificate> chain(count);
  for (std::size_t i = count; i-- > 0;) {
    Recipe recipe = leaf;
    if (i > 0) {
      recipe = Recipe();
      recipe.addresses.clear();
      recipe.constraints = "critical,CA:TRUE";
      recipe.subject = "Authority " + std::to_string(i);
    }
    chain[i] = make_certificate(recipe, i + 1 < count ? &chain[i + 1] : nullptr);
  }
  return chain;
}

}  // namespace balcony
