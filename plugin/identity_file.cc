// SPDX-License-Identifier: MIT
#include "plugin/identity_file.h"

#include "plugin/private_file.h"

namespace balcony {
namespace {

Result<Identity> keep(const std::string& path, Result<Identity> identity) {
  if (!identity) return identity;
  if (auto kept = write_private_file(path, identity->to_pem().reveal()); !kept)
    return tl::make_unexpected(kept.error());
  return identity;
}

}  // namespace

Result<Identity> load_identity(const std::string& path, const Jid& account, Env& env) {
  auto text = read_private_file(path);
  if (!text) return tl::make_unexpected(text.error());
  if (!*text) return keep(path, Identity::generate(account, env));
  auto identity = Identity::from_pem(Redacted(std::move(**text)));
  if (!identity) {
    return fail(Blame::kEnvironment, "damaged-file",
                "Your key in " + path + " can't be used: " + identity.error().text +
                    ". Repair it, or move it away to get a new key.");
  }
  if (!identity->certificate().names(account)) {
    return fail(Blame::kCaller, "wrong-account",
                "The key in " + path + " is not for " + account.full() +
                    ". Use a state folder of its own for each account.");
  }
  if (identity->is_renewal_due(env.unix_time())) return keep(path, identity->renewed(account, env));
  return identity;
}

}  // namespace balcony
