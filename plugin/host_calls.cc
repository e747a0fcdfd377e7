// SPDX-License-Identifier: MIT
#include "plugin/host_calls.h"

#include <utility>
#include <vector>

#include "jingle/base/xml_parser.h"

namespace balcony {
namespace {

// balcony.h: what is not known yet is NULL.
const char* or_null(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

// The struct of the C interface, borrowing from `info` and `tried`.
balcony_stream_info stream_info(const StreamInfo& info, std::vector<balcony_attempt>& tried) {
  for (const Attempt& attempt : info.tried)
    tried.push_back({attempt.transport.c_str(), attempt.reason.c_str()});
  balcony_stream_info out{};
  out.size = sizeof out;
  out.peer = info.peer.c_str();
  out.state = info.state.c_str();
  out.role = or_null(info.role);
  out.transport = or_null(info.transport);
  out.local = or_null(info.local);
  out.remote = or_null(info.remote);
  out.pair = or_null(info.pair);
  out.tls = or_null(info.tls);
  out.cipher = or_null(info.cipher);
  out.trust = or_null(info.trust);
  out.fingerprint = or_null(info.fingerprint);
  out.reason = or_null(info.reason);
  out.text = or_null(info.text);
  out.tried = tried.data();
  out.tried_count = static_cast<std::uint32_t>(tried.size());
  out.since = info.since;
  out.stanzas_in = info.stanzas_in;
  out.stanzas_out = info.stanzas_out;
  out.bytes_in = info.bytes_in;
  out.bytes_out = info.bytes_out;
  return out;
}

balcony_stanza stanza_info(const StanzaInfo& info) {
  balcony_stanza out{};
  out.size = sizeof out;
  out.local = info.local.c_str();
  out.peer = info.peer.c_str();
  out.id = info.id.c_str();
  out.xml = info.xml.c_str();
  out.transport = or_null(info.transport);
  out.tls = or_null(info.tls);
  out.trust = or_null(info.trust);
  return out;
}

void tell_stream(const balcony_host& host, const StreamInfo& info,
                 void (*callback)(void*, const balcony_stream_info*)) {
  if (!callback) return;
  std::vector<balcony_attempt> tried;
  balcony_stream_info out = stream_info(info, tried);
  callback(host.user, &out);
}

struct Caller {
  const balcony_host& host;
  Mailbox& mailbox;

  void operator()(const TellSend& e) const {
    if (host.send) host.send(host.user, e.xml.c_str());
  }
  void operator()(const TellReceive& e) const {
    balcony_stanza stanza = stanza_info(e.stanza);
    bool handled = host.receive && host.receive(host.user, &stanza) != 0;
    if (handled || !e.is_request) return;
    auto peer = Jid::parse(e.stanza.peer);
    auto request = parse_stanza(e.stanza.xml, {.element = 1 << 20});
    if (peer && request) mailbox.to_core(Unhandled{*peer, e.stanza.id, std::move(*request)});
  }
  void operator()(const TellUndelivered& e) const {
    balcony_stanza stanza = stanza_info(e.stanza);
    if (host.undelivered) host.undelivered(host.user, &stanza, e.unknown ? 1 : 0, e.reason.c_str());
  }
  void operator()(const TellStream& e) const { tell_stream(host, e.info, host.stream); }
  void operator()(const TellStatus& e) const { tell_stream(host, e.info, host.status); }
  void operator()(const TellPeer& e) const {
    if (host.peer) host.peer(host.user, e.jid.c_str(), e.e2e);
  }
  void operator()(const TellAsk& e) const {
    if (!host.ask) return;
    std::vector<const char*> known;
    for (const std::string& fingerprint : e.known) known.push_back(fingerprint.c_str());
    balcony_question question{};
    question.size = sizeof question;
    question.kind = e.kind.c_str();
    question.peer = e.peer.c_str();
    question.fingerprint = or_null(e.fingerprint);
    question.known = known.data();
    question.known_count = static_cast<std::uint32_t>(known.size());
    host.ask(host.user, &question);
  }
  void operator()(const TellNotice& e) const {
    if (host.notice) host.notice(host.user, e.peer.c_str(), e.text.c_str());
  }
  void operator()(const TellReply& e) const {
    if (host.reply) host.reply(host.user, e.line.c_str(), e.ok ? 1 : 0, e.text.c_str());
  }
  void operator()(const TellFeatures& e) const {
    if (!host.features) return;
    std::vector<const char*> features;
    for (const std::string& feature : e.features) features.push_back(feature.c_str());
    features.push_back(nullptr);
    host.features(host.user, features.data());
  }
  void operator()(const TellWritable& e) const {
    if (host.writable) host.writable(host.user, e.peer.c_str());
  }
  void operator()(const TellLog& e) const {
    if (host.log) host.log(host.user, e.level, e.line.c_str());
  }
};

}  // namespace

void call_host(const balcony_host& host, Mailbox& mailbox, const HostEvent& event) {
  std::visit(Caller{host, mailbox}, event);
}

}  // namespace balcony
