// SPDX-License-Identifier: MIT
// The files of the state folder: pins, settings, choices for contacts (TLS-19, SECURITY.md promise
// 10). Whatever stands in one, it is read whole or refused, and never changed by reading.
//
//   input: a line of two words, KIND (trust, settings, contacts) and CUT (how much of what we write
//   ourselves a crash leaves, in thousandths), then the file
#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "plugin/contacts.h"
#include "plugin/file_trust.h"
#include "plugin/settings.h"
#include "tests/fuzz/support/fuzz.h"
#include "tests/support/temp_folder.h"

namespace balcony {
namespace {

const Jid kSomebody = *Jid::parse("somebody@example.com");

std::string described(const TrustStore& trust) {
  std::string text;
  for (const Jid& contact : trust.contacts()) {
    require(contact.is_bare(), "pins belong to accounts", contact.full());
    for (const Pin& pin : trust.pins(contact)) {
      text += contact.full() + " " + pin.fingerprint + (pin.verified ? " verified " : " pinned ");
      text += std::to_string(pin.first_seen) + " " + std::to_string(pin.last_seen) + " " + pin.how +
              "\n";
      require(read_fingerprint(pin.fingerprint) == pin.fingerprint, "a pin names a key", text);
    }
  }
  return text;
}

std::size_t count(std::string_view text, std::string_view word) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(word, at)) != std::string_view::npos; ++at) ++found;
  return found;
}

void fuzz_trust(const TempFolder& folder, const std::string& path, std::string_view text,
                std::size_t cut) {
  auto trust = FileTrust::open(path);
  require(folder.text("file") == text, "reading changes nothing");
  if (!trust) return;
  std::string before = described(**trust);
  // `pins=` is there to tell a file that was cut short or added to by hand.
  std::string pins = "pins=" + std::to_string(count(before, "\n"));
  std::string plain(text);  // GLib ignores blanks behind a =
  std::erase_if(plain,
                [](char c) { return std::string_view(" \t\f\r\v").find(c) != ByteView::npos; });
  require(plain.find(pins) != std::string::npos, "as many pins as the file says", before);
  require(count(before, " verified ") <= count(text, "verified"), "nobody is verified by himself",
          before);

  Pin pin{std::string(64, 'a'), false, "user", 1, 2};
  if (!(*trust)->add(kSomebody, pin)) return;  // too many of them
  std::string written = folder.text("file"), after = described(**trust);
  auto again = FileTrust::open(path);
  require(again && described(**again) == after, "what is written is read again", written);
  folder.put("file", written.substr(0, written.size() * cut / 1000));
  auto damaged = FileTrust::open(path);
  require(!damaged || described(**damaged) == after, "half a file is none",
          folder.text("file") + "\n" + after);
}

void fuzz_settings(const TempFolder& folder, const std::string& path, std::string_view text) {
  auto file = SettingsFile::load(path);
  require(folder.text("file") == text, "reading changes nothing");
  if (!file) return;
  const Settings& s = file->values();
  require(s.xml.element >= 10'000 && s.xml.depth >= 8 && s.xml.depth <= 1000 &&
              s.xml.attributes >= 8 && s.ibb_block_size >= 1 && s.ibb_block_size <= 16384 &&
              s.sessions.pending >= 1 && s.limit_close >= 1s && !s.transports.empty(),
          "settings stay within their bounds", text);
  std::map<std::string, std::string> values;
  for (const std::string& key : Settings::keys()) values[key] = *s.get(key);
  Settings copy;
  for (const auto& [key, value] : values)
    require(copy.set(key, value) && copy.get(key) == value, "a setting is read as it was printed",
            key + "=" + value);
  if (!file->set("limits.depth", "99")) return;
  values["limits.depth"] = "99";
  auto again = SettingsFile::load(path);
  require(again.has_value(), "what is written is read again", folder.text("file"));
  for (const auto& [key, value] : values)
    require(again->values().get(key) == value, "a setting is kept", key + "=" + value);
}

std::string described(const Contacts& contacts) {
  std::string text;
  for (const auto& [jid, choice] : contacts.all()) {
    text += jid.full();
    if (choice.mode) text += " mode " + std::string(to_string(*choice.mode));
    if (choice.reach) text += " reach " + std::string(to_string(*choice.reach));
    text += "\n";
  }
  return text;
}

void fuzz_contacts(const TempFolder& folder, const std::string& path, std::string_view text) {
  auto contacts = Contacts::load(path);
  require(folder.text("file") == text, "reading changes nothing");
  if (!contacts) return;
  require(contacts->all().size() >= 1, "an emptied file is damaged");
  for (const auto& [jid, choice] : contacts->all())
    require(jid.is_bare(), "a contact is an account");
  if (!contacts->set_mode(kSomebody, Mode::kRequire)) return;
  std::string after = described(*contacts);
  auto again = Contacts::load(path);
  require(again && described(*again) == after, "what is written is read again",
          folder.text("file") + "\n" + after);
}

// A mode that can't be read must never be taken for a looser one: of what the line `mode=` says in
// a plain file, nothing is left out.
void check_modes(const std::string& path, std::string_view text) {
  auto contacts = Contacts::load(path);
  if (!contacts) return;
  std::string group;
  std::map<std::string, std::string> last;  // of a key that stands twice, the last one counts
  while (!text.empty()) {
    std::string_view line = take_line(text);
    constexpr std::string_view kBlanks = " \t\f\r";  // GLib ignores them around a line
    line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
    line = line.substr(0, line.find_last_not_of(kBlanks) + 1);
    if (line.starts_with('[') && line.ends_with(']')) group = line.substr(1, line.size() - 2);
    if (line.starts_with("mode=")) last[group] = line.substr(5);
  }
  for (const auto& [jid, mode] : last) {
    auto read = Jid::parse(jid);
    if (!read || mode.find('\\') != std::string::npos || mode.find(' ') != std::string::npos)
      continue;
    if (jid.find('%') != std::string::npos || mode.find('\t') != std::string::npos) continue;
    auto chosen = contacts->choice(*read).mode;
    require(chosen && to_string(*chosen) == mode, "no mode is lost", jid + " " + mode);
  }
}

}  // namespace

void fuzz(std::string_view input) {
  static TempFolder folder;
  static const std::string path = folder / "file";
  std::string_view line = take_line(input);
  std::string_view kind = take_word(line);
  std::size_t cut = number_in(line, 999, 500);
  folder.put("file", std::string(input));
  if (kind == "trust") fuzz_trust(folder, path, input, cut);
  if (kind == "settings") fuzz_settings(folder, path, input);
  if (kind != "contacts") return;
  check_modes(path, input);
  fuzz_contacts(folder, path, input);
}

}  // namespace balcony
