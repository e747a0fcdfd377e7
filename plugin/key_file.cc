// SPDX-License-Identifier: MIT
// Reading is all or nothing: what GKeyFile would skip or guess is damage here.
#include "plugin/key_file.h"

#include <glib.h>

#include <cassert>
#include <charconv>

#include "plugin/private_file.h"

namespace balcony {
namespace {

tl::unexpected<Error> damaged_file(const std::string& path, std::string_view why) {
  return fail(Blame::kEnvironment, "damaged-file",
              "The file " + path + " is damaged (" + std::string(why) +
                  "). Repair it, or move it away to start anew.");
}

// GKeyFile forbids some characters in names, and takes others for syntax: those travel as %XX.
bool is_syntax(std::string_view name, std::size_t at) {
  char c = name[at];
  bool outer = at == 0 || at + 1 == name.size();
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || (c == ' ' && outer) ||
         std::string_view("[]=#%").find(c) != std::string_view::npos;
}

std::string escape_name(std::string_view name) {
  assert(!name.empty());
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (!is_syntax(name, i)) {
      out += name[i];
      continue;
    }
    auto octet = static_cast<unsigned char>(name[i]);
    out += '%';
    out += digits[octet >> 4];
    out += digits[octet & 15];
  }
  return out;
}

std::string unescape_name(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    unsigned char octet = 0;
    const char* digits = name.data() + i + 1;
    if (name[i] == '%' && i + 2 < name.size() &&
        std::from_chars(digits, digits + 2, octet, 16).ptr == digits + 2) {
      out += static_cast<char>(octet);
      i += 2;
    } else {
      out += name[i];  // a '%' that starts no escape: load() finds out
    }
  }
  return out;
}

std::vector<std::string> take_names(char** names) {
  std::vector<std::string> out;
  for (char** name = names; name && *name; ++name) out.push_back(unescape_name(*name));
  g_strfreev(names);
  return out;
}

std::string take_message(GError* error) {
  std::string text = error ? error->message : "unknown error";
  g_clear_error(&error);
  return text;
}

}  // namespace

void KeyFile::Free::operator()(_GKeyFile* file) const { g_key_file_unref(file); }

KeyFile::KeyFile(std::string path) : path_(std::move(path)), file_(g_key_file_new()) {}

KeyFile KeyFile::empty(std::string path) { return KeyFile(std::move(path)); }

Result<KeyFile> KeyFile::load(std::string path) {
  auto text = read_private_file(path);
  if (!text) return tl::make_unexpected(text.error());
  KeyFile file(std::move(path));
  file.absent_ = !*text;
  if (file.absent_) return file;
  std::string& content = **text;
  if (!content.ends_with('\n')) content += '\n';  // else a CR that ends it would be the value's
  if (!g_utf8_validate(content.data(), static_cast<gssize>(content.size()), nullptr))
    return damaged_file(file.path_, "it is no UTF-8 text");  // finds NUL as well
  GError* error = nullptr;
  if (!g_key_file_load_from_data(file.file_.get(), content.data(), content.size(),
                                 G_KEY_FILE_KEEP_COMMENTS, &error))
    return damaged_file(file.path_, take_message(error));
  for (const std::string& group : file.groups()) {
    if (!file.has_group(group))
      return damaged_file(file.path_, "unknown escape in [" + group + "]");
    for (const std::string& key : file.keys(group))
      if (!file.get(group, key)) return damaged_file(file.path_, "unknown escape in " + key);
  }
  return file;
}

Result<void> KeyFile::save() const {
  gsize size = 0;
  char* data = g_key_file_to_data(file_.get(), &size, nullptr);
  std::string text(data, size);
  g_free(data);
  if (!g_utf8_validate(text.data(), static_cast<gssize>(text.size()), nullptr)) {
    return fail(Blame::kEnvironment, "unwritable-file",
                "The file " + path_ + " is not written: it would hold what is no UTF-8 text");
  }
  return write_private_file(path_, text);
}

std::vector<std::string> KeyFile::groups() const {
  return take_names(g_key_file_get_groups(file_.get(), nullptr));
}

std::vector<std::string> KeyFile::keys(std::string_view group) const {
  return take_names(g_key_file_get_keys(file_.get(), escape_name(group).c_str(), nullptr, nullptr));
}

bool KeyFile::has_group(std::string_view group) const {
  return g_key_file_has_group(file_.get(), escape_name(group).c_str());
}

std::optional<std::string> KeyFile::get(std::string_view group, std::string_view key) const {
  GError* error = nullptr;  // also set when a value comes with an unknown escape
  char* value = g_key_file_get_string(file_.get(), escape_name(group).c_str(),
                                      escape_name(key).c_str(), &error);
  std::optional<std::string> text;
  if (value && !error) text = value;
  g_free(value);
  g_clear_error(&error);
  return text;
}

void KeyFile::set(std::string_view group, std::string_view key, std::string_view value) {
  g_key_file_set_string(file_.get(), escape_name(group).c_str(), escape_name(key).c_str(),
                        std::string(value).c_str());
}

void KeyFile::remove(std::string_view group, std::string_view key) {
  g_key_file_remove_key(file_.get(), escape_name(group).c_str(), escape_name(key).c_str(), nullptr);
}

void KeyFile::remove_group(std::string_view group) {
  g_key_file_remove_group(file_.get(), escape_name(group).c_str(), nullptr);
}

}  // namespace balcony
