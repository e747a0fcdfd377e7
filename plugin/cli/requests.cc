// SPDX-License-Identifier: MIT
#include "plugin/cli/requests.h"

#include <algorithm>

#include "plugin/balcony.h"

namespace balcony_cli {
namespace {

const std::string kVersion = "<query xmlns='jabber:iq:version'><name>balcony-cli</name><version>" +
                             std::to_string(BALCONY_VERSION_MAJOR) + "." +
                             std::to_string(BALCONY_VERSION_MINOR) + "</version></query>";

Outgoing reply(const std::string& to, const std::string& id, const char* type,
               const std::string& payload) {
  std::string xml = "<iq type='" + std::string(type) + "' id='" + escape(id) + "'";
  if (!to.empty()) xml += " to='" + escape(to) + "'";
  xml += ">" + payload + "</iq>";
  return {"iq", type, id, to, xml, true};
}

Outgoing error(const std::string& to, const std::string& id, const std::string& condition) {
  return reply(
      to, id, "error",
      "<error type='cancel'><" + condition + " xmlns='" XMPP_NS_STANZAS_IETF "'/></error>");
}

}  // namespace

std::optional<Outgoing> Requests::answer(xmpp_stanza_t* get) const {
  std::string from = attribute(get, "from");
  std::string id = attribute(get, "id");
  if (xmpp_stanza_get_child_by_name_and_ns(get, "ping", "urn:xmpp:ping")) {
    return reply(from, id, "result", "");
  }
  if (xmpp_stanza_get_child_by_name_and_ns(get, "query", "jabber:iq:version")) {
    return reply(from, id, "result", kVersion);
  }
  auto* query = xmpp_stanza_get_child_by_name_and_ns(get, "query", XMPP_NS_DISCO_INFO);
  if (!query) return std::nullopt;
  auto info = caps_.query(attribute(query, "node"), may_know_(from));
  return info ? reply(from, id, "result", *info) : error(from, id, "item-not-found");
}

std::optional<Outgoing> Requests::on_stanza(xmpp_stanza_t* stanza, Time now) {
  std::string type = attribute(stanza, "type");
  std::string id = attribute(stanza, "id");
  bool is_request = type == "get" || type == "set";
  if (std::string_view(xmpp_stanza_get_name(stanza)) != "iq" || !is_request || id.empty()) {
    return std::nullopt;
  }
  std::string from = attribute(stanza, "from");
  if (type == "get") {
    if (auto now_answered = answer(stanza)) return now_answered;
  }
  if (open_.size() >= kMaxOpen) return error(from, id, "service-unavailable");
  open_.emplace(Key{from, id}, now + kWait);
  return std::nullopt;
}

void Requests::on_sent(const Outgoing& stanza) {
  bool is_answer = stanza.type == "result" || stanza.type == "error";
  if (stanza.name == "iq" && is_answer) open_.erase({stanza.to, stanza.id});
}

std::vector<Outgoing> Requests::due(Time now) {
  std::vector<Outgoing> answers;
  for (const auto& [key, deadline] : open_) {
    if (deadline <= now) answers.push_back(error(key.first, key.second, "service-unavailable"));
  }
  std::erase_if(open_, [now](const auto& entry) { return entry.second <= now; });
  return answers;
}

std::optional<Requests::Time> Requests::next_deadline() const {
  auto first = std::min_element(open_.begin(), open_.end(),
                                [](const auto& a, const auto& b) { return a.second < b.second; });
  if (first == open_.end()) return std::nullopt;
  return first->second;
}

}  // namespace balcony_cli
