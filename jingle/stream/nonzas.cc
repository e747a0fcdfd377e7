// SPDX-License-Identifier: MIT
#include "jingle/stream/nonzas.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "jingle/base/bytes.h"
#include "jingle/base/ns.h"
#include "jingle/base/stanza.h"

namespace balcony {
namespace {

void append_attribute(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out += ' ';
  out += name;
  out += "='";
  for (char c : escape_xml(value)) c == '\'' ? out += "&apos;" : out += c;
  out += '\'';
}

// Whether `version` is 1.0 or higher: numbers, not strings (RFC 6120 section 4.7.5).
bool is_supported(std::string_view version) {
  unsigned major = 0;
  const char* end = version.data() + version.size();
  auto [rest, error] = std::from_chars(version.data(), end, major);
  if (error == std::errc::result_out_of_range) return true;
  return error == std::errc() && rest != end && *rest == '.' && major >= 1;
}

bool is_condition(std::string_view name) {
  constexpr std::array<std::string_view, 25> conditions{"bad-format",
                                                        "bad-namespace-prefix",
                                                        "conflict",
                                                        "connection-timeout",
                                                        "host-gone",
                                                        "host-unknown",
                                                        "improper-addressing",
                                                        "internal-server-error",
                                                        "invalid-from",
                                                        "invalid-namespace",
                                                        "invalid-xml",
                                                        "not-authorized",
                                                        "not-well-formed",
                                                        "policy-violation",
                                                        "remote-connection-failed",
                                                        "reset",
                                                        "resource-constraint",
                                                        "restricted-xml",
                                                        "see-other-host",
                                                        "system-shutdown",
                                                        "undefined-condition",
                                                        "unsupported-encoding",
                                                        "unsupported-feature",
                                                        "unsupported-stanza-type",
                                                        "unsupported-version"};
  return std::find(conditions.begin(), conditions.end(), name) != conditions.end();
}

}  // namespace

std::string print_header(const StreamHeader& header) {
  std::string out =
      "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
      "xmlns:stream='http://etherx.jabber.org/streams'";
  append_attribute(out, "from", header.from);
  append_attribute(out, "to", header.to);
  append_attribute(out, "id", header.id);
  append_attribute(out, "version", header.version);
  append_attribute(out, "xml:lang", header.lang);
  return out + '>';
}

Result<StreamHeader> read_header(const RootOpened& opened) {
  const Element& root = opened.root;
  if (root.name() != "stream")
    return fail(Blame::kPeer, "bad-format", "the root element is not a stream");
  if (root.ns() != ns::kStreams || opened.content_ns != ns::kClient)
    return fail(Blame::kPeer, "invalid-namespace", "only jabber:client is spoken here");
  StreamHeader header{.from = std::string(root.attr("from")),
                      .to = std::string(root.attr("to")),
                      .id = std::string(root.attr("id")),
                      .version = std::string(root.attr("version")),
                      .lang = std::string(root.attr("lang", ns::kXml))};
  if (!is_supported(header.version))
    return fail(Blame::kPeer, "unsupported-version", "XMPP 1.0 is needed");
  return header;
}

std::string print_features(const StreamFeatures& features) {
  Element starttls("starttls", ns::kTls);
  if (features.starttls_required) starttls.add(Element("required", ns::kTls));
  Element mechanisms("mechanisms", ns::kSasl);
  for (const std::string& name : features.mechanisms)
    mechanisms.add(Element("mechanism", ns::kSasl).add_text(name));

  std::string children;
  if (features.starttls) append_xml(children, starttls, ns::kClient);
  if (!features.mechanisms.empty()) append_xml(children, mechanisms, ns::kClient);
  if (children.empty()) return "<stream:features/>";
  return "<stream:features>" + children + "</stream:features>";
}

StreamFeatures read_stream_features(const Element& element) {
  StreamFeatures features;
  for (const Element* child : element.children()) {
    bool required = child->child("required", child->ns()) != nullptr;
    if (child->is("starttls", ns::kTls)) {
      features.starttls = true;
      features.starttls_required = required;
    } else if (child->is("mechanisms", ns::kSasl)) {
      for (const Element* mechanism : child->children())
        if (mechanism->is("mechanism", ns::kSasl)) features.mechanisms.push_back(mechanism->text());
    } else if (required || child->is("bind", "urn:ietf:params:xml:ns:xmpp-bind")) {
      features.unknown_mandatory = child->name();  // binding is mandatory without saying so
    }
  }
  return features;
}

std::string print_auth_external(std::string_view authzid) {
  Element auth("auth", ns::kSasl);
  auth.set_attr("mechanism", kExternal);
  auth.add_text(authzid.empty() ? "=" : base64_encode(authzid));
  return to_xml(auth, ns::kClient);
}

std::string print_sasl_failure(std::string_view condition) {
  return to_xml(Element("failure", ns::kSasl).add(Element(condition, ns::kSasl)), ns::kClient);
}

std::string read_sasl_failure(const Element& failure) {
  const Element* condition = failure.first_child();
  return condition ? clean_text(condition->name(), 40) : "no condition";
}

std::string print_stream_error(const StreamError& error) {
  std::string out = "<stream:error>";
  append_xml(out, Element(error.condition, ns::kStreamErrors), ns::kClient);
  if (!error.text.empty()) {
    Element text("text", ns::kStreamErrors);
    text.set_attr("lang", "en", ns::kXml).add_text(error.text);
    append_xml(out, text, ns::kClient);
  }
  if (error.application) append_xml(out, error.application, ns::kClient);
  return out + "</stream:error>";
}

StreamError read_stream_error(const Element& element) {
  StreamError error;
  for (const Element* child : element.children()) {
    if (child->ns() != ns::kStreamErrors) {
      if (!error.application) error.application = *child;
    } else if (child->name() == "text") {
      error.text = clean_text(child->text());
    } else if (error.condition.empty() && is_condition(child->name())) {
      error.condition = child->name();
    }
  }
  if (error.condition.empty()) error.condition = "undefined-condition";
  return error;
}

std::string_view reason_for(std::string_view condition) {
  if (condition == "not-authorized") return "security-error";
  if (condition == "conflict") return "success";  // another stream took over: no more to say
  if (condition == "connection-timeout" || condition == "system-shutdown" || condition == "reset")
    return "connectivity-error";
  return "failed-application";
}

}  // namespace balcony
