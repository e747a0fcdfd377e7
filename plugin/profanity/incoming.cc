// SPDX-License-Identifier: MIT
#include "plugin/profanity/incoming.h"

#include <cstdlib>
#include <fstream>
#include <utility>

#include "jingle/base/ns.h"
#include "jingle/base/stanza.h"
#include "plugin/profanity/read_stanza.h"
#include "plugin/profanity/wording.h"

namespace profanity_host {
namespace {

using balcony::Element;
namespace ns = balcony::ns;

constexpr std::string_view kCorrect = "urn:xmpp:message-correct:0";

std::string in_client(const Element& stanza) { return balcony::to_xml(stanza, ns::kClient); }

}  // namespace

bool may_send_receipts() {
  const char* config = std::getenv("XDG_CONFIG_HOME");
  const char* home = std::getenv("HOME");
  std::string folder =
      config && config[0] == '/' ? config : std::string(home ? home : "") + "/.config";
  std::ifstream file(folder + "/profanity/profrc");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("receipts.send=")) return line != "receipts.send=false";
  return true;  // as the client is delivered
}

Incoming::Incoming(const HostInternals& host, Screen& screen, std::string version,
                   std::function<void(const std::string& xml)> reply)
    : host_(host), screen_(screen), version_(std::move(version)), reply_(std::move(reply)) {}

bool Incoming::on_stanza(const balcony_stanza& told) {
  auto stanza = read_stanza(told.xml);
  if (!stanza) return false;
  if (stanza->is("message", ns::kClient)) on_message(*stanza, told);
  if (balcony::is_iq_request(*stanza)) return on_request(*stanza);
  return stanza->is("message", ns::kClient);
}

void Incoming::on_message(const Element& message, const balcony_stanza& told) {
  if (message.attr("type") == "error") {
    screen_.show(
        bare(told.peer),
        bare(told.peer) + " could not take a message: " + balcony::stanza_error(message).condition,
        Screen::Tone::kWarning);
    return;
  }
  if (message.child("body", ns::kClient)) show_body(message, told);
  on_receipts(message, told.peer);
  on_states(message, told.peer);
}

void Incoming::show_body(const Element& message, const balcony_stanza& told) {
  const Element* replaced = message.child("replace", kCorrect);
  const Element* delay = message.child("delay", ns::kDelay);
  ChatMessage chat;
  chat.bare = bare(told.peer);
  chat.resource = resource(told.peer);
  chat.own_bare = bare(told.local);
  chat.own_resource = resource(told.local);
  chat.id = message.attr("id");
  chat.replaces = replaced ? replaced->attr("id") : "";
  chat.stamp = delay ? delay->attr("stamp") : "";
  chat.body = inert(message.child("body", ns::kClient)->text());
  if (chat.body.empty() || host_.show_incoming(chat)) return;
  std::string corrected = replaced ? " (corrected)" : "";
  screen_.show(chat.bare, chat.bare + corrected + ": " + chat.body, Screen::Tone::kQuestion);
}

void Incoming::on_states(const Element& message, const std::string& from) {
  std::string contact = bare(from), client = resource(from);
  auto has = [&](std::string_view state) {
    return message.child(state, ns::kChatStates) != nullptr;
  };
  if (has("gone") && host_.sv_ev_gone) {
    host_.sv_ev_gone(contact.c_str(), client.c_str());
  } else if (has("composing") && host_.sv_ev_typing) {
    host_.sv_ev_typing(contact.data(), client.data());
  } else if (has("paused") && host_.sv_ev_paused) {
    host_.sv_ev_paused(contact.data(), client.data());
  } else if (has("inactive") && host_.sv_ev_inactive) {
    host_.sv_ev_inactive(contact.data(), client.data());
  } else if (host_.sv_ev_activity && (has("active") || message.child("body", ns::kClient))) {
    host_.sv_ev_activity(contact.c_str(), client.c_str(), has("active"));
  }
}

void Incoming::on_receipts(const Element& message, const std::string& from) {
  std::string id(message.attr("id"));
  const Element* received = message.child("received", ns::kReceipts);
  if (received && host_.sv_ev_message_receipt)
    host_.sv_ev_message_receipt(bare(from).c_str(), std::string(received->attr("id")).c_str());
  bool is_wanted = message.child("request", ns::kReceipts) && message.child("body", ns::kClient);
  if (!is_wanted || id.empty() || !may_send_receipts()) return;
  Element reply("message", ns::kClient);
  reply.set_attr("to", from).set_attr("type", "chat").set_attr("id", "balcony-receipt-" + id);
  reply.add(std::move(Element("received", ns::kReceipts).set_attr("id", id)));
  reply_(in_client(reply));
}

bool Incoming::on_request(const Element& iq) {
  const Element* payload = iq.first_child();
  if (!payload || iq.attr("type") != "get") return false;
  Element answer(payload->name(), payload->ns());
  auto line = [&](std::string_view name, const std::string& text) {
    answer.add(std::move(Element(name, payload->ns()).add_text(text)));
  };
  if (payload->is("query", ns::kVersion)) {
    line("name", "Profanity");
    line("version", version_);
  } else if (payload->is("query", ns::kDiscoInfo) && !payload->has_attr("node")) {
    Element identity("identity", payload->ns());
    identity.set_attr("category", "client")
        .set_attr("type", "console")
        .set_attr("name", "Profanity");
    answer.add(std::move(identity));
    for (std::string_view feature :
         {ns::kDiscoInfo, ns::kVersion, ns::kPing, ns::kChatStates, ns::kReceipts, kCorrect})
      answer.add(std::move(Element("feature", payload->ns()).set_attr("var", feature)));
    for (const std::string& feature : features_)
      answer.add(std::move(Element("feature", payload->ns()).set_attr("var", feature)));
  } else {
    return false;
  }
  reply_(in_client(balcony::make_iq("result", iq.attr("from"), iq.attr("id"), std::move(answer))));
  return true;
}

}  // namespace profanity_host
