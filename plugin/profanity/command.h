// SPDX-License-Identifier: MIT
// The command /e2e: what is typed becomes a line for the core, with the contact of the window in
// front where none is named; help and Tab completion. Main thread only.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace profanity_host {

// Registers the command, its help and the words that Tab completes. `callback` gets the words.
void register_command(void (*callback)(char** words));

// The core's line for the typed words. `contact`: of the window in front, empty for the console;
// `address_of` finds the address behind a roster name, empty if there is none.
std::string core_line(std::vector<std::string> words, const std::string& contact,
                      const std::function<std::string(const std::string&)>& address_of);
// The contact that a line for the core names, if it names one.
std::optional<std::string> contact_of(const std::string& line);

// Contacts for Tab.
class Completion {
 public:
  static constexpr std::size_t kMaxContacts = 1000;  // Tab looks through all, one after another

  void add_contact(const std::string& bare);
  // A key that was asked about: Tab after /e2e trust CONTACT gives it.
  void offer_key(const std::string& bare, const std::string& fingerprint);
  void set_methods(const std::vector<std::string>& features);

 private:
  std::set<std::string> contacts_;
};

}  // namespace profanity_host
