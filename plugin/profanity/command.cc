// SPDX-License-Identifier: MIT
#include "plugin/profanity/command.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "plugin/profanity/host_api.h"
#include "plugin/profanity/wording.h"

namespace profanity_host {
namespace {

using Words = std::initializer_list<const char*>;

constexpr Words kVerbs{"start",  "stop",        "status", "list",    "accept", "decline",
                       "mode",   "reach",       "trust",  "untrust", "verify", "confirm",
                       "export", "fingerprint", "set",    "import",  "help"};
constexpr Words kModes{"off", "ask", "auto", "require"};
constexpr Words kReaches{"any", "relay"};
constexpr Words kSettings{"mode",       "reach",          "trust",        "transports",
                          "s5b.direct", "stream.address", "require.wait", "ibb.block-size"};
// Verbs that take a contact first.
constexpr Words kOfContact{"start", "stop",  "status",  "accept", "decline", "mode",
                           "reach", "trust", "untrust", "verify", "confirm", "fingerprint"};

bool is_one_of(const std::string& word, Words words) {
  return std::any_of(words.begin(), words.end(), [&](const char* w) { return word == w; });
}

// The client wants arrays that end with null, of pointers that it does not write to.
class CWords {
 public:
  CWords(Words words) {
    for (const char* word : words) add(word);
  }
  explicit CWords(const std::string& word) { add(word.c_str()); }
  char** data() { return words_.data(); }

 private:
  void add(const char* word) { words_.insert(words_.end() - 1, const_cast<char*>(word)); }
  std::vector<char*> words_{nullptr};
};

void complete(const std::string& key, CWords words) {
  _prof_completer_add(kFile, key.c_str(), words.data());
}

constexpr const char* kDescription =
    "Talk with a contact end to end: encrypted by the two of you, past or through the server, "
    "which "
    "can't read it. In a contact's window CONTACT may be left out. Other devices, yours and the "
    "contact's, do not get what is said on a stream.";

CWords synopsis() {
  return {"/e2e start [CONTACT] [METHOD]",
          "/e2e stop [CONTACT]",
          "/e2e status [CONTACT]",
          "/e2e list",
          "/e2e accept|decline [CONTACT]",
          "/e2e mode [CONTACT] off|ask|auto|require",
          "/e2e reach [CONTACT] any|relay",
          "/e2e fingerprint [CONTACT]",
          "/e2e trust [CONTACT] FINGERPRINT",
          "/e2e untrust [CONTACT] [FINGERPRINT]",
          "/e2e set KEY VALUE",
          "/e2e help [WORD]"};
}

// Kept for as long as the client may print it: it copies.
struct Argument {
  const char *words, *text;
};
constexpr std::array<Argument, 15> kArguments{{
    {"start", "Open a stream; METHOD (ibb: through the server) only to force one."},
    {"stop", "Close it, or give up the attempt."},
    {"status", "Your streams: path, encryption, key, how much went through."},
    {"list", "Contacts with a mode, a reach or a stream."},
    {"accept, decline", "Answer an offer; decline also says no to a key."},
    {"mode off", "No streams with this contact."},
    {"mode ask", "Offers are put to you; messages go by a stream while one is open. The default."},
    {"mode auto", "Offers are accepted, and your first message starts a stream."},
    {"mode require", "As auto, and messages never leave any other way; else they are not sent."},
    {"reach any, relay", "relay: never show your network address to this contact."},
    {"fingerprint", "Your own key's, or with CONTACT the known ones of the contact."},
    {"trust", "Say that this key is the contact's. Compare it by telephone first."},
    {"untrust", "Forget it again, and close the contact's streams."},
    {"set", "Change a setting, such as: /e2e set trust tofu"},
    {"help",
     "Every command, or more about one. The title bar says [e2e direct], [e2e relayed] or "
     "[e2e in-band] while a stream is open, with \"unverified\" until the key is verified."},
}};

}  // namespace

void register_command(void (*callback)(char** words)) {
  char* arguments[kArguments.size() + 1][2] = {};
  for (std::size_t i = 0; i < kArguments.size(); ++i) {
    arguments[i][0] = const_cast<char*>(kArguments[i].words);
    arguments[i][1] = const_cast<char*>(kArguments[i].text);
  }
  CWords examples{"/e2e start juliet@example.org", "/e2e mode juliet@example.org require",
                  "/e2e status"};
  _prof_register_command(kFile, "/e2e", 0, 3, synopsis().data(), kDescription, arguments,
                         examples.data(), callback);
  complete("/e2e", kVerbs);
  complete("/e2e help", kVerbs);
  complete("/e2e mode", kModes);
  complete("/e2e reach", kReaches);
  complete("/e2e set", kSettings);
  complete("/e2e set mode", kModes);
  complete("/e2e set reach", kReaches);
  complete("/e2e set trust", {"ask", "tofu", "verified"});
}

// In a contact's window the contact may be left out: `mode auto`, `trust FINGERPRINT`, `stop`. What
// can't be an address there is not one: those have an @ or are names of the roster.
std::string core_line(std::vector<std::string> words, const std::string& contact,
                      const std::function<std::string(const std::string&)>& address_of) {
  if (words.empty()) words = {"status"};
  if (is_one_of(words[0], kOfContact)) {
    bool is_named = words.size() > 1 && words[1].find('@') != std::string::npos;
    if (!is_named && words.size() > 1 && !address_of(words[1]).empty()) {
      words[1] = address_of(words[1]);
      is_named = true;
    }
    bool means_all = words.size() == 1 && (words[0] == "status" || words[0] == "fingerprint");
    bool fits = words.size() == 1 || (words.size() == 2 && words[0] != "stop");
    if (!is_named && fits && !means_all && !contact.empty())
      words.insert(words.begin() + 1, contact);
  }
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
  return line;
}

std::optional<std::string> contact_of(const std::string& line) {
  std::size_t verb_end = line.find(' ');
  if (verb_end == std::string::npos || !is_one_of(line.substr(0, verb_end), kOfContact))
    return std::nullopt;
  std::string rest = line.substr(verb_end + 1);
  return bare(rest.substr(0, rest.find(' ')));
}

void Completion::add_contact(const std::string& contact) {
  if (contact.find('@') == std::string::npos || contacts_.size() >= kMaxContacts) return;
  if (!contacts_.insert(contact).second) return;
  for (const char* verb : kOfContact) complete("/e2e " + std::string(verb), CWords(contact));
  complete("/e2e mode " + contact, kModes);
  complete("/e2e reach " + contact, kReaches);
}

void Completion::offer_key(const std::string& contact, const std::string& fingerprint) {
  add_contact(contact);
  std::string key = "/e2e trust " + contact;
  _prof_completer_clear(kFile, key.c_str());
  complete(key, CWords(fingerprint));
}

void Completion::set_methods(const std::vector<std::string>& features) {
  constexpr std::array<std::pair<const char*, const char*>, 4> kMarks{{{"ibb", ":transports:ibb:"},
                                                                       {"s5b", ":transports:s5b:"},
                                                                       {"ice", ":transports:ice:"},
                                                                       {"ptcp", "#ptcp"}}};
  for (const auto& [method, mark] : kMarks) {
    bool is_there =
        std::any_of(features.begin(), features.end(), [found = mark](const std::string& feature) {
          return feature.find(found) != std::string::npos;
        });
    if (is_there)
      for (const std::string& contact : contacts_)
        complete("/e2e start " + contact, CWords(std::string(method)));
  }
}

}  // namespace profanity_host
