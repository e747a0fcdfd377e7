// SPDX-License-Identifier: MIT
#include "jingle/session/jingle_request.h"

#include <algorithm>

#include "jingle/base/ns.h"

namespace balcony {
namespace {

// XEP-0166 sets no limit: as long as the longest part of a JID (RFC 6122 section 2.1), which is the
// other half of a session's key. Ours take 33 octets.
constexpr std::size_t kMaxSid = 1023;

constexpr std::size_t kFingerprintDigits = 64;  // SHA-256

tl::unexpected<Error> malformed(std::string text) {
  return fail(Blame::kPeer, "bad-request", std::move(text));
}

// An NMTOKEN, as far as ASCII goes. A sid is an opaque key here: which other characters XML counts
// as letters makes no difference to it.
bool is_sid(std::string_view sid) {
  auto is_name_character = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == ':' || static_cast<unsigned char>(c) >= 0x80;
  };
  return !sid.empty() && sid.size() <= kMaxSid &&
         std::all_of(sid.begin(), sid.end(), is_name_character);
}

std::string read_fingerprint(const Element& content) {
  const Element* element = content.child("fingerprint", ns::kBalcony);
  if (!element || element->attr("hash") != "sha-256") return {};
  std::string digits = element->text();
  bool usable = digits.size() == kFingerprintDigits &&
                digits.find_first_not_of("0123456789abcdef") == std::string::npos;
  return usable ? digits : std::string();
}

Content read_content(const Element& element) {
  Content content{.creator = std::string(element.attr("creator")),
                  .name = std::string(element.attr("name")),
                  .senders = std::string(element.attr("senders")),
                  .disposition = std::string(element.attr("disposition")),
                  .description = {},
                  .transport = {},
                  .fingerprint = read_fingerprint(element)};
  for (const Element* child : element.children()) {
    if (child->name() == "description" && !content.description) content.description = *child;
    if (child->name() == "transport" && !content.transport) content.transport = *child;
  }
  return content;
}

// JGL-09. In an offer every content is the initiator's.
Result<void> check_offer(const std::vector<Content>& contents) {
  for (const Content& content : contents) {
    if (content.creator != "initiator") return malformed("bad creator");
    if (content.name.empty()) return malformed("content without a name");
    if (!content.description || !content.transport)
      return malformed("content without description or transport");
  }
  const std::string& disposition = contents.front().disposition;
  if (contents.size() == 1 && !disposition.empty() && disposition != "session")
    return malformed("sole content is not of disposition session");
  return {};
}

// What the contents must have for the action to make sense. Names and creators are checked in
// offers only (JGL-24).
Result<void> check_contents(const JingleRequest& request) {
  switch (request.action) {
    case Action::kSessionTerminate:
    case Action::kSessionInfo:
    case Action::kDescriptionInfo:
    case Action::kSecurityInfo:
    case Action::kTransportReject:
    case Action::kContentAccept:
    case Action::kContentReject:
      return {};
    default:
      break;
  }
  if (request.contents.empty()) return malformed("no content");
  const Content& first = request.contents.front();
  switch (request.action) {
    case Action::kSessionInitiate:
      return check_offer(request.contents);
    case Action::kSessionAccept:  // JGL-23
      if (request.contents.size() != 1) return malformed("more than one content accepted");
      if (!first.description) return malformed("content without description");
      [[fallthrough]];
    case Action::kTransportInfo:
    case Action::kTransportReplace:
    case Action::kTransportAccept:
      if (!first.transport) return malformed("content without transport");
      return {};
    default:
      return {};
  }
}

Element to_element(const Content& content) {
  Element element("content", ns::kJingle);
  element.set_attr("creator", content.creator).set_attr("name", content.name);
  if (!content.senders.empty()) element.set_attr("senders", content.senders);
  if (!content.disposition.empty()) element.set_attr("disposition", content.disposition);
  if (content.description) element.add(content.description);
  if (content.transport) element.add(content.transport);
  if (!content.fingerprint.empty()) {
    Element fingerprint("fingerprint", ns::kBalcony);
    fingerprint.set_attr("hash", "sha-256").add_text(content.fingerprint);
    element.add(std::move(fingerprint));
  }
  return element;
}

}  // namespace

Result<JingleRequest> read_jingle(const Element& jingle) {
  if (!jingle.is("jingle", ns::kJingle)) return malformed("not a jingle element");
  std::optional<Action> action = read_action(jingle.attr("action"));
  if (!action) return malformed("unknown action");
  if (!is_sid(jingle.attr("sid"))) return malformed("bad sid");

  JingleRequest request;
  request.action = *action;
  request.sid = jingle.attr("sid");
  request.initiator = jingle.attr("initiator");
  request.responder = jingle.attr("responder");
  for (const Element* child : jingle.children()) {
    if (child->is("content", ns::kJingle))
      request.contents.push_back(read_content(*child));
    else if (child->is("reason", ns::kJingle) && !request.reason)
      request.reason = read_reason(child);
    else
      request.payload.push_back(*child);
  }
  if (Result<void> sound = check_contents(request); !sound)
    return tl::make_unexpected(sound.error());
  return request;
}

Element to_element(const JingleRequest& request) {
  Element jingle("jingle", ns::kJingle);
  jingle.set_attr("action", to_string(request.action));
  if (!request.initiator.empty()) jingle.set_attr("initiator", request.initiator);
  if (!request.responder.empty()) jingle.set_attr("responder", request.responder);
  jingle.set_attr("sid", request.sid);
  for (const Content& content : request.contents) jingle.add(to_element(content));
  if (request.reason) jingle.add(to_element(*request.reason));
  for (const Element& element : request.payload) jingle.add(element);
  return jingle;
}

Content xmlstream_content(Element transport, std::string fingerprint) {
  return {.creator = "initiator",
          .name = "xmlstream",
          .senders = {},
          .disposition = {},
          .description = Element("description", ns::kXmlStream),
          .transport = std::move(transport),
          .fingerprint = std::move(fingerprint)};
}

}  // namespace balcony
