// SPDX-License-Identifier: MIT
#include "plugin/contacts.h"

#include "jingle/base/stanza.h"

namespace balcony {

Result<Contacts> Contacts::load(const std::string& path) {
  auto file = KeyFile::load(path);
  if (!file) return tl::make_unexpected(file.error());
  if (!file->was_absent() && file->groups().empty()) {  // we never write one without an entry
    return fail(Blame::kEnvironment, "damaged-file",
                "The file " + path +
                    " is empty, so the modes in it are lost. Restore it, or remove "
                    "it to start with none.");
  }
  Contacts contacts(std::move(*file));
  for (const std::string& group : contacts.file_.groups()) {
    auto jid = Jid::parse(group);
    auto mode_word = contacts.file_.get(group, "mode");
    auto reach_word = contacts.file_.get(group, "reach");
    Choice choice{mode_word ? read_mode(*mode_word) : std::nullopt,
                  reach_word ? read_reach(*reach_word) : std::nullopt};
    // Another spelling of an address could hide a choice behind another entry.
    bool is_plain = jid && jid->is_bare() && jid->full() == group;
    if (!is_plain || (mode_word && !choice.mode) || (reach_word && !choice.reach)) {
      return fail(
          Blame::kCaller, "bad-value",
          path + ": the entry [" + clean_text(group) + "] can't be read; mend or remove it");
    }
    contacts.choices_[*jid] = choice;
  }
  return contacts;
}

Result<void> Contacts::set_mode(const Jid& bare, Mode mode) {
  choices_[bare].mode = mode;
  return keep(bare, "mode", to_string(mode));
}

Result<void> Contacts::set_reach(const Jid& bare, Reach reach) {
  choices_[bare].reach = reach;
  return keep(bare, "reach", to_string(reach));
}

Result<void> Contacts::keep(const Jid& bare, std::string_view key, std::string_view value) {
  file_.set(bare.full(), key, value);
  return file_.save();
}

Contacts::Choice Contacts::choice(const Jid& bare) const {
  auto found = choices_.find(bare);
  return found == choices_.end() ? Choice{} : found->second;
}

}  // namespace balcony
