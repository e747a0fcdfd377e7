// SPDX-License-Identifier: MIT
// One of our files in the state folder: groups of keys and values in INI form, read whole and
// written atomically, for its owner's eyes only (SECURITY.md promise 10). Driven by file_trust,
// settings and modes. GKeyFile behind it; comments that a user wrote into the file are kept.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jingle/base/result.h"

struct _GKeyFile;  // glib's own name; glib.h stays in the .cc

namespace balcony {

class KeyFile {
 public:
  // An absent file is an empty one. Fails with `unreadable-file` or `damaged-file`, blame
  // kEnvironment; the file is left as it is. A file that others can read is tightened to 0600.
  static Result<KeyFile> load(std::string path);

  // A new, empty one that save() will put at `path`, whatever is there.
  static KeyFile empty(std::string path);

  // All or nothing, and on the disk when it returns. Fails with `unwritable-file`.
  Result<void> save() const;

  // Names and values may hold any UTF-8 without NUL, names any but the empty one. Groups and keys
  // come in the order of the file.
  std::vector<std::string> groups() const;
  std::vector<std::string> keys(std::string_view group) const;
  bool has_group(std::string_view group) const;
  std::optional<std::string> get(std::string_view group, std::string_view key) const;
  void set(std::string_view group, std::string_view key, std::string_view value);
  void remove(std::string_view group, std::string_view key);
  void remove_group(std::string_view group);

  const std::string& path() const { return path_; }
  bool was_absent() const { return absent_; }  // there was no file to load

 private:
  struct Free {
    void operator()(_GKeyFile* file) const;
  };
  explicit KeyFile(std::string path);

  std::string path_;
  std::unique_ptr<_GKeyFile, Free> file_;
  bool absent_ = true;
};

}  // namespace balcony
