// SPDX-License-Identifier: MIT
// Where our own key lives: one PEM file in the state folder, mode 0600 (TLS-13, SECURITY.md promise
// 10).
#pragma once

#include <string>

#include "jingle/base/env.h"
#include "jingle/base/jid.h"
#include "jingle/base/result.h"
#include "jingle/security/identity.h"

namespace balcony {

// The identity of `account`: read, renewed on the same key when that is due, or made and kept at
// first use. Fails if the file can't be read or written, is damaged, or belongs to another account;
// it is never overwritten then.
Result<Identity> load_identity(const std::string& path, const Jid& account, Env& env);

}  // namespace balcony
