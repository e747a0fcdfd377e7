// SPDX-License-Identifier: MIT
// The yardstick's TLS: OpenSSL straight on a blocking socket, with the same version, cipher and
// certificates on both sides, and nothing else.
#pragma once

#include <memory>
#include <string>

#include "jingle/role.h"
#include "jingle/security/identity.h"

typedef struct ssl_st SSL;

namespace balcony::bench {

class OpensslEnd {
 public:
  OpensslEnd(int fd, Role role);  // shakes hands; borrows fd
  ~OpensslEnd();
  void write(std::string_view octets);               // whole
  std::size_t read(char* octets, std::size_t size);  // some; 0: closed
  SSL* ssl() { return ssl_; }

 private:
  SSL* ssl_;
};

const Identity& identity_of(Role role);  // one for each role, made once
SSL* new_ssl(Role role);                 // of the yardstick's context

}  // namespace balcony::bench
