// SPDX-License-Identifier: MIT
// Files of the state folder: read whole and written atomically, for their owner's eyes only
// (SECURITY.md promise 10).
#pragma once

#include <optional>
#include <string>

#include "jingle/base/result.h"

namespace balcony {

// Nothing: there is no such file. Fails with `unreadable-file`, blame kEnvironment. A file that
// others may read is tightened to 0600.
Result<std::optional<std::string>> read_private_file(const std::string& path);

// The same of a file that is not ours, such as the system's list of authorities: its mode stays.
Result<std::optional<std::string>> read_public_file(const std::string& path);

// All or nothing, mode 0600, on the disk when it returns. Fails with `unwritable-file`.
Result<void> write_private_file(const std::string& path, const std::string& text);

// Makes the folder, and those above it, with mode 0700 if it is absent, and checks that it can be
// used.
Result<void> prepare_private_folder(const std::string& path);

}  // namespace balcony
