// SPDX-License-Identifier: MIT
// Our key on disk: made once, kept private, renewed, and never written over (TLS-13).
#include "plugin/identity_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_env.h"
#include "tests/support/temp_folder.h"

namespace balcony {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct IdentityFile : ::testing::Test {
  TempFolder folder;
  std::string path = folder / "identity.pem";
  FakeEnv env;
  Jid juliet = *Jid::parse("juliet@example.net");

  Identity load() {
    auto identity = load_identity(path, juliet, env);
    EXPECT_TRUE(identity) << identity.error().text;
    return *identity;
  }
  Error refusal(const Jid& account) {
    auto identity = load_identity(path, account, env);
    EXPECT_FALSE(identity);
    return identity ? Error() : identity.error();
  }
};

TEST_F(IdentityFile, IsMadeAtFirstUseForItsOwnerOnly) {  // covers TLS-13
  Identity identity = load();
  EXPECT_TRUE(identity.certificate().names(juliet));
  EXPECT_EQ(folder.text("identity.pem"), identity.to_pem().reveal());
  EXPECT_EQ(folder.mode("identity.pem"), 0600U);
}

TEST_F(IdentityFile, IsReadFromThenOn) {
  Bytes der = load().certificate().der;
  EXPECT_EQ(load().certificate().der, der);
}

TEST_F(IdentityFile, IsTightenedWhenOthersMayReadIt) {
  load();
  chmod(path.c_str(), 0644);
  load();
  EXPECT_EQ(folder.mode("identity.pem"), 0600U);
}

TEST_F(IdentityFile, IsRenewedOnTheSameKeyAfterTwoThirdsOfItsTime) {  // covers TLS-13
  Certificate old = load().certificate();
  env.advance(std::chrono::hours(24 * 242));
  EXPECT_EQ(load().certificate().der, old.der);
  env.advance(std::chrono::hours(24 * 3));
  Certificate renewed = load().certificate();
  EXPECT_NE(renewed.der, old.der);
  EXPECT_EQ(renewed.fingerprint, old.fingerprint);
  EXPECT_GT(renewed.not_after, old.not_after);
  EXPECT_EQ(load().certificate().der, renewed.der);
  EXPECT_EQ(folder.mode("identity.pem"), 0600U);
}

TEST_F(IdentityFile, IsRefusedWhenDamagedAndLeftAlone) {
  std::string whole = load().to_pem().reveal();
  for (const std::string& damage : {std::string(), std::string("no key"), whole.substr(0, 100),
                                    whole.substr(0, whole.size() / 2)}) {
    folder.put("identity.pem", damage);
    Error error = refusal(juliet);
    EXPECT_EQ(error.condition, "damaged-file");
    EXPECT_EQ(error.blame, Blame::kEnvironment);
    EXPECT_THAT(error.text, HasSubstr(path));
    EXPECT_EQ(folder.text("identity.pem"), damage);
  }
}

TEST_F(IdentityFile, ShowsNothingOfTheKeyInAnError) {
  std::string whole = load().to_pem().reveal();
  std::string secret = whole.substr(whole.find('\n') + 1, 40);
  folder.put("identity.pem", whole.substr(0, whole.size() - 60));
  EXPECT_THAT(refusal(juliet).text, Not(HasSubstr(secret)));
}

TEST_F(IdentityFile, IsRefusedToAnotherAccountAndLeftAlone) {
  std::string whole = load().to_pem().reveal();
  Error error = refusal(*Jid::parse("romeo@example.org"));
  EXPECT_EQ(error.condition, "wrong-account");
  EXPECT_EQ(error.blame, Blame::kCaller);
  EXPECT_EQ(folder.text("identity.pem"), whole);
}

TEST_F(IdentityFile, IsRefusedWhereItCannotBeRead) {
  std::filesystem::create_directory(path);
  EXPECT_EQ(refusal(juliet).condition, "unreadable-file");
}

TEST_F(IdentityFile, IsNoneThatWouldBeLostWithTheProgram) {
  folder.remove();
  EXPECT_EQ(refusal(juliet).condition, "unwritable-file");
}

}  // namespace
}  // namespace balcony
