// SPDX-License-Identifier: MIT
// What a user types after /e2e, the same words in every host: the grammar and the help texts.
// The agent carries commands out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "jingle/base/result.h"

namespace balcony {

enum class Verb {
  kStart,
  kStop,
  kStatus,
  kList,
  kAccept,
  kDecline,
  kMode,
  kReach,
  kFingerprint,
  kTrust,
  kUntrust,
  kVerify,
  kConfirm,
  kExport,
  kImport,
  kSet,
  kHelp,
};

struct Command {
  Verb verb = Verb::kHelp;
  std::vector<std::string> words;  // after the verb; as many as the verb takes
};

// Fails, blame kCaller, with a text that says how the command is written. The last word of `set`,
// `verify`, `export` and `import` may hold spaces.
Result<Command> read_command(std::string_view line);

// The overview, or the page of one word; an error for an unknown one.
Result<std::string> help_text(std::string_view word);

}  // namespace balcony
