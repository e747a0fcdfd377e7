// SPDX-License-Identifier: MIT
// The elements of a stream that are no stanzas: headers, features, STARTTLS, SASL, stream errors
// (RFC 6120 sections 4 to 6). Each printer stands next to its reader.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jingle/base/element.h"
#include "jingle/base/jid.h"
#include "jingle/base/result.h"
#include "jingle/base/xml_parser.h"

namespace balcony {

struct StreamHeader {
  std::string from, to, id, version, lang;  // as written; empty if absent
};
// With the XML declaration. `id` empty: none is written (STM-03).
std::string print_header(const StreamHeader& header);
// Name, namespaces and version are checked here (STM-04, STM-06); the addresses by XmlStream. Fails
// with a stream error condition.
Result<StreamHeader> read_header(const RootOpened& root);

inline constexpr std::string_view kStreamEnd = "</stream:stream>";

inline constexpr std::string_view kStarttlsXml =
    "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
inline constexpr std::string_view kProceedXml =
    "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
inline constexpr std::string_view kExternal = "EXTERNAL";
inline constexpr std::string_view kChallengeXml =
    "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>";
inline constexpr std::string_view kSuccessXml =
    "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>";
std::string print_auth_external(std::string_view authzid);  // may be empty (SAS-03)
std::string print_sasl_failure(std::string_view condition);
std::string read_sasl_failure(const Element& failure);  // its condition, for people

struct StreamFeatures {
  bool starttls = false;
  bool starttls_required = false;
  std::vector<std::string> mechanisms;  // empty: no <mechanisms/>
  std::string unknown_mandatory;        // name of a mandatory feature that we lack, such as bind
};
std::string print_features(const StreamFeatures& features);
StreamFeatures read_stream_features(const Element& features);

struct StreamError {
  std::string condition;  // RFC 6120 section 4.9.3
  std::string text;
  Element application;  // may be nameless
};
std::string print_stream_error(const StreamError& error);
StreamError read_stream_error(const Element& error);  // unknown: undefined-condition (STM-21)

// The Jingle reason with which a stream ends that saw this condition, sent or received (STE).
std::string_view reason_for(std::string_view condition);

}  // namespace balcony
