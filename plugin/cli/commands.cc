// SPDX-License-Identifier: MIT
// What a line on stdin does (HOST-CLI.md, Input).
#include <set>
#include <string>
#include <utility>

#include "plugin/cli/client.h"

namespace balcony_cli {
namespace {

// The first word, and what follows the one space after it.
std::pair<std::string, std::string> split(const std::string& line) {
  std::size_t space = line.find(' ');
  if (space == line.npos) return {line, ""};
  return {line.substr(0, space), line.substr(space + 1)};
}

}  // namespace

// What is said before the first login is sent after it.
bool Client::must_wait(const std::string& line) const {
  static const std::set<std::string> waiting = {"msg", "xml", "presence"};
  return !was_online_ && waiting.contains(split(line).first);
}

// Each e2e line gets its reply; any other line that can't be carried out an error.
void Client::refuse(const std::string& line, const std::string& why) {
  auto [command, words] = split(line);
  if (command == "e2e") return events_.reply(words, false, why);
  events_.error(why);
}

void Client::execute(const std::string& line) {
  std::string as_text = "<message>" + escape(line) + "</message>";
  if (!check_stanza(server_.context(), as_text).problem.empty()) {
    return refuse(line, "a line on stdin is not UTF-8, or has characters that XML forbids");
  }
  auto [command, words] = split(line);
  if (command == "e2e") return balcony_strophe_command(e2e_, words.c_str());
  if (command == "msg") return send_message(words);
  if (command == "xml") return send_xml(words);
  if (command == "presence") return send_presence(words);
  if (command == "quit") return quit();
  if (line.empty()) return;
  events_.error("unknown command: " + command + " (known: e2e, msg, xml, presence, quit)");
}

void Client::send_message(const std::string& words) {
  auto [to, text] = split(words);
  if (to.empty() || text.empty()) return events_.error("usage: msg JID TEXT");
  Checked checked = check_stanza(server_.context(), "<message type='chat' id='" + random_id() +
                                                        "' to='" + escape(to) + "'><body>" +
                                                        escape(text) + "</body></message>");
  if (!checked.problem.empty()) return events_.error("msg: " + checked.problem);
  outbox_.send(std::move(checked.stanza));
}

void Client::send_xml(const std::string& words) {
  Checked checked = check_stanza(server_.context(), words);
  if (!checked.problem.empty()) return events_.error("xml: " + checked.problem);
  requests_.on_sent(checked.stanza);
  outbox_.send(std::move(checked.stanza));
}

void Client::send_presence(const std::string& show) {
  static const std::set<std::string> known = {"", "away", "chat", "dnd", "xa"};
  if (!known.contains(show)) return events_.error("usage: presence [away|chat|dnd|xa]");
  show_ = show;
  send_own_presence();
}

}  // namespace balcony_cli
