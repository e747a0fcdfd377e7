// SPDX-License-Identifier: MIT
#include "plugin/profanity/diversion.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "jingle/base/ns.h"
#include "plugin/profanity/read_stanza.h"
#include "plugin/profanity/wording.h"

namespace profanity_host {
namespace {

using balcony::Element;
namespace ns = balcony::ns;

constexpr std::string_view kReplacementId = "balcony-instead-";

std::string body_of(const Element& stanza) {
  const Element* body = stanza.child("body", ns::kClient);
  return body ? body->text() : "";
}

std::string quoted(const std::string& body) { return "\"" + shown(body, 60) + "\""; }

// OMEMO, OpenPGP and their like: the client at the other end can't undo them on a stream.
bool is_encrypted_already(const Element& stanza) {
  if (body_of(stanza).starts_with("?OTR")) return true;
  constexpr std::array<std::string_view, 4> kLayers{"eu.siacs.conversations.axolotl",
                                                    "urn:xmpp:omemo:2", "urn:xmpp:openpgp:0",
                                                    "jabber:x:encrypted"};
  auto children = stanza.children();
  return std::any_of(children.begin(), children.end(), [&](const Element* child) {
    return std::find(kLayers.begin(), kLayers.end(), child->ns()) != kLayers.end();
  });
}

}  // namespace

void Diversion::use(balcony_account* core, const std::string& own_bare) {
  core_ = core;
  own_bare_ = own_bare;
  no_core_.clear();
}

void Diversion::refuse_all(std::string reason) {
  core_ = nullptr;
  no_core_ = std::move(reason);
}

char* Diversion::on_stanza(const char* xml) {
  auto stanza = read_stanza(xml);
  if (!core_) {
    bool is_talk = no_core_.empty() || (stanza && stanza->attr("type") == "groupchat");
    bool is_message = !stanza || stanza->name() == "message";
    return is_talk || !is_message ? nullptr : refuse(stanza ? *stanza : Element(), no_core_);
  }
  std::string for_contact = stanza ? meant_for_the_stream(*stanza) : "";
  if (!for_contact.empty()) xml = for_contact.c_str();
  std::string to = stanza ? std::string(stanza->attr("to")) : "";
  bool queues = std::any_of(waiting_.begin(), waiting_.end(),
                            [&](const Waiting& w) { return bare(w.to) == bare(to); });
  char* text = nullptr;
  int answer = queues ? BALCONY_BUSY : balcony_outgoing(core_, xml, &text);
  std::string reason = text ? text : "";
  balcony_free(text);
  if (answer == BALCONY_PASS) return reason.empty() ? nullptr : strdup(reason.c_str());
  if (answer == BALCONY_TAKEN && stanza) after_taking(*stanza, bare(to));
  if (answer == BALCONY_REFUSED) return refuse(stanza ? *stanza : Element(), reason);
  if (answer == BALCONY_BUSY && !wait(to, xml))
    return refuse(stanza ? *stanza : Element(), "too much is waiting for the stream already");
  return replacement();
}

// The client addresses the device that wrote last, though the title bar speaks of a stream with
// another one. What is written goes by the stream all the same; only receipts go where they belong
// (STZ-15). The stanza with the contact's own address, or empty: it is as it should be.
std::string Diversion::meant_for_the_stream(Element& stanza) {
  std::string to(stanza.attr("to")), contact = bare(to);
  std::string_view type = stanza.attr("type");
  bool is_talk = stanza.is("message", ns::kClient) && (type == "chat" || type.empty()) &&
                 !stanza.child("received", ns::kReceipts);
  if (!is_talk || to == contact || !screen_.has_stream(contact) || screen_.has_stream_with(to))
    return {};
  stanza.set_attr("to", contact);
  if (!body_of(stanza).empty() && told_other_.insert(to).second) {
    screen_.show(contact, "Your client answers another device of " + contact + " (" +
                              shown(resource(to), 40) +
                              "), but what you write here goes by the stream, which is not with "
                              "that one. To write to it: /e2e mode ask, then /e2e stop.");
  }
  return balcony::to_xml(stanza, ns::kClient);
}

char* Diversion::replacement() {
  std::string ping = "<iq type='get' to='" + balcony::escape_xml(own_bare_) + "' id='" +
                     std::string(kReplacementId) + std::to_string(++replaced_) +
                     "'><ping xmlns='urn:xmpp:ping'/></iq>";
  return strdup(ping.c_str());
}

void Diversion::on_open(const std::string& contact) {
  told_waiting_.erase(contact);
  std::erase_if(told_other_, [&](const std::string& full) { return bare(full) == contact; });
}

bool Diversion::is_replacement_reply(std::string_view xml) const {
  std::size_t head = std::min(xml.find('>'), xml.size());
  std::string_view tag = xml.substr(0, head);
  auto holds = [&](std::string_view text) { return tag.find(text) != std::string_view::npos; };
  bool is_reply = holds("type=\"result\"") || holds("type=\"error\"") || holds("type='result'") ||
                  holds("type='error'");
  return is_reply && holds(kReplacementId);
}

// The client shows the message as sent, whatever becomes of it.
char* Diversion::refuse(const Element& stanza, const std::string& reason) {
  std::string body = body_of(stanza);
  if (!body.empty() || !stanza) {
    screen_.show(bare(stanza.attr("to")), "NOT SENT: " + quoted(body) + ": " + shown(reason),
                 Screen::Tone::kWarning);
  }
  return replacement();
}

bool Diversion::wait(const std::string& to, const char* xml) {
  std::size_t octets = std::strlen(xml);
  if (waiting_.size() >= kMaxWaiting || waiting_octets_ + octets > kMaxWaitingOctets) return false;
  waiting_octets_ += octets;
  waiting_.push_back({to, xml});
  return true;
}

// In order for each contact. What no longer belongs on a stream is not sent by the server instead:
// it was written for the stream.
void Diversion::on_writable() {
  std::set<std::string> full;
  std::deque<Waiting> waiting = std::exchange(waiting_, {});
  waiting_octets_ = 0;
  for (Waiting& next : waiting) {
    char* text = nullptr;
    bool is_full = full.contains(bare(next.to));
    int answer = is_full ? BALCONY_BUSY : balcony_outgoing(core_, next.xml.c_str(), &text);
    std::string reason =
        text && answer == BALCONY_REFUSED ? text : "the stream was closed before it could be sent";
    balcony_free(text);
    if (answer == BALCONY_BUSY) {
      full.insert(bare(next.to));
      waiting_octets_ += next.xml.size();
      waiting_.push_back(std::move(next));
    } else if (answer != BALCONY_TAKEN) {
      balcony_stanza lost{};
      lost.peer = next.to.c_str();
      lost.xml = next.xml.c_str();
      on_undelivered(lost, false, reason);
    }
  }
}

void Diversion::give_up(const std::string& reason) {
  for (const Waiting& lost : std::exchange(waiting_, {})) {
    balcony_stanza stanza{};
    stanza.peer = lost.to.c_str();
    stanza.xml = lost.xml.c_str();
    on_undelivered(stanza, false, reason);
  }
  waiting_octets_ = 0;
}

void Diversion::on_undelivered(const balcony_stanza& stanza, bool unknown,
                               const std::string& reason) {
  std::string contact = bare(stanza.peer);
  told_waiting_.erase(contact);
  auto parsed = read_stanza(stanza.xml);
  std::string body = parsed ? body_of(*parsed) : "";
  if (body.empty()) return;  // typing notices and receipts: nobody misses them
  screen_.show(
      contact,
      (unknown ? "MAY NOT HAVE ARRIVED: " : "NOT SENT: ") + quoted(body) + ": " + shown(reason),
      Screen::Tone::kWarning);
}

void Diversion::after_taking(const Element& stanza, const std::string& contact) {
  if (body_of(stanza).empty()) return;
  if (!screen_.has_stream(contact) && told_waiting_.insert(contact).second) {
    screen_.show(contact, "Waiting for an end-to-end stream with " + contact +
                              ": what you write is kept here until there is one.");
  }
  if (is_encrypted_already(stanza) && told_encrypted_.insert(contact).second) {
    screen_.show(contact,
                 "This window encrypts by itself too (OMEMO, OTR or PGP); most clients can't undo "
                 "that on a stream. Switch it off, such as with /omemo end.",
                 Screen::Tone::kWarning);
  }
}

}  // namespace profanity_host
