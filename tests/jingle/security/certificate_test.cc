// SPDX-License-Identifier: MIT
// What is read from certificates, and what is refused.
#include "jingle/security/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jingle/base/digest.h"
#include "tests/jingle/security/made_certificate.h"

namespace balcony {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Jid kRomeo = *Jid::parse("romeo@example.net");
const Jid kRomeoOrchard = *Jid::parse("romeo@example.net/orchard");
const Jid kJuliet = *Jid::parse("juliet@example.net");
constexpr std::int64_t kNow = 1795000000;

Certificate read(const Recipe& recipe) {
  auto certificate = read_certificate(make_certificate(recipe).der());
  EXPECT_TRUE(certificate) << certificate.error().text;
  return certificate.value_or(Certificate());
}

// covers TLS-14, TLS-16
TEST(Certificate, TellsWhoseItIsAndForHowLong) {
  MadeCertificate made = make_certificate({});
  auto certificate = read_certificate(made.der());
  ASSERT_TRUE(certificate);
  EXPECT_THAT(certificate->addresses, ElementsAre(kRomeo));
  EXPECT_EQ(certificate->not_before, 1794000000);
  EXPECT_EQ(certificate->not_after, 1796000000);
  EXPECT_TRUE(certificate->self_signed);
  EXPECT_EQ(certificate->weakness, "");
  EXPECT_EQ(certificate->digest, hex(sha256(made.der())));
  EXPECT_EQ(certificate->der, made.der());
}

// covers TLS-16
TEST(Certificate, HasTheFingerprintOfItsKeyAlone) {
  MadeCertificate made = make_certificate({});
  unsigned char* der = nullptr;
  int size = i2d_PUBKEY(made.key.get(), &der);
  std::string expected =
      hex(sha256(ByteView(reinterpret_cast<char*>(der), static_cast<size_t>(size))));
  OPENSSL_free(der);
  EXPECT_EQ(read_certificate(made.der())->fingerprint, expected);
}

// covers TLS-14
TEST(Certificate, NamesAPeerByBareOrFullAddress) {
  Certificate bare = read({});
  EXPECT_TRUE(bare.names(kRomeo));
  EXPECT_TRUE(bare.names(kRomeoOrchard));
  EXPECT_FALSE(bare.names(kJuliet));

  Recipe recipe;
  recipe.addresses = {"romeo@example.net/orchard"};
  Certificate full = read(recipe);
  EXPECT_TRUE(full.names(kRomeoOrchard));
  EXPECT_FALSE(full.names(kRomeo));
  EXPECT_FALSE(full.names(*Jid::parse("romeo@example.net/balcony")));
}

// covers TLS-14
TEST(Certificate, NamesAPeerByAnyOfSeveralAddresses) {
  Recipe recipe;
  recipe.addresses = {"nurse@example.net", "romeo@example.net"};
  EXPECT_TRUE(read(recipe).names(kRomeo));
}

// covers TLS-14
TEST(Certificate, PreparesItsAddresses) {
  Recipe recipe;
  recipe.addresses = {"ROMEO@Example.NET"};
  EXPECT_THAT(read(recipe).addresses, ElementsAre(kRomeo));
}

// covers TLS-14
TEST(Certificate, IgnoresAddressesOfOtherStringTypes) {
  for (int type : {V_ASN1_IA5STRING, V_ASN1_PRINTABLESTRING, V_ASN1_OCTET_STRING}) {
    Recipe recipe;
    recipe.address_type = type;
    EXPECT_THAT(read(recipe).addresses, IsEmpty()) << type;
  }
}

// covers TLS-14
TEST(Certificate, IgnoresAddressesThatAreNone) {
  using namespace std::string_literals;
  Recipe recipe;
  recipe.addresses = {"romeo@example.net\0.evil.example"s,
                      "romeo@example.net\0"s,
                      "",
                      "@example.net",
                      "romeo@",
                      "ro\xff\xfeo@example.net"};
  EXPECT_THAT(read(recipe).addresses, IsEmpty());
}

// covers TLS-14
TEST(Certificate, NeverConsultsTheCommonName) {
  Recipe recipe;
  recipe.subject = "romeo@example.net";
  recipe.addresses.clear();
  EXPECT_FALSE(read(recipe).names(kRomeo));
}

TEST(Certificate, ReadsABoundedNumberOfAddresses) {
  Recipe recipe;
  recipe.addresses.assign(200, "romeo@example.net");
  EXPECT_EQ(read(recipe).addresses.size(), 64U);
}

// covers TLS-20
TEST(Certificate, CallsShortKeysWeak) {
  EXPECT_THAT(read({.key = "RSA-1024"}).weakness, HasSubstr("1024 bits"));
  EXPECT_THAT(read({.key = "P-192"}).weakness, HasSubstr("192 bits"));
  EXPECT_THAT(read({.key = "P-224"}).weakness, HasSubstr("224 bits"));
  EXPECT_THAT(read({.key = "EXPLICIT"}).weakness, HasSubstr("without a name"));
}

// covers TLS-20
TEST(Certificate, CallsNoModernKeyWeak) {
  EXPECT_EQ(read({.key = "RSA-2048"}).weakness, "");
  EXPECT_EQ(read({.key = "P-384"}).weakness, "");
  EXPECT_EQ(read({.key = "ED25519", .digest = ""}).weakness, "");
}

// covers TLS-20
TEST(Certificate, CallsAnOutdatedSignatureWeakUnlessItIsItsOwn) {
  MadeCertificate authority = make_certificate({.key = "RSA-2048", .subject = "Authority"});
  for (const char* digest : {"SHA1", "MD5"}) {
    auto issued = read_certificate(make_certificate({.digest = digest}, &authority).der());
    ASSERT_TRUE(issued);
    EXPECT_THAT(issued->weakness, HasSubstr("outdated digest")) << digest;
    EXPECT_FALSE(issued->self_signed);
    EXPECT_EQ(read({.key = "RSA-2048", .digest = digest}).weakness, "") << digest;
  }
}

// covers TLS-20
TEST(Certificate, IsNotSelfSignedByItsNameAlone) {
  MadeCertificate impostor = make_certificate({});
  auto certificate = read_certificate(make_certificate({.digest = "SHA1"}, &impostor).der());
  ASSERT_TRUE(certificate);
  EXPECT_FALSE(certificate->self_signed);  // issuer and subject are the same, the key is not
  EXPECT_NE(certificate->weakness, "");
}

// covers TLS-20
TEST(Certificate, MayCallItselfAnAuthority) {
  Certificate certificate = read({.constraints = "critical,CA:TRUE"});
  EXPECT_EQ(certificate.weakness, "");
  EXPECT_TRUE(certificate.names(kRomeo));
}

TEST(Certificate, IsRefusedWhenItIsCutAnywhere) {
  Bytes der = make_certificate({}).der();
  for (std::size_t size = 0; size < der.size(); ++size) {
    auto cut = read_certificate(ByteView(der).substr(0, size));
    ASSERT_FALSE(cut) << size;
    EXPECT_EQ(cut.error().condition, "bad-certificate");
    EXPECT_EQ(cut.error().blame, Blame::kPeer);
  }
  EXPECT_FALSE(read_certificate(der + '\0'));
}

TEST(Certificate, SurvivesEveryFlippedOctet) {
  const Bytes der = make_certificate({}).der();
  const Certificate original = *read_certificate(der);
  for (std::size_t at = 0; at < der.size(); ++at) {
    Bytes flipped = der;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x55);
    auto certificate = read_certificate(flipped);
    EXPECT_NE(certificate ? certificate->digest : "", original.digest) << at;
  }
}

// covers TLS-14
TEST(Certificate, IsRefusedWhenItsAddressesAreMalformed) {
  Recipe recipe;
  recipe.raw_names = "\x30\x7f nonsense";
  auto certificate = read_certificate(make_certificate(recipe).der());
  ASSERT_FALSE(certificate);
  EXPECT_THAT(certificate.error().text, HasSubstr("addresses"));
}

// covers TLS-20
TEST(Certificate, IsRefusedBeyond32KiB) {
  Recipe recipe;
  recipe.addresses.assign(40, std::string(900, 'a') + "@example.net");
  EXPECT_FALSE(read_certificate(make_certificate(recipe).der()));
}

struct Chain : ::testing::Test {
  std::vector<MadeCertificate> made;
  std::vector<Bytes> der;

  void make(std::size_t count, const Recipe& leaf = {}) {
    made = make_chain(count, leaf);
    der.clear();
    for (const MadeCertificate& certificate : made) der.push_back(certificate.der());
  }
  bool verifies(std::int64_t when = kNow, Role role = Role::kResponder) const {
    return verify_chain(der, made.back().pem(), when, role);
  }
};

// covers TLS-15
TEST_F(Chain, LeadsToAConfiguredAnchor) {
  make(3);
  EXPECT_TRUE(verifies());
  der.pop_back();  // an anchor need not be sent
  EXPECT_TRUE(verifies());
}

// covers TLS-15
TEST_F(Chain, LeadsNowhereWithoutAnchors) {
  make(3);
  EXPECT_FALSE(verify_chain(der, "", kNow, Role::kResponder));
  EXPECT_FALSE(verify_chain(der, "no certificate at all", kNow, Role::kResponder));
  EXPECT_FALSE(verify_chain(der, make_certificate({}).pem(), kNow, Role::kResponder));
}

// covers TLS-15
TEST_F(Chain, NeedsEveryLink) {
  make(4);
  der.erase(der.begin() + 1);
  EXPECT_FALSE(verifies());
}

// covers TLS-15
TEST_F(Chain, IsNothingWhenEmptyOrMalformed) {
  make(2);
  EXPECT_FALSE(verify_chain({}, made.back().pem(), kNow, Role::kResponder));
  der[0].pop_back();
  EXPECT_FALSE(verifies());
}

// covers TLS-15
TEST_F(Chain, MustPermitTheRoleIfItNamesOne) {
  make(2, {.usage = "clientAuth"});
  EXPECT_TRUE(verifies(kNow, Role::kInitiator));
  EXPECT_FALSE(verifies(kNow, Role::kResponder));
  make(2, {.usage = "serverAuth"});
  EXPECT_FALSE(verifies(kNow, Role::kInitiator));
  EXPECT_TRUE(verifies(kNow, Role::kResponder));
}

// covers TLS-15, TLS-18
TEST_F(Chain, IsValidWithinItsDatesAndFiveMinutes) {
  make(2);
  EXPECT_TRUE(verifies(1796000000 + 299));
  EXPECT_FALSE(verifies(1796000000 + 302));
  EXPECT_TRUE(verifies(1794000000 - 299));
  EXPECT_FALSE(verifies(1794000000 - 302));
}

// covers TLS-15
TEST_F(Chain, IsNotIssuedByALeaf) {
  MadeCertificate root = make_certificate({.subject = "Root", .constraints = "critical,CA:TRUE"});
  MadeCertificate leaf =
      make_certificate({.subject = "Leaf", .constraints = "critical,CA:FALSE"}, &root);
  MadeCertificate forged = make_certificate({}, &leaf);
  EXPECT_FALSE(verify_chain({forged.der(), leaf.der()}, root.pem(), kNow, Role::kResponder));
}

}  // namespace
}  // namespace balcony
