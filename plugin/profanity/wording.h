// SPDX-License-Identifier: MIT
// What the user reads. Names of commands stand as they are typed in Profanity.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plugin/balcony.h"

namespace profanity_host {

std::string bare(std::string_view jid);
std::string resource(std::string_view jid);

// Whether the key's owner was verified, not only seen before.
bool is_verified(const char* trust);
// direct, relayed or in-band, for a layman; empty while there is no path.
std::string way(const balcony_stream_info& info);
// For the title bar: "e2e direct", "e2e in-band, unverified"; empty if no stream is open.
std::string title(const balcony_stream_info& info);
// One line for a change of a stream; empty if it is not worth one.
std::string event_line(const balcony_stream_info& info, bool was_open);
// The table of /e2e status, two lines for each stream.
std::vector<std::string> status_lines(const balcony_stream_info& info);
// A question, with the commands that answer it.
std::vector<std::string> question_lines(const balcony_question& question);
// The same words of the core with the command as it is typed here: "mode x ask" is "/e2e mode x
// ask".
std::string with_commands(std::string text);
// Text for one line of a window: no control characters, at most `limit` octets.
std::string shown(std::string_view text, std::size_t limit = 1000);
// The body of a message as it may stand in a window: control characters but line feed and tab are
// replaced by U+FFFD.
std::string inert(std::string_view text);

}  // namespace profanity_host
