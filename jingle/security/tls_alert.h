// SPDX-License-Identifier: MIT
// A fatal TLS 1.3 alert as the first record behind the handshake (RFC 8446 sections 5.2,
// 6, 7.1, 7.3). A key that is refused by policy gets bad_certificate (flow 9.7), and OpenSSL has no
// call that sends an alert of the application's choice.
#pragma once

#include <optional>
#include <string_view>

#include "jingle/base/bytes.h"
#include "jingle/base/redacted.h"

namespace balcony {

// The record, sealed with sequence number 0 under the sender's first application traffic secret (in
// hexadecimal). `suite` is OpenSSL's name for it. Nothing: an unknown suite, or no such secret.
std::optional<Bytes> seal_alert(const Redacted& secret, std::string_view suite,
                                unsigned char description);

}  // namespace balcony
