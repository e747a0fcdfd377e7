// SPDX-License-Identifier: MIT
// Message digests (OpenSSL behind it). Raw octets out; bytes.h prints them.
#pragma once

#include "jingle/base/bytes.h"

namespace balcony {

Bytes sha1(ByteView octets);    // 20 octets: caps hashes and SOCKS5 names only
Bytes sha256(ByteView octets);  // 32 octets

}  // namespace balcony
