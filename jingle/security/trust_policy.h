// SPDX-License-Identifier: MIT
// Whether the key that a peer proved is that peer's: TLS-16, rule by rule, as one pure function.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "jingle/base/jid.h"
#include "jingle/security/certificate.h"
#include "jingle/security/trust_store.h"

namespace balcony {

enum class TrustSetting {
  kAsk,
  kTofu,
  kVerified
};  // setting `trust`: an unknown key of a contact without pins

struct TrustQuestion {
  Jid peer;
  const Certificate& certificate;  // what the peer presented and proved
  const Certificate& own;          // to recognise a reflection
  std::string signalled;           // the digest that came by Jingle, or empty
  bool fingerprints_exchanged =
      false;                       // both sides' digests were signalled, and the peer's matches
  bool signalling_proven = false;  // STM-08
  bool ca_valid = false;           // verify_chain() said yes
  std::vector<Pin> pins;
  TrustSetting setting = TrustSetting::kAsk;
  std::int64_t unix_time = 0;
};

struct TrustAccept {
  std::string trust;  // `pinned`, `verified`, `ca`, `new`
  bool pin = false;   // pin it now (tofu)
};
struct TrustAsk {};  // put it to the user (TLS-11); `trust` means accept and pin
struct TrustReject {
  std::string text;      // for people: what and with whom
  bool changed = false;  // rule 4: pins exist, none matches: tell the user both keys
};
using TrustVerdict = std::variant<TrustAccept, TrustAsk, TrustReject>;

// Refused whatever pins say, in this order: our own key (1); another certificate than was signalled
// (2); outside its dates by more than 5 minutes (TLS-18); addresses, of which none is the peer's
// (TLS-14). What is left names the peer, or names nobody:
//
//                              | names the peer                    | names nobody
//   a pin matches (3)          | accept, verified or pinned        | the same: the pin is the
//   identity valid by CA (4, 5)         | accept, ca                        | as the rows below
//   pins, none matches (4)     | reject, changed                   | reject, changed
//   no pins (5), setting ask   | ask                               | ask
//     tofu                     | accept and pin, new, if both      | ask
//                              | fingerprints were exchanged and   |
//                              | the signalling is proven; else ask|
//     verified                 | reject                            | reject
TrustVerdict judge(const TrustQuestion& question);

// TLS-18, with a tolerance for clocks; for a key that is in use, too (TLS-22).
bool has_expired(std::int64_t not_after, std::int64_t unix_time);

}  // namespace balcony
