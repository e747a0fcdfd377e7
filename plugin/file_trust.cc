// SPDX-License-Identifier: MIT
// The file:
//   [@trust]              no contact has such an address
//   format=1
//   pins=1                in all: tells a file that was cut short
//   [romeo@example.net]
//   FINGERPRINT=verified 1795000000 1795000100 fingerprint
//                         or pinned; first seen, last seen, and how in one word
#include "plugin/file_trust.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "jingle/base/number.h"
#include "plugin/key_file.h"

namespace balcony {
namespace {

constexpr std::string_view kHead = "@trust";
constexpr std::string_view kFormat = "1";

// Splits the next word off `text`.
std::string_view next_field(std::string_view& text) {
  std::size_t space = std::min(text.find(' '), text.size());
  std::string_view word = text.substr(0, space);
  text.remove_prefix(std::min(space + 1, text.size()));
  return word;
}

std::string print_pin(const Pin& pin) {
  return std::string(pin.verified ? "verified " : "pinned ") + std::to_string(pin.first_seen) +
         ' ' + std::to_string(pin.last_seen) + ' ' + pin.how;
}

std::optional<Pin> read_pin(const std::string& fingerprint, std::string_view text) {
  auto normal = read_fingerprint(fingerprint);
  std::string_view trust = next_field(text);
  auto first_seen = read_number<std::int64_t>(next_field(text));
  bool is_whole = text.find(' ') != std::string_view::npos;  // a number that was cut has no space
  auto last_seen = read_number<std::int64_t>(next_field(text));
  if (!normal || *normal != fingerprint || !first_seen || !last_seen || !is_whole)
    return std::nullopt;
  if (trust != "verified" && trust != "pinned") return std::nullopt;
  if (text.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") != std::string_view::npos)
    return std::nullopt;
  return Pin{fingerprint, trust == "verified", std::string(text), *first_seen, *last_seen};
}

tl::unexpected<Error> damaged(const std::string& path, const std::string& where) {
  return fail(Blame::kEnvironment, "damaged-file",
              "The file " + path + " is damaged (" + where +
                  "). Nobody is trusted until it is repaired, or moved away to start anew.");
}

// Reads one contact's group into `trust`; false: it is damaged.
bool read_contact(const KeyFile& file, const std::string& group, MemoryTrust& trust) {
  auto jid = Jid::parse(group);
  if (!jid || !jid->is_bare() || jid->full() != group) return false;
  for (const std::string& key : file.keys(group)) {
    auto pin = read_pin(key, file.get(group, key).value_or(""));
    if (!pin || !trust.add(*jid, *pin)) return false;
  }
  return true;
}

std::size_t count_pins(const TrustStore& trust) {
  std::size_t count = 0;
  for (const Jid& contact : trust.contacts()) count += trust.pins(contact).size();
  return count;
}

}  // namespace

Result<std::unique_ptr<FileTrust>> FileTrust::open(std::string path) {
  auto file = KeyFile::load(path);
  if (!file) return tl::make_unexpected(file.error());
  std::unique_ptr<FileTrust> store(new FileTrust(std::move(path)));
  if (file->was_absent()) return store;
  if (file->get(kHead, "format") != kFormat) return damaged(store->path_, "its first lines");
  for (const std::string& group : file->groups())
    if (group != kHead && !read_contact(*file, group, store->trust_))
      return damaged(store->path_, group);
  if (file->get(kHead, "pins") != std::to_string(count_pins(store->trust_)))
    return damaged(store->path_, "keys are missing or too many");
  return store;
}

Result<void> FileTrust::save(const MemoryTrust& trust) const {
  KeyFile file = KeyFile::empty(path_);
  file.set(kHead, "format", kFormat);
  file.set(kHead, "pins", std::to_string(count_pins(trust)));
  for (const Jid& contact : trust.contacts())
    for (const Pin& pin : trust.pins(contact))
      file.set(contact.full(), pin.fingerprint, print_pin(pin));
  return file.save();
}

Result<void> FileTrust::add(const Jid& bare, const Pin& pin) {
  MemoryTrust changed = trust_;
  auto done = changed.add(bare, pin).and_then([&] { return save(changed); });
  if (done) trust_ = std::move(changed);
  return done;
}

Result<std::size_t> FileTrust::remove(const Jid& bare, const std::string& fingerprint) {
  MemoryTrust changed = trust_;
  auto removed = changed.remove(bare, fingerprint);
  if (!removed || *removed == 0) return removed;
  if (auto saved = save(changed); !saved) return tl::make_unexpected(saved.error());
  trust_ = std::move(changed);
  return removed;
}

}  // namespace balcony
