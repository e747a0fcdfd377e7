// SPDX-License-Identifier: MIT
#include "jingle/session/disco.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "jingle/base/ns.h"

namespace balcony {
namespace {

constexpr Duration kUnsupportedFor = 10min;  // DSC-06, JGL-38

// Our own bounds. A roster of a thousand contacts with a few clients each stays below the first;
// there are about as many hashes as versions of clients in use, and the second is twice what a busy
// account meets. The next two leave room for four times what Jingle clients list.
constexpr std::size_t kMaxResources = 4096;
constexpr std::size_t kMaxHashes = 512;
constexpr std::size_t kMaxFeatures = 64;
constexpr std::size_t kMaxFeatureName = 128;
constexpr std::size_t kMaxHash = 128;  // base64 of SHA-512 has 88

bool concerns_us(std::string_view feature) {
  return feature.size() <= kMaxFeatureName &&
         (feature.starts_with("urn:xmpp:jingle:") || feature.starts_with(ns::kBalcony));
}

int read_priority(const Element& presence) {
  const Element* element = presence.child("priority", ns::kClient);
  std::string text = element ? element->text() : std::string();
  int priority = 0;
  std::from_chars(text.data(), text.data() + text.size(), priority);
  return std::clamp(priority, -128, 127);
}

struct Caps {
  std::string node;  // of the question: node#ver
  std::string hash;  // what we can verify
};

// XEP-0390 section 4.2: the node of the first hash. We do not verify these, so that each holds for
// its resource only.
Caps read_caps2(const Element& presence) {
  const Element* c = presence.child("c", ns::kCaps2);
  const Element* hash = c ? c->child("hash", ns::kHashes) : nullptr;
  std::string value = hash ? hash->text() : std::string();
  if (value.empty() || value.size() > kMaxHash) return {};
  return {std::string(ns::kCaps2) + '#' + std::string(hash->attr("algo")) + '.' + value, {}};
}

// Without `hash` it is the form of before 2007, which names nothing that could be asked or
// verified.
Caps read_caps(const Element& presence) {
  const Element* c = presence.child("c", ns::kCaps);
  if (!c || !c->has_attr("hash") || c->attr("ver").empty()) return read_caps2(presence);
  Caps caps;
  caps.node = std::string(c->attr("node")) + '#' + std::string(c->attr("ver"));
  if (c->attr("hash") == "sha-1") caps.hash = c->attr("ver");
  return caps;
}

}  // namespace

Features read_features(const Element& query) {
  Features features;
  for (const Element* e : query.children()) {
    if (features.size() == kMaxFeatures) break;
    if (e->is("feature", ns::kDiscoInfo) && concerns_us(e->attr("var")))
      features.emplace(e->attr("var"));
  }
  return features;
}

PeerFeatures::PeerFeatures(Env& env) : env_(env) {}

std::optional<PeerFeatures::Query> PeerFeatures::on_presence(const Element& presence) {
  Result<Jid> from = Jid::parse(presence.attr("from"));
  if (!from) return std::nullopt;
  std::string_view type = presence.attr("type");
  if (type == "unavailable" || type == "error") forget(*from);
  if (!type.empty() || from->is_bare()) return std::nullopt;
  Resource* resource = remember(*from);
  if (!resource) return std::nullopt;

  resource->priority = read_priority(presence);
  Caps caps = read_caps(presence);
  bool is_new = !std::exchange(resource->online, true);
  if (is_new) resource->arrival = ++counter_;
  if (!is_new && caps.node == resource->caps && caps.hash == resource->hash) return std::nullopt;

  resource->caps = std::move(caps.node);  // DSC-12: another hash, nothing known any more
  resource->hash = std::move(caps.hash);
  resource->unsupported_until.reset();
  resource->features.reset();
  if (auto known = by_hash_.find(resource->hash); known != by_hash_.end())
    resource->features = known->second;
  return query_for(*from);
}

std::optional<PeerFeatures::Query> PeerFeatures::query_for(const Jid& full) const {
  const Resource* resource = find(full);
  if (!resource) return Query{full, {}};
  if (resource->features || is_unsupported(*resource)) return std::nullopt;
  return Query{full, resource->caps};
}

void PeerFeatures::on_features(const Jid& full, const Element* query) {
  Resource* resource = remember(full);
  if (!resource) return;
  if (!query) return mark_unsupported(full);
  std::string_view node = query->attr("node");
  bool is_stale = !node.empty() && !resource->caps.empty() && node != resource->caps;
  if (is_stale) return;  // the hash changed while we asked
  resource->features = read_features(*query);
  if (!resource->hash.empty() && caps_hash(*query) == resource->hash)
    learn(resource->hash, *resource->features);
}

// A verified hash holds for everybody who shows it.
void PeerFeatures::learn(const std::string& hash, const Features& features) {
  if (by_hash_.size() >= kMaxHashes) by_hash_.erase(by_hash_.begin());  // as good as any: a hash
  by_hash_.insert_or_assign(hash, features);
  for (auto& [full, resource] : resources_)
    if (resource.hash == hash && !resource.features) resource.features = features;
}

void PeerFeatures::mark_unsupported(const Jid& full) {
  if (Resource* resource = remember(full))
    resource->unsupported_until = env_.now() + kUnsupportedFor;
}

void PeerFeatures::on_login() { resources_.clear(); }

std::optional<bool> PeerFeatures::supports(const Jid& full) const {
  const Resource* resource = find(full);
  if (!resource) return std::nullopt;
  if (is_unsupported(*resource)) return false;
  if (!resource->features) return std::nullopt;
  return resource->features->contains(ns::kXmlStream);
}

const Features* PeerFeatures::features(const Jid& full) const {
  const Resource* resource = find(full);
  return resource && resource->features ? &*resource->features : nullptr;
}

bool PeerFeatures::is_online(const Jid& full) const {
  const Resource* resource = find(full);
  return resource && resource->online;
}

// DSC-09: the one last active, else the highest priority, else the latest to come.
std::vector<Jid> PeerFeatures::resources(const Jid& bare) const {
  std::vector<std::pair<const Resource*, Jid>> found;
  std::string prefix = std::string(bare.bare()) + '/';
  for (auto it = resources_.lower_bound(prefix);
       it != resources_.end() && it->first.starts_with(prefix); ++it)
    if (it->second.online) found.emplace_back(&it->second, *Jid::parse(it->first));
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    const Resource &x = *a.first, &y = *b.first;
    if (x.activity != y.activity) return x.activity > y.activity;
    if (x.priority != y.priority) return x.priority > y.priority;
    return x.arrival > y.arrival;
  });
  std::vector<Jid> best_first;
  best_first.reserve(found.size());
  for (auto& [resource, jid] : found) best_first.push_back(std::move(jid));
  return best_first;
}

void PeerFeatures::mark_active(const Jid& full) {
  auto found = resources_.find(full.full());
  if (found != resources_.end()) found->second.activity = ++counter_;
}

// Null: full, and nothing to give up but resources that are online.
PeerFeatures::Resource* PeerFeatures::remember(const Jid& full) {
  if (auto found = resources_.find(full.full()); found != resources_.end()) return &found->second;
  if (resources_.size() >= kMaxResources) {
    auto spare = std::find_if(resources_.begin(), resources_.end(),
                              [](const auto& entry) { return !entry.second.online; });
    if (spare == resources_.end()) return nullptr;
    resources_.erase(spare);
  }
  return &resources_[full.full()];
}

// A full JID, or with a bare one all of its resources: its server speaks for the account.
void PeerFeatures::forget(const Jid& jid) {
  resources_.erase(jid.full());
  if (!jid.is_bare()) return;
  std::string prefix = jid.full() + '/';
  auto first = resources_.lower_bound(prefix), last = first;
  while (last != resources_.end() && last->first.starts_with(prefix)) ++last;
  resources_.erase(first, last);
}

bool PeerFeatures::is_unsupported(const Resource& resource) const {
  return resource.unsupported_until && env_.now() < *resource.unsupported_until;
}

const PeerFeatures::Resource* PeerFeatures::find(const Jid& full) const {
  auto found = resources_.find(full.full());
  return found == resources_.end() ? nullptr : &found->second;
}

}  // namespace balcony
