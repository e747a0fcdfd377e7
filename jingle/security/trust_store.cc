// SPDX-License-Identifier: MIT
// Pins in memory (TLS-19). A pin only rises; contacts without pins are forgotten.
#include "jingle/security/trust_store.h"

#include <algorithm>

namespace balcony {
namespace {

constexpr std::size_t kFingerprint = 64;  // SHA-256 in hexadecimal
constexpr std::size_t kMaxPins = 64;      // for each contact: devices of ten years, and then some

// A pin only rises: what somebody verified is not undone by seeing the key again.
void refresh(Pin& pin, const Pin& seen) {
  if (seen.verified || !pin.verified) pin.how = seen.how;
  pin.verified = pin.verified || seen.verified;
  pin.first_seen = std::min(pin.first_seen, seen.first_seen);
  pin.last_seen = std::max(pin.last_seen, seen.last_seen);
}

}  // namespace

Result<std::string> read_fingerprint(std::string_view text) {
  std::string digits;
  for (char c : text) {
    if (c == ':' || c == ' ') continue;
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    bool is_digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (!is_digit || digits.size() == kFingerprint) {
      digits.clear();
      break;
    }
    digits += c;
  }
  if (digits.size() == kFingerprint) return digits;
  return fail(Blame::kCaller, "bad-fingerprint",
              "A fingerprint has 64 hexadecimal digits, with or without colons");
}

std::vector<Pin> MemoryTrust::pins(const Jid& bare) const {
  auto found = pins_.find(bare.to_bare());
  return found == pins_.end() ? std::vector<Pin>() : found->second;
}

Result<void> MemoryTrust::add(const Jid& bare, const Pin& pin) {
  auto fingerprint = read_fingerprint(pin.fingerprint);
  if (!fingerprint) return tl::make_unexpected(fingerprint.error());
  std::vector<Pin>& known = pins_[bare.to_bare()];
  auto same = std::find_if(known.begin(), known.end(),
                           [&](const Pin& old) { return old.fingerprint == *fingerprint; });
  if (same != known.end()) {
    refresh(*same, pin);
  } else if (known.size() < kMaxPins) {
    known.push_back(pin);
    known.back().fingerprint = *fingerprint;
  } else {
    return fail(Blame::kCaller, "too-many-pins",
                std::string(bare.bare()) + " has " + std::to_string(kMaxPins) +
                    " trusted keys already: remove those that are no longer used");
  }
  return {};
}

Result<std::size_t> MemoryTrust::remove(const Jid& bare, const std::string& fingerprint) {
  auto contact = pins_.find(bare.to_bare());
  std::size_t removed = 0;
  if (fingerprint.empty()) {
    if (contact == pins_.end()) return removed;
    removed = contact->second.size();
    pins_.erase(contact);
    return removed;
  }
  auto normal = read_fingerprint(fingerprint);
  if (!normal) return tl::make_unexpected(normal.error());
  if (contact == pins_.end()) return removed;
  removed =
      std::erase_if(contact->second, [&](const Pin& pin) { return pin.fingerprint == *normal; });
  if (contact->second.empty()) pins_.erase(contact);
  return removed;
}

std::vector<Jid> MemoryTrust::contacts() const {
  std::vector<Jid> all;
  for (const auto& [jid, pins] : pins_) all.push_back(jid);
  return all;
}

}  // namespace balcony
