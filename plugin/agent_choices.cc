// SPDX-License-Identifier: MIT
// Agent, part 7: commands that change what is kept: modes, reach, keys, settings.
#include <set>
#include <utility>

#include "plugin/agent.h"
#include "plugin/private_file.h"

namespace balcony {
namespace {

std::string one_fingerprint(const Pin& pin) {
  return pin.fingerprint + (pin.verified ? " (verified)" : " (not verified)");
}

}  // namespace

// The host's side has set the mode already, for what leaves; here it is kept and has its effects.
Agent::Answer Agent::set_mode(const Jid& jid, const std::string& word) {
  auto mode = read_mode(word);
  if (!mode) return {false, "A mode is off, ask, auto or require, not '" + word + "'."};
  Jid contact = jid.to_bare();
  auto kept = state_.contacts.set_mode(contact, *mode);
  apply_modes(word);
  if (!kept)
    return {false, "The mode is " + word + " until the program ends. " + kept.error().text};
  return {true, "The mode of " + contact.full() + " is " + word + "."};
}

void Agent::apply_modes(const std::string& word) {
  for (auto& link : links_)
    if (mode_of(link->peer()) == Mode::kOff) link->close("cancel", "the mode is off");
  std::set<Jid> released;
  for (const auto& [to, waiting] : waiting_)
    if (mode_of(to) != Mode::kRequire) released.insert(to.to_bare());
  for (const Jid& contact : released) give_up_waiting(contact, "the mode was changed to " + word);
}

Agent::Answer Agent::set_reach(const Jid& jid, const std::string& word) {
  auto reach = read_reach(word);
  if (!reach) return {false, "A reach is any or relay, not '" + word + "'."};
  auto kept = state_.contacts.set_reach(jid.to_bare(), *reach);
  if (!kept)
    return {false, "The reach is " + word + " until the program ends. " + kept.error().text};
  return {true, "The reach of " + std::string(jid.bare()) + " is " + word + "."};
}

Agent::Answer Agent::show_fingerprint(const std::optional<Jid>& jid) const {
  if (!jid || (!local_.empty() && jid->same_bare(local_))) {
    if (!identity_) return {false, "Your key is made or read when you go online."};
    return {true, identity_->certificate().fingerprint};
  }
  std::string text;
  for (const Pin& pin : state_.trust->pins(jid->to_bare()))
    text += (text.empty() ? "" : "\n") + one_fingerprint(pin);
  if (text.empty()) return {false, "No key of " + std::string(jid->bare()) + " is known."};
  return {true, text};
}

Agent::Answer Agent::trust_key(const Jid& jid, const std::string& text) {
  auto fingerprint = read_fingerprint(text);
  if (!fingerprint) return {false, fingerprint.error().text};
  Jid contact = jid.to_bare();
  for (auto& link : links_) {
    bool meant = jid.covers(link->peer());
    if (!meant || link->question() != Link::Question::kKey) continue;
    if (link->facts().fingerprint != *fingerprint) {
      return {false, "That is not the key that " + link->peer().full() + " shows, which is " +
                         link->facts().fingerprint + ". Nothing was changed."};
    }
    if (auto kept = link->trust_key(); !kept) return {false, kept.error().text};
    return {true, "The key of " + contact.full() + " is trusted."};
  }
  std::int64_t now = env_.unix_time();
  if (auto kept = state_.trust->add(contact, {*fingerprint, false, "user", now, now}); !kept)
    return {false, kept.error().text};
  auto changed = changed_keys_.find(contact);
  if (changed != changed_keys_.end() && changed->second.fingerprint == *fingerprint)
    changed_keys_.erase(changed);
  quiet_until_.erase(contact);
  return {true, "The key is trusted as one of " + contact.full() + " from the next stream on."};
}

Agent::Answer Agent::untrust_key(const Jid& jid, const std::string& text) {
  std::string fingerprint;
  if (!text.empty()) {
    auto read = read_fingerprint(text);
    if (!read) return {false, read.error().text};
    fingerprint = *read;
  }
  Jid contact = jid.to_bare();
  auto removed = state_.trust->remove(contact, fingerprint);
  if (!removed) return {false, removed.error().text};
  if (*removed == 0) return {false, "No such key of " + contact.full() + " is known."};
  for (auto& link : links_)
    if (link->peer().same_bare(contact))
      link->revoke("the key of " + contact.full() + " is trusted no more");
  return {true, std::to_string(*removed) + (*removed == 1 ? " key" : " keys") + " of " +
                    contact.full() + " forgotten."};
}

void Agent::read_anchors() {
  const std::string& path = settings().ca;
  anchors_.clear();
  if (path.empty()) return;
  if (auto text = read_public_file(path); text && *text) {
    anchors_ = std::move(**text);
  } else {
    tell(TellNotice{{}, "The certificates in " + path + " can't be read; none is used."});
  }
}

Agent::Answer Agent::change_setting(const std::string& key, const std::string& value) {
  auto set = state_.settings.set(key, value);
  bool holds = set || set.error().blame != Blame::kCaller;
  if (!holds) return {false, set.error().text};
  ibb_.set_block_size(settings().ibb_block_size);
  use_path_settings(key);
  if (key == "ca") read_anchors();
  if (key.starts_with("limits.")) {
    router_ = Router(local_, settings().sessions);
    for (auto& link : links_) link->enroll();
  }
  if (key == "mode") {
    announce_features();
    apply_modes(value);
  }
  std::string now = key + " is " + shown_value(key, value);
  if (!set) return {false, now + " until the program ends. " + set.error().text};
  const auto& named = settings().transports;
  bool is_off = key == "transports" && !settings().ice_ptcp &&
                std::find(named.begin(), named.end(), "ptcp") != named.end();
  return {true, now + (is_off ? "; ptcp stays off until ice.ptcp is true." : ".")};
}

}  // namespace balcony
