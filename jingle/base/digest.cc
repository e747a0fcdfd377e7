// SPDX-License-Identifier: MIT
#include "jingle/base/digest.h"

#include <openssl/evp.h>

#include <cassert>

namespace balcony {
namespace {

Bytes digest(ByteView octets, const EVP_MD* algorithm) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  [[maybe_unused]] int done =
      EVP_Digest(octets.data(), octets.size(), out, &size, algorithm, nullptr);
  assert(done == 1);
  return Bytes(reinterpret_cast<char*>(out), size);
}

}  // namespace

Bytes sha1(ByteView octets) { return digest(octets, EVP_sha1()); }
Bytes sha256(ByteView octets) { return digest(octets, EVP_sha256()); }

}  // namespace balcony
