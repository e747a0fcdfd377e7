// SPDX-License-Identifier: MIT
#include "plugin/commands.h"

#include <algorithm>
#include <array>

#include "jingle/base/stanza.h"

namespace balcony {
namespace {

struct Entry {
  std::string_view name;
  Verb verb;
  std::size_t least, most;  // words after the verb
  bool rest;                // the last word takes the rest of the line
  std::string_view usage;
  std::string_view help;
};

constexpr std::array<Entry, 17> kEntries{{
    {"start", Verb::kStart, 1, 2, false, "start JID [ibb|s5b|ice|ptcp]",
     "Opens an end-to-end stream to the contact, by the given method only if one is named."},
    {"stop", Verb::kStop, 1, 1, false, "stop JID",
     "Closes the contact's stream, or ends the attempt to open one."},
    {"status", Verb::kStatus, 0, 1, false, "status [JID]",
     "Shows each stream: its path, its encryption, whose key, and what went through it."},
    {"list", Verb::kList, 0, 0, false, "list", "Lists contacts with a mode, a reach or a stream."},
    {"accept", Verb::kAccept, 1, 1, false, "accept JID", "Accepts the contact's offer."},
    {"decline", Verb::kDecline, 1, 1, false, "decline JID",
     "Declines the contact's offer, or the key that was asked about."},
    {"mode", Verb::kMode, 2, 2, false, "mode JID off|ask|auto|require",
     "off: no streams with this contact. ask: offers are put to you. auto: offers are accepted, "
     "and "
     "a stream is opened when you write. require: as auto, and messages never leave through the "
     "server."},
    {"reach", Verb::kReach, 2, 2, false, "reach JID any|relay",
     "relay: never show your address to this contact; any: direct paths are allowed."},
    {"fingerprint", Verb::kFingerprint, 0, 1, false, "fingerprint [JID]",
     "Shows the fingerprint of your own key, or the known ones of a contact. Compare them over "
     "another channel."},
    {"trust", Verb::kTrust, 2, 2, false, "trust JID FINGERPRINT",
     "Says that this key belongs to the contact."},
    {"untrust", Verb::kUntrust, 1, 2, false, "untrust JID [FINGERPRINT]",
     "Forgets one key of the contact, or all, and closes the contact's streams."},
    {"verify", Verb::kVerify, 1, 2, true, "verify JID [SECRET]",
     "Verifies the contact by a shared secret or a code. Not in this version."},
    {"confirm", Verb::kConfirm, 2, 2, false, "confirm JID yes|no",
     "Answers a verification. Not in this version."},
    {"export", Verb::kExport, 1, 1, true, "export FILE",
     "Writes your known keys to a file. Not in this version."},
    {"import", Verb::kImport, 1, 1, true, "import FILE",
     "Reads known keys from a file. Not in this version."},
    {"set", Verb::kSet, 2, 2, true, "set KEY VALUE", "Changes a setting and keeps it."},
    {"help", Verb::kHelp, 0, 1, false, "help [word]", "Shows this, or more about one word."},
}};

const Entry* find_entry(std::string_view name) {
  auto found = std::find_if(kEntries.begin(), kEntries.end(),
                            [&](const Entry& e) { return e.name == name; });
  return found == kEntries.end() ? nullptr : &*found;
}

constexpr std::string_view kSpace = " \t";

std::string_view trim(std::string_view text) {
  std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// Takes the first word off `text`.
std::string_view next_word(std::string_view& text) {
  text = trim(text);
  std::string_view word = text.substr(0, text.find_first_of(kSpace));
  text = trim(text.substr(word.size()));
  return word;
}

}  // namespace

Result<Command> read_command(std::string_view line) {
  std::string_view rest = line;
  std::string_view name = next_word(rest);
  const Entry* entry = find_entry(name.empty() ? "help" : name);
  if (!entry) {
    return fail(Blame::kCaller, "unknown-command",
                "there is no command '" + clean_text(name, 40) + "'; try: help");
  }
  Command command{entry->verb, {}};
  while (!rest.empty()) {
    bool last = entry->rest && command.words.size() + 1 == entry->most;
    command.words.emplace_back(last ? rest : next_word(rest));
    if (last) rest = {};
  }
  if (command.words.size() < entry->least || command.words.size() > entry->most) {
    return fail(Blame::kCaller, "bad-command", "write it so: " + std::string(entry->usage));
  }
  return command;
}

Result<std::string> help_text(std::string_view word) {
  if (const Entry* entry = find_entry(word); entry && !word.empty())
    return std::string(entry->usage) + "\n" + std::string(entry->help);
  if (!word.empty()) {
    return fail(Blame::kCaller, "unknown-command",
                "there is no command '" + clean_text(word, 40) + "'; try: help");
  }
  std::string text;
  for (const Entry& entry : kEntries) text += (text.empty() ? "" : "\n") + std::string(entry.usage);
  return text;
}

}  // namespace balcony
