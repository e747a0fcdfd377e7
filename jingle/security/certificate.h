// SPDX-License-Identifier: MIT
// What trust decisions need to know of an X.509 certificate: who it claims to be, its key's
// fingerprint, its dates and the strength of its parts (TLS-13, -14, -18, -20). OpenSSL behind it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "jingle/base/bytes.h"
#include "jingle/base/jid.h"
#include "jingle/base/result.h"
#include "jingle/role.h"

struct x509_st;  // OpenSSL's X509

namespace balcony {

// TLS-20: a chain is no longer than this, and no larger.
inline constexpr int kMaxChain = 5;
inline constexpr int kMaxChainOctets = 32 * 1024;

struct Certificate {
  Bytes der;
  std::string fingerprint;  // SHA-256 of the SubjectPublicKeyInfo, 64 lower-case hex digits: what
                            // users see and pins hold
  std::string digest;       // SHA-256 of the DER, the same form: what is signalled (0.1a)
  std::vector<Jid> addresses;   // id-on-xmppAddr values that are well-formed and prepare as JIDs
  std::int64_t not_before = 0;  // unix time
  std::int64_t not_after = 0;
  bool self_signed = false;
  std::string weakness;  // empty, or what TLS-20 refuses, for people

  // TLS-14: an xmppAddr that is the peer's bare or full JID.
  bool names(const Jid& peer) const;
};

// Fails with `bad-certificate`, blame kPeer.
Result<Certificate> read_certificate(ByteView der);
// The same of one that OpenSSL has read: decoding costs as much as half a handshake.
Result<Certificate> read_certificate(x509_st* certificate);

// The certificate in DER; empty if OpenSSL can't print it.
Bytes der_of(const x509_st* certificate);

// TLS-15: whether `chain` (leaf first, DER) leads to an anchor of `anchors_pem`, at `unix_time`,
// for a peer in `peer_role`. Empty anchors: false.
bool verify_chain(const std::vector<Bytes>& chain, const std::string& anchors_pem,
                  std::int64_t unix_time, Role peer_role);

}  // namespace balcony
