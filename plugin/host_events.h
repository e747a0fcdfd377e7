// SPDX-License-Identifier: MIT
// What the core tells its host, as values that can cross from one thread to the other. balcony.cc
// turns each into the callback of balcony.h that has its name; the meaning of each field stands
// there.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace balcony {

struct Attempt {
  std::string transport, reason;
};

struct StreamInfo {
  std::string peer, state, role, transport, local, remote, pair, tls, cipher, trust, fingerprint;
  std::string reason, text;
  std::vector<Attempt> tried;
  double since = 0;
  std::uint64_t stanzas_in = 0, stanzas_out = 0, bytes_in = 0, bytes_out = 0;
};

struct StanzaInfo {
  std::string local, peer, id, xml, transport, tls, trust;
};

struct TellSend {
  std::string xml;
};
struct TellReceive {
  StanzaInfo stanza;
  bool is_request = false;  // an IQ request: if the host can't handle it, Balcony answers
};
struct TellUndelivered {
  StanzaInfo stanza;
  bool unknown = false;
  std::string reason;
};
struct TellStream {
  StreamInfo info;
};
struct TellPeer {
  std::string jid;
  int e2e = -1;
};
struct TellStatus {
  StreamInfo info;
};
struct TellAsk {
  std::string kind, peer, fingerprint;
  std::vector<std::string> known;
};
struct TellNotice {
  std::string peer, text;
};
struct TellReply {
  std::string line;
  bool ok = false;
  std::string text;
};
struct TellFeatures {
  std::vector<std::string> features;
};
struct TellWritable {
  std::string peer;
};
struct TellLog {
  int level = 0;
  std::string line;
};  // BALCONY_LOG_...

using HostEvent =
    std::variant<TellSend, TellReceive, TellUndelivered, TellStream, TellPeer, TellStatus, TellAsk,
                 TellNotice, TellReply, TellFeatures, TellWritable, TellLog>;

enum LogLevel { kLogError = 0, kLogWarning = 1, kLogInfo = 2, kLogDebug = 3 };

}  // namespace balcony
