// SPDX-License-Identifier: MIT
// Every XML namespace that Balcony speaks (PROTOCOL.md section 0.1).
#pragma once

#include <string_view>

namespace balcony::ns {

inline constexpr std::string_view kXml = "http://www.w3.org/XML/1998/namespace";
inline constexpr std::string_view kClient = "jabber:client";
inline constexpr std::string_view kStreams = "http://etherx.jabber.org/streams";
inline constexpr std::string_view kStreamErrors = "urn:ietf:params:xml:ns:xmpp-streams";
inline constexpr std::string_view kStanzaErrors = "urn:ietf:params:xml:ns:xmpp-stanzas";
inline constexpr std::string_view kTls = "urn:ietf:params:xml:ns:xmpp-tls";
inline constexpr std::string_view kSasl = "urn:ietf:params:xml:ns:xmpp-sasl";

inline constexpr std::string_view kJingle = "urn:xmpp:jingle:1";
inline constexpr std::string_view kJingleErrors = "urn:xmpp:jingle:errors:1";
inline constexpr std::string_view kXmlStream = "urn:xmpp:jingle:apps:xmlstream:0";
inline constexpr std::string_view kJingleIbb = "urn:xmpp:jingle:transports:ibb:1";
inline constexpr std::string_view kJingleSocks5 = "urn:xmpp:jingle:transports:s5b:1";
inline constexpr std::string_view kExternalServices = "urn:xmpp:extdisco:2";
inline constexpr std::string_view kJingleIce = "urn:xmpp:jingle:transports:ice:0";
inline constexpr std::string_view kIbb = "http://jabber.org/protocol/ibb";
inline constexpr std::string_view kBytestreams = "http://jabber.org/protocol/bytestreams";
inline constexpr std::string_view kBalcony = "urn:x-balcony:0";  // our own extensions (0.1a)
inline constexpr std::string_view kPseudoTcp = "urn:x-balcony:0:ptcp";
inline constexpr std::string_view kPseudoTcpFeature = "urn:x-balcony:0#ptcp";

inline constexpr std::string_view kDiscoInfo = "http://jabber.org/protocol/disco#info";
inline constexpr std::string_view kCaps = "http://jabber.org/protocol/caps";
inline constexpr std::string_view kCaps2 = "urn:xmpp:caps";  // XEP-0390
inline constexpr std::string_view kHashes = "urn:xmpp:hashes:2";
inline constexpr std::string_view kDataForms = "jabber:x:data";
inline constexpr std::string_view kPing = "urn:xmpp:ping";
inline constexpr std::string_view kVersion = "jabber:iq:version";
inline constexpr std::string_view kRoster = "jabber:iq:roster";
inline constexpr std::string_view kBlocking = "urn:xmpp:blocking";
inline constexpr std::string_view kDelay = "urn:xmpp:delay";
inline constexpr std::string_view kErrors = "urn:xmpp:errors";
inline constexpr std::string_view kReceipts = "urn:xmpp:receipts";
inline constexpr std::string_view kChatStates = "http://jabber.org/protocol/chatstates";
inline constexpr std::string_view kStanzaId = "urn:xmpp:sid:0";

}  // namespace balcony::ns
