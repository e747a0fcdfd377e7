// SPDX-License-Identifier: MIT
// Who can talk end to end: entity capabilities and disco#info (XEP-0030, XEP-0115; DSC rows).
// PeerFeatures remembers every resource that is online and what it supports. Passive: it says what
// to ask, the owner asks.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "jingle/base/element.h"
#include "jingle/base/env.h"
#include "jingle/base/jid.h"

namespace balcony {

using Features = std::set<std::string, std::less<>>;

// The features of a disco#info <query/>, as far as they concern us: Jingle's and our own.
Features read_features(const Element& query);

// The XEP-0115 section 5.1 verification string's hash, base64 SHA-1; nothing for a query that
// section 5.4 calls ill-formed.
std::optional<std::string> caps_hash(const Element& query);

class PeerFeatures {
 public:
  struct Query {  // ask this disco#info; hand the answer to on_features
    Jid to;
    std::string node;  // empty: without node
  };

  explicit PeerFeatures(Env& env);

  // Available or unavailable presence of a full JID. Returns the question to ask, if it came online
  // or changed its hash and its features are not known yet. Whether to ask a stranger at all is the
  // owner's decision (DSC-10): it just does not pass on the stranger's presence.
  std::optional<Query> on_presence(const Element& presence);
  // The question for a resource whose features are unknown, because the user wants to call it; also
  // for one that we have no presence of.
  std::optional<Query> query_for(const Jid& full) const;
  // The answer: the disco#info <query/>, or null for an error or silence (no support, kept 10 min).
  void on_features(const Jid& full, const Element* query);
  // An error to our session-initiate says that it can't (JGL-38): kept 10 min.
  void mark_unsupported(const Jid& full);
  void on_login();  // forget all resources, keep hash -> features

  // Supports xmlstream: true, false, or nothing while unknown.
  std::optional<bool> supports(const Jid& full) const;
  const Features* features(const Jid& full) const;
  bool is_online(const Jid& full) const;
  std::vector<Jid> resources(const Jid& bare) const;  // online, best first (DSC-09)
  void mark_active(const Jid& full);                  // a message came from it

 private:
  struct Resource {
    int priority = 0;
    std::uint64_t arrival = 0;   // order of coming online
    std::uint64_t activity = 0;  // order of last message
    std::string caps;            // node#ver, or empty
    std::string hash;            // caps ver with hash='sha-1', or empty
    bool online = false;         // false: learnt without presence
    std::optional<Features> features;
    Deadline unsupported_until;
  };

  Resource* remember(const Jid& full);
  void forget(const Jid& jid);
  void learn(const std::string& hash, const Features& features);
  bool is_unsupported(const Resource& resource) const;
  const Resource* find(const Jid& full) const;

  Env& env_;
  std::uint64_t counter_ = 0;
  std::map<std::string, Resource, std::less<>> resources_;  // by full JID, bounded
  std::map<std::string, Features, std::less<>> by_hash_;    // verified sha-1 hashes only, bounded
};

}  // namespace balcony
