// SPDX-License-Identifier: MIT
// TLS-16 as a table, and the reasons that people read.
#include "jingle/security/trust_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace balcony {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::int64_t kToday = 1795000000;
const std::string kKey(64, 'a');
const std::string kOtherKey(64, 'b');

struct TrustPolicy : ::testing::Test {
  Certificate shown = certificate(kKey, {"romeo@example.net"});
  Certificate own = certificate(std::string(64, 'c'), {"juliet@example.net"});
  TrustQuestion question{.peer = *Jid::parse("romeo@example.net/orchard"),
                         .certificate = shown,
                         .own = own,
                         .signalled = {},
                         .pins = {},
                         .unix_time = kToday};

  static Certificate certificate(const std::string& fingerprint,
                                 const std::vector<std::string>& addresses) {
    Certificate made;
    made.fingerprint = fingerprint;
    made.digest = std::string(64, 'd');
    for (const std::string& address : addresses) made.addresses.push_back(*Jid::parse(address));
    made.not_before = kToday - 1000;
    made.not_after = kToday + 1000;
    return made;
  }

  static Pin pin(const std::string& fingerprint, bool verified) {
    return Pin{fingerprint, verified, "user", kToday, kToday};
  }

  // One word for each verdict.
  std::string verdict() const {
    TrustVerdict verdict = judge(question);
    if (auto* accept = std::get_if<TrustAccept>(&verdict))
      return accept->trust + (accept->pin ? "+pin" : "");
    if (auto* reject = std::get_if<TrustReject>(&verdict))
      return reject->changed ? "changed" : "reject";
    return "ask";
  }

  std::string text() const {
    TrustVerdict verdict = judge(question);
    auto* reject = std::get_if<TrustReject>(&verdict);
    return reject ? reject->text : "";
  }
};

// A row of the table; '*' takes anything. The first row that fits holds.
struct Row {
  char address;    // p: the peer's, n: none, o: others only
  char pins;       // -: none, p: pinned, v: verified, o: other keys only
  char ca;         // y, n
  char setting;    // a, t, v
  char exchanged;  // y, n
  char proven;     // y, n
  const char* verdict;
};

constexpr Row kTable[] = {
    {'o', '*', '*', '*', '*', '*', "reject"},    //
    {'*', 'p', '*', '*', '*', '*', "pinned"},    // rule 3
    {'*', 'v', '*', '*', '*', '*', "verified"},  // rule 3
    {'p', 'o', 'y', '*', '*', '*', "ca"},        // rule 4
    {'*', 'o', '*', '*', '*', '*', "changed"},   // rule 4
    {'p', '-', 'y', '*', '*', '*', "ca"},        // rule 5
    {'*', '-', '*', 'v', '*', '*', "reject"},    // rule 5
    {'*', '-', '*', 'a', '*', '*', "ask"},       // rule 5
    {'p', '-', 'n', 't', 'y', 'y', "new+pin"},   // rule 5
    {'*', '-', '*', 't', '*', '*', "ask"},       // rule 5
};

bool fits(char pattern, char value) { return pattern == '*' || pattern == value; }

std::string expected(const Row& now) {
  for (const Row& row : kTable)
    if (fits(row.address, now.address) && fits(row.pins, now.pins) && fits(row.ca, now.ca) &&
        fits(row.setting, now.setting) && fits(row.exchanged, now.exchanged) &&
        fits(row.proven, now.proven))
      return row.verdict;
  return "no row";
}

// covers TLS-14, TLS-16, TLS-17
TEST_F(TrustPolicy, FollowsTheTableInEveryCase) {
  std::vector<Row> cases;
  for (char address : {'p', 'n', 'o'})
    for (char pins : {'-', 'p', 'v', 'o'})
      for (char ca : {'y', 'n'})
        for (char setting : {'a', 't', 'v'})
          for (char exchanged : {'y', 'n'})
            for (char proven : {'y', 'n'})
              cases.push_back({address, pins, ca, setting, exchanged, proven, ""});
  for (const Row& now : cases) {
    shown = certificate(kKey, now.address == 'p'   ? std::vector<std::string>{"romeo@example.net"}
                              : now.address == 'o' ? std::vector<std::string>{"tybalt@example.net"}
                                                   : std::vector<std::string>{});
    question.pins.clear();
    if (now.pins != '-') question.pins.push_back(pin(kOtherKey, true));
    if (now.pins == 'p' || now.pins == 'v') question.pins.push_back(pin(kKey, now.pins == 'v'));
    question.ca_valid = now.ca == 'y';
    question.setting = now.setting == 'a'   ? TrustSetting::kAsk
                       : now.setting == 't' ? TrustSetting::kTofu
                                            : TrustSetting::kVerified;
    question.fingerprints_exchanged = now.exchanged == 'y';
    question.signalling_proven = now.proven == 'y';
    EXPECT_EQ(verdict(), expected(now))
        << now.address << now.pins << now.ca << now.setting << now.exchanged << now.proven;
  }
}

// covers TLS-16
TEST_F(TrustPolicy, RejectsOurOwnKeyWhateverElseHolds) {
  own.fingerprint = kKey;
  question.pins = {pin(kKey, true)};
  question.ca_valid = true;
  EXPECT_EQ(verdict(), "reject");
  EXPECT_THAT(text(), AllOf(HasSubstr("our own key"), HasSubstr("romeo@example.net")));
}

// covers TLS-16, TLS-17
TEST_F(TrustPolicy, RejectsAnotherCertificateThanWasSignalled) {
  question.signalled = std::string(64, 'e');
  question.pins = {pin(kKey, true)};
  question.ca_valid = true;
  EXPECT_EQ(verdict(), "reject");
  EXPECT_THAT(text(), HasSubstr("another certificate than was announced"));
}

// covers TLS-17
TEST_F(TrustPolicy, GivesNoTrustForAMatchingAnnouncement) {
  question.signalled = shown.digest;
  question.fingerprints_exchanged = true;
  question.signalling_proven = true;
  EXPECT_EQ(verdict(), "ask");
  question.pins = {pin(kOtherKey, false)};
  EXPECT_EQ(verdict(), "changed");
}

// covers TLS-18
TEST_F(TrustPolicy, EnforcesDatesForPinnedAndCaCertificatesAlike) {
  for (bool ca : {false, true}) {
    question.ca_valid = ca;
    question.pins = ca ? std::vector<Pin>{} : std::vector{pin(kKey, true)};
    std::string accepted = ca ? "ca" : "verified";
    question.unix_time = shown.not_after + 300;
    EXPECT_EQ(verdict(), accepted);
    question.unix_time = shown.not_after + 301;
    EXPECT_EQ(verdict(), "reject");
    EXPECT_THAT(text(), HasSubstr("expired"));
    question.unix_time = shown.not_before - 300;
    EXPECT_EQ(verdict(), accepted);
    question.unix_time = shown.not_before - 301;
    EXPECT_EQ(verdict(), "reject");
    EXPECT_THAT(text(), HasSubstr("not yet valid"));
  }
}

// covers TLS-14
TEST_F(TrustPolicy, SaysWhoseCertificateItIs) {
  shown = certificate(kKey, {"tybalt@example.net"});
  question.pins = {pin(kKey, true)};
  EXPECT_EQ(verdict(), "reject");
  EXPECT_THAT(text(), AllOf(HasSubstr("romeo@example.net"), HasSubstr("tybalt@example.net")));
}

// covers TLS-14
TEST_F(TrustPolicy, TakesACertificateForAnotherResourceAsAnothers) {
  shown = certificate(kKey, {"romeo@example.net/balcony"});
  EXPECT_EQ(verdict(), "reject");
  shown = certificate(kKey, {"romeo@example.net/balcony", "romeo@example.net/orchard"});
  EXPECT_EQ(verdict(), "ask");
}

// covers TLS-16
TEST_F(TrustPolicy, TellsHowToCheckAChangedKey) {
  question.pins = {pin(kOtherKey, true)};
  EXPECT_THAT(text(), AllOf(HasSubstr("romeo@example.net"), HasSubstr(kKey),
                            HasSubstr("another device, or somebody else")));
}

// covers TLS-16
TEST_F(TrustPolicy, TellsHowToVerifyAnUnknownKey) {
  question.setting = TrustSetting::kVerified;
  EXPECT_THAT(text(), AllOf(HasSubstr("romeo@example.net"), HasSubstr(kKey)));
}

}  // namespace
}  // namespace balcony
