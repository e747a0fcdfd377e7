// SPDX-License-Identifier: MIT
// Making and reading our own key and certificate (TLS-13; RFC 6120 section 13.7.1, RFC 5280). The
// key comes from OpenSSL's own generator, which is the system's; the serial number from Env.
#include "jingle/security/identity.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <optional>
#include <vector>

#include "jingle/security/owned.h"

namespace balcony {
namespace {

using BioPtr = Owned<BIO, BIO_free_all>;
using KeyPtr = Owned<EVP_PKEY, EVP_PKEY_free>;
using X509Ptr = Owned<X509, X509_free>;

constexpr std::string_view kName = "Balcony";  // the subject: says nothing of whose it is
constexpr std::int64_t kBackdated = 5 * 60;    // for peers whose clock is slow, as TLS-18 tolerates
constexpr std::int64_t kValidity = 365 * 24 * 3600;
constexpr std::size_t kSerialOctets = 16;  // RFC 5280 section 4.1.2.2 allows 20

tl::unexpected<Error> unusable(const std::string& why) {
  ERR_clear_error();
  return fail(Blame::kCaller, "bad-identity", "Our own key can't be used: " + why);
}

tl::unexpected<Error> cannot_make() {
  ERR_clear_error();
  return fail(Blame::kEnvironment, "bad-identity", "OpenSSL can't make a key and certificate");
}

std::string text_of(BIO* bio) {
  char* text = nullptr;
  long size = BIO_get_mem_data(bio, &text);
  return std::string(text, static_cast<std::size_t>(size));
}

BioPtr bio_of(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// For PEM with a pass phrase: there is nobody to ask, least of all the terminal.
int no_pass_phrase(char*, int, int, void*) { return 0; }

KeyPtr read_key(const Redacted& pem) {
  return KeyPtr(
      PEM_read_bio_PrivateKey(bio_of(pem.reveal()).get(), nullptr, no_pass_phrase, nullptr));
}

Redacted print_key(EVP_PKEY* key) {
  BioPtr bio(BIO_new(BIO_s_secmem()));
  if (PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return {};
  return Redacted(text_of(bio.get()));
}

bool set_serial(X509* x509, Env& env) {
  Bytes octets = env.random(kSerialOctets);
  octets[0] = static_cast<char>((octets[0] & 0x3f) | 0x40);  // positive, and always of this length
  Owned<BIGNUM, BN_free> number(BN_bin2bn(reinterpret_cast<const unsigned char*>(octets.data()),
                                          static_cast<int>(octets.size()), nullptr));
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x509)) != nullptr;
}

bool set_names(X509* x509) {
  X509_NAME* name = X509_get_subject_name(x509);
  const auto* text = reinterpret_cast<const unsigned char*>(kName.data());
  return X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_ASC, text,
                                    static_cast<int>(kName.size()), -1, 0) == 1 &&
         X509_set_issuer_name(x509, name) == 1;
}

bool set_dates(X509* x509, std::int64_t unix_time) {
  std::int64_t from = unix_time - kBackdated;
  return ASN1_TIME_set(X509_getm_notBefore(x509), from) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(x509), from + kValidity) != nullptr;
}

bool add_extension(X509* x509, int nid, const char* value) {
  Owned<X509_EXTENSION, X509_EXTENSION_free> extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, nid, value));
  return extension && X509_add_ext(x509, extension.get(), -1) == 1;
}

// The only subjectAltName: id-on-xmppAddr with the bare JID (RFC 6120 section 13.7.1.4).
bool add_address(X509* x509, const Jid& account) {
  std::string_view bare = account.bare();
  Owned<ASN1_UTF8STRING, ASN1_UTF8STRING_free> text(ASN1_UTF8STRING_new());
  Owned<ASN1_TYPE, ASN1_TYPE_free> value(ASN1_TYPE_new());
  Owned<GENERAL_NAME, GENERAL_NAME_free> name(GENERAL_NAME_new());
  Owned<GENERAL_NAMES, GENERAL_NAMES_free> names(sk_GENERAL_NAME_new_null());
  if (!text || !value || !name || !names) return false;
  if (ASN1_STRING_set(text.get(), bare.data(), static_cast<int>(bare.size())) != 1) return false;
  ASN1_TYPE_set(value.get(), V_ASN1_UTF8STRING, text.release());
  if (GENERAL_NAME_set0_othername(name.get(), OBJ_nid2obj(NID_XmppAddr), value.get()) != 1)
    return false;
  static_cast<void>(value.release());  // the name owns it now
  if (sk_GENERAL_NAME_push(names.get(), name.get()) <= 0) return false;
  static_cast<void>(name.release());
  return X509_add1_ext_i2d(x509, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) == 1;
}

X509Ptr make_certificate(EVP_PKEY* key, const Jid& account, Env& env) {
  X509Ptr x509(X509_new());
  bool made = x509 && X509_set_version(x509.get(), X509_VERSION_3) == 1 &&
              set_serial(x509.get(), env) && set_names(x509.get()) &&
              set_dates(x509.get(), env.unix_time()) && X509_set_pubkey(x509.get(), key) == 1 &&
              add_extension(x509.get(), NID_basic_constraints, "critical,CA:FALSE") &&
              add_extension(x509.get(), NID_key_usage, "critical,digitalSignature") &&
              add_extension(x509.get(), NID_ext_key_usage, "serverAuth,clientAuth") &&
              add_address(x509.get(), account) && X509_sign(x509.get(), key, EVP_sha256()) > 0;
  if (!made) x509.reset();
  return x509;
}

// Whether it looks as set_names() leaves it; self_signed is asked elsewhere.
bool is_named_by_us(const X509* x509) {
  char name[32];
  return X509_NAME_entry_count(X509_get_subject_name(x509)) == 1 &&
         X509_NAME_get_text_by_NID(X509_get_subject_name(x509), NID_commonName, name, sizeof name) >
             0 &&
         kName == name;
}

// Leaf first. Nothing: something between the marks of a certificate is none.
std::optional<std::vector<X509Ptr>> read_chain(const Redacted& pem) {
  BioPtr bio = bio_of(pem.reveal());
  std::vector<X509Ptr> chain;
  ERR_clear_error();
  while (X509Ptr x509{PEM_read_bio_X509(bio.get(), nullptr, no_pass_phrase, nullptr)})
    chain.push_back(std::move(x509));
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) return std::nullopt;
  return chain;
}

std::string print_chain(const std::vector<X509Ptr>& chain) {
  BioPtr bio(BIO_new(BIO_s_mem()));
  for (const X509Ptr& x509 : chain) PEM_write_bio_X509(bio.get(), x509.get());
  return text_of(bio.get());
}

Result<Redacted> make_pem(EVP_PKEY* key, const Jid& account, Env& env) {
  std::vector<X509Ptr> chain;
  chain.push_back(key ? make_certificate(key, account, env) : nullptr);
  if (!chain.front()) return cannot_make();
  return Redacted(print_key(key).reveal() + print_chain(chain));
}

}  // namespace

Result<Identity> Identity::generate(const Jid& account, Env& env) {
  KeyPtr key(EVP_EC_gen("P-256"));
  return make_pem(key.get(), account, env).and_then(from_pem);
}

Result<Identity> Identity::from_pem(const Redacted& pem) {
  KeyPtr key = read_key(pem);
  if (!key) return unusable("there is no private key, or it has a pass phrase");
  auto chain = read_chain(pem);
  if (!chain) return unusable("a certificate is malformed");
  if (chain->empty()) return unusable("there is no certificate");
  if (X509_check_private_key(chain->front().get(), key.get()) != 1)
    return unusable("the first certificate belongs to another key");

  Identity identity;
  std::size_t octets = 0;
  for (const X509Ptr& x509 : *chain) {
    auto certificate = read_certificate(der_of(x509.get()));
    if (!certificate) return unusable(certificate.error().text);
    if (!certificate->weakness.empty()) return unusable("peers refuse " + certificate->weakness);
    octets += certificate->der.size();
    if (x509 == chain->front()) identity.certificate_ = *std::move(certificate);
  }
  if (chain->size() > static_cast<std::size_t>(kMaxChain) ||
      octets > static_cast<std::size_t>(kMaxChainOctets))
    return unusable("peers take no more than 5 certificates and 32 KiB");
  identity.key_pem_ = print_key(key.get());
  identity.chain_pem_ = print_chain(*chain);
  auto context = TlsContext::make(identity.key_pem_, identity.chain_pem_);
  if (!context) return tl::make_unexpected(context.error());
  identity.tls_context_ = *std::move(context);
  identity.own_making_ = identity.certificate_.self_signed && is_named_by_us(chain->front().get());
  ERR_clear_error();
  return identity;
}

Redacted Identity::to_pem() const { return Redacted(key_pem_.reveal() + chain_pem_); }

bool Identity::is_renewal_due(std::int64_t unix_time) const {
  std::int64_t validity = certificate_.not_after - certificate_.not_before;
  return own_making_ && unix_time >= certificate_.not_before + validity / 3 * 2;
}

Result<Identity> Identity::renewed(const Jid& account, Env& env) const {
  if (!own_making_)
    return unusable("a certificate that was imported is renewed by whoever issued it");
  return make_pem(read_key(key_pem_).get(), account, env).and_then(from_pem);
}

}  // namespace balcony
