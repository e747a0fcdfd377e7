// SPDX-License-Identifier: MIT
// Our own key and certificate: made, kept, read back, renewed.
#include "jingle/security/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/x509v3.h>

#include "tests/jingle/security/made_certificate.h"
#include "tests/support/fake_env.h"

namespace balcony {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::int64_t kDay = 24 * 3600;

struct IdentityTest : ::testing::Test {
  FakeEnv env;
  Jid account = *Jid::parse("juliet@example.net/balcony");
  Identity own = *Identity::generate(account, env);

  Owned<X509, X509_free> parsed() const {
    const Bytes& der = own.certificate().der;
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    return Owned<X509, X509_free>(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  }
};

Redacted pem_of(const MadeCertificate& key, const std::vector<const MadeCertificate*>& chain) {
  std::string pem = key.key_pem().reveal();
  for (const MadeCertificate* certificate : chain) pem += certificate->pem();
  return Redacted(pem);
}

Error error_of(const Redacted& pem) {
  auto identity = Identity::from_pem(pem);
  EXPECT_FALSE(identity);
  return identity ? Error() : identity.error();
}

// covers TLS-13
TEST_F(IdentityTest, NamesTheBareAddressOnly) {
  EXPECT_THAT(own.certificate().addresses, ElementsAre(account.to_bare()));
  auto x509 = parsed();
  char subject[256];
  X509_NAME_oneline(X509_get_subject_name(x509.get()), subject, sizeof subject);
  EXPECT_STREQ(subject, "/CN=Balcony");
  EXPECT_EQ(X509_get_ext_count(x509.get()), 4);
}

// covers TLS-13
TEST_F(IdentityTest, ServesBothRolesAndIsNoAuthority) {
  auto x509 = parsed();
  EXPECT_EQ(X509_check_ca(x509.get()), 0);
  EXPECT_EQ(X509_get_key_usage(x509.get()), static_cast<std::uint32_t>(KU_DIGITAL_SIGNATURE));
  EXPECT_EQ(X509_get_extended_key_usage(x509.get()),
            static_cast<std::uint32_t>(XKU_SSL_SERVER | XKU_SSL_CLIENT));
  EXPECT_EQ(X509_check_purpose(x509.get(), X509_PURPOSE_SSL_SERVER, 0), 1);
  EXPECT_EQ(X509_check_purpose(x509.get(), X509_PURPOSE_SSL_CLIENT, 0), 1);
}

// covers TLS-13
TEST_F(IdentityTest, IsP256WithSha256SignedByItself) {
  auto x509 = parsed();
  char curve[32];
  std::size_t size = 0;
  EVP_PKEY_get_group_name(X509_get0_pubkey(x509.get()), curve, sizeof curve, &size);
  EXPECT_STREQ(curve, "prime256v1");
  EXPECT_EQ(X509_get_signature_nid(x509.get()), NID_ecdsa_with_SHA256);
  EXPECT_TRUE(own.certificate().self_signed);
  EXPECT_EQ(own.certificate().weakness, "");
}

// covers TLS-13
TEST_F(IdentityTest, IsValidForAYearFromALittleBeforeNow) {
  EXPECT_EQ(own.certificate().not_before, env.unix_time() - 300);
  EXPECT_EQ(own.certificate().not_after - own.certificate().not_before, 365 * kDay);
}

// covers TLS-13
TEST_F(IdentityTest, HasAKeyAndASerialOfItsOwn) {
  Identity other = *Identity::generate(account, env);
  EXPECT_NE(other.certificate().fingerprint, own.certificate().fingerprint);
  auto x509 = parsed();
  const ASN1_INTEGER* serial = X509_get0_serialNumber(x509.get());
  EXPECT_EQ(ASN1_STRING_length(serial), 16);
  EXPECT_EQ(serial->type, V_ASN1_INTEGER);  // not a negative one
}

TEST_F(IdentityTest, TakesAnyAddress) {
  for (const char* text :
       {"example.net", "a,b=c@example.net", "j\xc3\xbcliet@ex\xc3\xa4mple.net"}) {
    Jid jid = *Jid::parse(text);
    auto identity = Identity::generate(jid, env);
    ASSERT_TRUE(identity) << text;
    EXPECT_THAT(identity->certificate().addresses, ElementsAre(jid));
  }
}

TEST_F(IdentityTest, ComesBackFromItsPem) {
  auto again = Identity::from_pem(own.to_pem());
  ASSERT_TRUE(again) << again.error().text;
  EXPECT_EQ(again->certificate().der, own.certificate().der);
  EXPECT_EQ(again->to_pem().reveal(), own.to_pem().reveal());
}

TEST_F(IdentityTest, ReadsKeyAndChainInEitherOrder) {
  auto back_to_front = Identity::from_pem(Redacted(own.chain_pem() + own.key_pem().reveal()));
  ASSERT_TRUE(back_to_front) << back_to_front.error().text;
  EXPECT_EQ(back_to_front->to_pem().reveal(), own.to_pem().reveal());
}

// covers TLS-13
TEST_F(IdentityTest, TakesAnImportedChainAsItIs) {
  auto chain = make_chain(3, {.key = "RSA-2048"});
  auto imported = Identity::from_pem(pem_of(chain[0], {&chain[0], &chain[1], &chain[2]}));
  ASSERT_TRUE(imported) << imported.error().text;
  EXPECT_EQ(imported->certificate().der, chain[0].der());
  EXPECT_EQ(imported->chain_pem(), chain[0].pem() + chain[1].pem() + chain[2].pem());
}

TEST_F(IdentityTest, RefusesPartsThatDoNotBelongTogether) {
  MadeCertificate one = make_certificate({});
  MadeCertificate other = make_certificate({});
  Error error = error_of(pem_of(one, {&other}));
  EXPECT_EQ(error.condition, "bad-identity");
  EXPECT_EQ(error.blame, Blame::kCaller);
  EXPECT_THAT(error.text, HasSubstr("another key"));
}

TEST_F(IdentityTest, RefusesMissingOrBrokenParts) {
  EXPECT_THAT(error_of(Redacted("")).text, HasSubstr("no private key"));
  EXPECT_THAT(error_of(Redacted(own.chain_pem())).text, HasSubstr("no private key"));
  EXPECT_THAT(error_of(own.key_pem()).text, HasSubstr("no certificate"));
  std::string broken = own.to_pem().reveal();
  broken.replace(broken.rfind("-----END") - 20, 8, "????????");
  EXPECT_THAT(error_of(Redacted(broken)).text, HasSubstr("malformed"));
}

TEST_F(IdentityTest, NeverShowsTheKeyInAnError) {
  std::string key = own.key_pem().reveal();
  std::string broken = key + own.chain_pem().substr(0, 100);
  EXPECT_THAT(error_of(Redacted(broken)).text, ::testing::Not(HasSubstr(key.substr(60, 20))));
}

// covers TLS-20
TEST_F(IdentityTest, RefusesWhatEveryPeerWouldRefuse) {
  MadeCertificate weak = make_certificate({.key = "RSA-1024"});
  EXPECT_THAT(error_of(pem_of(weak, {&weak})).text, HasSubstr("1024"));
  auto chain = make_chain(6);
  EXPECT_THAT(
      error_of(pem_of(chain[0], {&chain[0], &chain[1], &chain[2], &chain[3], &chain[4], &chain[5]}))
          .text,
      HasSubstr("no more than 5"));
}

TEST_F(IdentityTest, AsksNobodyForAPassPhrase) {
  const char* encrypted =
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
      "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgxMjM0NTY3OAICCAAw\n"
      "-----END ENCRYPTED PRIVATE KEY-----\n";
  EXPECT_THAT(error_of(Redacted(encrypted + own.chain_pem())).text, HasSubstr("pass phrase"));
}

// covers TLS-13
TEST_F(IdentityTest, IsDueForRenewalAfterTwoThirds) {
  std::int64_t start = own.certificate().not_before;
  EXPECT_FALSE(own.is_renewal_due(start + 365 * kDay / 3 * 2 - 1));
  EXPECT_TRUE(own.is_renewal_due(start + 365 * kDay / 3 * 2));
  EXPECT_TRUE(Identity::from_pem(own.to_pem())->is_renewal_due(start + 300 * kDay));
}

// covers TLS-13
TEST_F(IdentityTest, IsRenewedOnTheSameKey) {
  env.advance(std::chrono::hours(24 * 250));
  auto renewed = own.renewed(account, env);
  ASSERT_TRUE(renewed) << renewed.error().text;
  EXPECT_EQ(renewed->certificate().fingerprint, own.certificate().fingerprint);
  EXPECT_NE(renewed->certificate().digest, own.certificate().digest);
  EXPECT_EQ(renewed->certificate().not_before, env.unix_time() - 300);
  EXPECT_FALSE(renewed->is_renewal_due(env.unix_time()));
}

// covers TLS-13
TEST_F(IdentityTest, LeavesImportedCertificatesToTheirIssuer) {
  MadeCertificate made = make_certificate({});
  Identity imported = *Identity::from_pem(pem_of(made, {&made}));
  EXPECT_FALSE(imported.is_renewal_due(1796000000));
  EXPECT_EQ(imported.renewed(account, env).error().condition, "bad-identity");
}

}  // namespace
}  // namespace balcony
