// SPDX-License-Identifier: MIT
// The yardstick for stanzas: the least program that sends and reads them on an encrypted XML
// stream. libxml2's SAX2 parser on OpenSSL on a blocking socket; it keeps id, addresses and body of
// what it reads, checks nothing, and writes text that it has made from a pattern.
#pragma once

#include <functional>
#include <string>

#include "tests/bench/openssl_end.h"

typedef struct _xmlParserCtxt xmlParserCtxt;

namespace balcony::bench {

class MinimalEnd {
 public:
  struct Stanza {
    std::string id, from, to, body;
  };

  MinimalEnd(int fd, Role role);  // TLS is up and the headers are exchanged when it returns
  ~MinimalEnd();
  MinimalEnd(const MinimalEnd&) = delete;
  MinimalEnd& operator=(const MinimalEnd&) = delete;

  void write(std::string_view stanzas) { tls_.write(stanzas); }
  bool read();  // once; calls on_stanza for what was completed. False: closed
  std::function<void(const Stanza&)> on_stanza;

 private:
  struct Callbacks;
  void keep(const unsigned char** attribute);

  OpensslEnd tls_;
  xmlParserCtxt* parser_;
  int depth_ = 0;
  bool in_body_ = false;
  Stanza stanza_;
};

}  // namespace balcony::bench
