// SPDX-License-Identifier: MIT
#include "jingle/stream/stanza_filter.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "jingle/base/ns.h"
#include "jingle/base/stanza.h"

namespace balcony {
namespace {

// What belongs to the server path, or speaks for a server, a room or another account: beginnings of
// namespaces, since many are versioned (STZ-03, STZ-08). A peer of ours is a client, not a room.
constexpr std::array<std::string_view, 26> kServerPath{
    "urn:xmpp:jingle:",
    "urn:xmpp:jingle-message:",
    "http://jabber.org/protocol/ibb",
    "http://jabber.org/protocol/bytestreams",
    "jabber:iq:roster",
    "urn:xmpp:blocking",
    "jabber:iq:privacy",
    "urn:xmpp:carbons:",
    "urn:xmpp:mam:",
    "urn:xmpp:archive",
    "urn:xmpp:forward:",
    "http://jabber.org/protocol/pubsub",
    "jabber:iq:private",
    "jabber:iq:register",
    "jabber:iq:auth",
    "urn:ietf:params:xml:ns:xmpp-bind",
    "urn:ietf:params:xml:ns:xmpp-session",
    "urn:xmpp:push:",
    "http://jabber.org/protocol/offline",
    "http://jabber.org/protocol/admin",
    "http://jabber.org/protocol/address",
    "http://jabber.org/protocol/muc",
    "urn:xmpp:mix:",
    "urn:xmpp:privilege:",
    "urn:xmpp:delegation:",
    "urn:xmpp:sm:",
};

constexpr std::string_view kCommands = "http://jabber.org/protocol/commands";
constexpr std::string_view kAdminNode = "http://jabber.org/protocol/admin";  // XEP-0133

bool is_server_path(const Element& payload) {
  if (payload.ns() == kCommands) return payload.attr("node").starts_with(kAdminNode);
  return std::any_of(kServerPath.begin(), kServerPath.end(),
                     [&](std::string_view start) { return payload.ns().starts_with(start); });
}

bool carries_server_path(const Element& stanza) {
  const auto& nodes = stanza.nodes();
  return std::any_of(nodes.begin(), nodes.end(), [](const Node& node) {
    return node.element() && is_server_path(*node.element());
  });
}

bool is_stanza_id(const Node& node) {  // STZ-09: none that a client could know
  return node.element() && node.element()->is("stanza-id", ns::kStanzaId);
}

// Prefixed attributes go, at every level: some hosts ignore their namespaces (SECURITY.md).
void strip(Element& element) {
  element.keep_attrs([](const Attribute& attribute) {
    return attribute.ns.empty() || (attribute.name == "lang" && attribute.ns == ns::kXml);
  });
  std::erase_if(element.nodes(), is_stanza_id);
  for (Node& node : element.nodes())
    if (Element* child = node.element()) strip(*child);
}

template <std::size_t count>
bool is_one_of(std::string_view word, const std::array<std::string_view, count>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

constexpr std::array<std::string_view, 4> kIqTypes{"get", "set", "result", "error"};
constexpr std::array<std::string_view, 4> kMessageTypes{"chat", "normal", "headline", "error"};

// The stanza that a host gets: nothing of the old one's top but what is named here.
Element rebuild(Element stanza, const StreamEnds& ends) {
  constexpr std::size_t kUsual = 200;  // octets: two addresses, and what is short
  Element built(stanza.name(), ns::kClient);
  built.reserve_attrs(5, kUsual);
  built.add_attr({"from", {}, ends.peer.full()});
  built.add_attr({"to", {}, ends.local.full()});
  std::string_view type = stanza.attr("type");
  bool is_unknown = stanza.name() == "message" && !is_one_of(type, kMessageTypes);
  if (!type.empty() && !is_unknown) built.add_attr({"type", {}, type});  // RFC 6121, 5.2.2: normal
  if (stanza.has_attr("id")) built.add_attr({"id", {}, stanza.attr("id")});
  std::string_view lang = stanza.attr("lang", ns::kXml);
  if (lang.empty()) lang = ends.lang;
  if (!lang.empty()) built.add_attr({"lang", ns::kXml, lang});
  std::erase_if(stanza.nodes(), [](const Node& n) { return !n.element() || is_stanza_id(n); });
  built.nodes() = std::move(stanza.nodes());
  for (Node& node : built.nodes()) strip(*node.element());
  return built;
}

AnswerError answer(const Element& request, std::string condition, const StreamEnds& ends) {
  StanzaError error{.condition = std::move(condition), .type = {}, .application = {}, .text = {}};
  return {.iq = address_outbound(error_of(request, error), ends)};
}

// RFC 6120 section 8.2.3: what is wrong with an iq in itself, or nothing.
std::optional<Inbound> refuse_iq(const Element& iq, const StreamEnds& ends) {
  if (iq.attr("id").empty()) return Drop{.why = "an iq without an id"};
  if (!is_one_of(iq.attr("type"), kIqTypes)) return answer(iq, "bad-request", ends);
  if (is_iq_request(iq) && iq.children().size() != 1) return answer(iq, "bad-request", ends);
  return std::nullopt;
}

// STZ-01, STZ-04, the peer being no room.
std::optional<Inbound> refuse_type(const Element& stanza, const StreamEnds& ends) {
  std::string_view type = stanza.attr("type");
  if (stanza.name() == "iq") return refuse_iq(stanza, ends);
  if (stanza.name() == "message" && type == "groupchat")
    return Drop{.why = "a groupchat message from a client"};
  if (stanza.name() == "presence" && !type.empty() && type != "unavailable")
    return Drop{.why = "presence of a type that belongs to servers"};
  return std::nullopt;
}

}  // namespace

bool is_address_of(std::string_view address, const Jid& jid) {
  if (address.empty() || address == jid.full() || address == jid.bare()) return true;
  Result<Jid> parsed = Jid::parse(address);
  return parsed && (*parsed == jid || *parsed == jid.to_bare());
}

Inbound filter_inbound(Element stanza, const StreamEnds& ends) {
  if (!is_address_of(stanza.attr("from"), ends.peer))
    return Violation{"invalid-from", "a peer speaks only for itself"};
  if (auto refused = refuse_type(stanza, ends)) return *std::move(refused);

  bool is_misaddressed = !is_address_of(stanza.attr("to"), ends.local);
  if (is_misaddressed || carries_server_path(stanza)) {
    if (is_iq_request(stanza)) {
      AnswerError refusal = answer(stanza, "service-unavailable", ends);
      refusal.misaddressed = is_misaddressed;
      return refusal;
    }
    std::string why = is_misaddressed ? "not addressed to us" : "content of the server path";
    return Drop{std::string(stanza.name()) + ": " + why, is_misaddressed};
  }
  return Pass{rebuild(std::move(stanza), ends)};
}

bool may_cross(const Element& stanza) {
  std::string_view type = stanza.attr("type");
  if (stanza.ns() != ns::kClient || carries_server_path(stanza)) return false;
  if (stanza.name() == "message") return type != "groupchat" && type != "headline";
  if (stanza.name() == "presence") return type.empty() || type == "unavailable";
  return stanza.name() == "iq";
}

Element address_outbound(Element stanza, const StreamEnds& ends) {
  stanza.set_attr("from", ends.local.full()).set_attr("to", ends.peer.full());
  return stanza;
}

}  // namespace balcony
