// SPDX-License-Identifier: MIT
// What the user decided for single contacts: mode and reach, kept in one file (DESIGN.md, "Words").
#pragma once

#include <map>
#include <optional>
#include <string>

#include "jingle/base/jid.h"
#include "jingle/base/result.h"
#include "plugin/key_file.h"
#include "plugin/settings.h"

namespace balcony {

class Contacts {
 public:
  struct Choice {
    std::optional<Mode> mode;
    std::optional<Reach> reach;
  };

  // Fails if the file is damaged, or names a contact otherwise than by its prepared bare address: a
  // mode that can't be read must never be taken for a looser one.
  static Result<Contacts> load(const std::string& path);

  // Sets and keeps it. If it can't be written the choice holds for this run, and the error says so.
  Result<void> set_mode(const Jid& bare, Mode mode);
  Result<void> set_reach(const Jid& bare, Reach reach);

  Choice choice(const Jid& bare) const;
  const std::map<Jid, Choice>& all() const { return choices_; }

 private:
  explicit Contacts(KeyFile file) : file_(std::move(file)) {}
  Result<void> keep(const Jid& bare, std::string_view key, std::string_view value);

  KeyFile file_;
  std::map<Jid, Choice> choices_;
};

}  // namespace balcony
