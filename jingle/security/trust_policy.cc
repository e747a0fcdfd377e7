// SPDX-License-Identifier: MIT
// TLS-14, -16 and -18 in the order of the table in the header, and what people are told.
#include "jingle/security/trust_policy.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace balcony {
namespace {

constexpr std::int64_t kClockTolerance = 5 * 60;  // TLS-18

TrustReject reject(std::string text) { return TrustReject{std::move(text), false}; }

std::string bare_of(const TrustQuestion& question) { return std::string(question.peer.bare()); }

// Rules 1 and 2, then TLS-18 and TLS-14: what no pin makes good.
std::optional<TrustReject> find_fault(const TrustQuestion& question) {
  const Certificate& shown = question.certificate;
  std::string who = bare_of(question);
  if (shown.fingerprint == question.own.fingerprint)
    return reject("What answered for " + who +
                  " showed our own key: somebody sent our own words back. Nothing was sent to it.");
  if (!question.signalled.empty() && question.signalled != shown.digest)
    return reject("What answered for " + who +
                  " showed another certificate than was announced through the server: somebody "
                  "stands in between. Try again, by another network if it happens twice.");
  if (has_expired(shown.not_after, question.unix_time))
    return reject("The certificate of " + who + " has expired. " + who +
                  " has to renew it; if that was done, look at this computer's clock.");
  if (question.unix_time < shown.not_before - kClockTolerance)
    return reject("The certificate of " + who +
                  " is not yet valid. Look at the clocks of both computers.");
  if (!shown.addresses.empty() && !shown.names(question.peer))
    return reject("The certificate that was shown for " + who + " belongs to " +
                  shown.addresses.front().full() + ". Ask " + who +
                  " to use a certificate of their own address.");
  return std::nullopt;
}

TrustReject reject_change(const TrustQuestion& question) {
  std::string who = bare_of(question);
  return TrustReject{
      "The key of " + who +
          " is none of those that you trust: this is another device, or somebody else. Compare "
          "the fingerprint " +
          question.certificate.fingerprint + " with " + who +
          " by another way, such as a call; only if it is theirs, trust it and start again.",
      true};
}

TrustVerdict judge_unknown(const TrustQuestion& question, bool named) {
  switch (question.setting) {
    case TrustSetting::kVerified:
      return reject("The key of " + bare_of(question) +
                    " is unknown, and only verified keys are accepted. Compare the fingerprint " +
                    question.certificate.fingerprint + " with them, then trust it.");
    case TrustSetting::kTofu:
      if (named && question.fingerprints_exchanged && question.signalling_proven)
        return TrustAccept{"new", true};
      return TrustAsk{};
    case TrustSetting::kAsk:
      break;
  }
  return TrustAsk{};
}

}  // namespace

bool has_expired(std::int64_t not_after, std::int64_t unix_time) {
  return unix_time > not_after + kClockTolerance;
}

TrustVerdict judge(const TrustQuestion& question) {
  if (auto fault = find_fault(question)) return *std::move(fault);
  bool named = question.certificate.names(question.peer);
  auto pin = std::find_if(question.pins.begin(), question.pins.end(), [&](const Pin& known) {
    return known.fingerprint == question.certificate.fingerprint;
  });
  if (pin != question.pins.end()) return TrustAccept{pin->verified ? "verified" : "pinned"};
  if (named && question.ca_valid) return TrustAccept{"ca"};
  if (!question.pins.empty()) return reject_change(question);
  return judge_unknown(question, named);
}

}  // namespace balcony
