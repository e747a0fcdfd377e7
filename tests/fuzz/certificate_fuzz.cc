// SPDX-License-Identifier: MIT
// What is read from a certificate, and which chains are valid (TLS-13 to -15, -18, -20).
//
//   input: a first line, `der` or `made`.
//   Behind `der` comes a certificate as a stranger sends it. Behind `made` come lines, by which one
//   is made and signed by an authority of ours:
//     utf8 TEXT, ia5 TEXT   an xmppAddr of that string type        key NAME       see
//     made_certificate.h before, after, at N   seconds from a fixed moment            usage NAME
//     extended key usage client                its holder is the TLS client           stranger
//     another authority
#include <openssl/sha.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "jingle/security/certificate.h"
#include "tests/fuzz/support/fuzz.h"
#include "tests/jingle/security/made_certificate.h"

namespace balcony {
namespace {

constexpr std::int64_t kNow = 1795000000;
constexpr std::int64_t kTolerance = 300;  // TLS-18

const MadeCertificate& authority() {
  static const MadeCertificate made = [] {
    Recipe recipe;
    recipe.addresses.clear();
    recipe.subject = "Authority";
    recipe.constraints = "critical,CA:TRUE";
    recipe.not_before = kNow - 100'000'000;
    recipe.not_after = kNow + 100'000'000;
    return make_certificate(recipe);
  }();
  return made;
}

const MadeCertificate& stranger() {
  static const MadeCertificate made = [] {
    Recipe recipe;
    recipe.addresses.clear();
    recipe.subject = "Authority";
    recipe.constraints = "critical,CA:TRUE";
    return make_certificate(recipe);
  }();
  return made;
}

std::string sha256_of(ByteView octets) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(octets.data()), octets.size(), digest);
  return hex(ByteView(reinterpret_cast<char*>(digest), sizeof digest));
}

void check_names(const Certificate& certificate) {
  for (const char* text : {"romeo@example.net/orchard", "example.net/x", "juliet@example.net/x"}) {
    Jid peer = *Jid::parse(text);
    bool is_named = std::any_of(
        certificate.addresses.begin(), certificate.addresses.end(), [&](const Jid& address) {
          return address.full() == text ||
                 address.full() + "/" + std::string(peer.resource()) == text;
        });
    require(certificate.names(peer) == is_named, "a certificate names its addresses alone", text);
  }
}

// ---- as it comes ----

// The octets of the DER value that begins `der`, its head included; nothing if that is not DER.
std::optional<std::size_t> length_of(ByteView der) {
  if (der.size() < 2) return std::nullopt;
  auto at = [&](std::size_t i) { return static_cast<unsigned char>(der[i]); };
  std::size_t count = at(1);
  if (count < 0x80) return count + 2;
  std::size_t octets = count - 0x80, length = 0;
  if (octets == 0 || octets > 3 || der.size() < 2 + octets) return std::nullopt;
  for (std::size_t i = 0; i < octets; ++i) length = length << 8 | at(2 + i);
  return 2 + octets + length;
}

void fuzz_der(ByteView der) {
  auto certificate = read_certificate(der);
  if (!certificate) return;
  require(der.size() <= static_cast<std::size_t>(kMaxChainOctets), "no more than the limit");
  if (auto length = length_of(der))
    require(*length == der.size(), "nothing stands behind a certificate");
  require(certificate->der == der && certificate->digest == sha256_of(der),
          "the digest is that of all octets");
  require(certificate->fingerprint.size() == 64, "a key has a fingerprint");
  require(certificate->addresses.size() <= 64, "no more addresses than the limit");
  for (const Jid& address : certificate->addresses)
    require(Jid::parse(address.full()) == address, "an address is a prepared one", address.full());
  check_names(*certificate);
  require(!verify_chain({Bytes(der)}, authority().pem(), kNow, Role::kInitiator),
          "a stranger's certificate is not valid");
}

// ---- as it is made ----

struct Made {
  Recipe recipe;
  std::vector<std::string> addresses;
  int type = V_ASN1_UTF8STRING;
  std::int64_t at = kNow;
  Role role = Role::kResponder;
  bool is_ours = true;
};

std::int64_t moment(std::string_view word) {
  bool is_before = word.starts_with('-');
  auto by = static_cast<std::int64_t>(number_in(word.substr(is_before ? 1 : 0), 50'000'000));
  return is_before ? kNow - by : kNow + by;
}

void follow(std::string_view line, Made& made) {
  std::string_view word = take_word(line);
  if (word == "utf8" || word == "ia5") {
    made.type = word == "utf8" ? V_ASN1_UTF8STRING : V_ASN1_IA5STRING;
    if (made.addresses.size() < 80) made.addresses.emplace_back(line);
  }
  if (word == "before") made.recipe.not_before = moment(line);
  if (word == "after") made.recipe.not_after = moment(line);
  if (word == "at") made.at = moment(line);
  if (word == "client") made.role = Role::kInitiator;
  if (word == "stranger") made.is_ours = false;
  if (word == "usage" && line == "client") made.recipe.usage = "clientAuth";
  if (word == "usage" && line == "server") made.recipe.usage = "serverAuth";
  if (word != "key") return;
  for (const char* key : {"P-256", "P-224", "ED25519", "EXPLICIT"})
    if (line == key) made.recipe.key = key;
}

std::vector<Jid> expected_addresses(const Made& made) {
  std::vector<Jid> expected;
  if (made.type != V_ASN1_UTF8STRING) return expected;
  for (const std::string& address : made.addresses) {
    auto jid = Jid::parse(address);
    bool is_sound = jid && address.find('\0') == std::string::npos;
    if (is_sound && expected.size() < 64) expected.push_back(*jid);
  }
  return expected;
}

// A chain may be valid to the end of its last second, or to its beginning: `slack` 0 or 1.
bool is_in_time(const Made& made, std::int64_t slack) {
  for (std::int64_t at : {made.at - kTolerance, made.at, made.at + kTolerance})
    if (at >= made.recipe.not_before && at < made.recipe.not_after + slack) return true;
  return false;
}

void check_chain(const Made& made, const Bytes& der) {
  bool is_strong = made.recipe.key == "P-256" || made.recipe.key == "ED25519";
  std::string_view usage = made.recipe.usage ? made.recipe.usage : "";
  bool is_for_role =
      usage.empty() || usage == (made.role == Role::kInitiator ? "clientAuth" : "serverAuth");
  bool is_valid = verify_chain({der}, authority().pem(), made.at, made.role);
  std::string what = "at " + std::to_string(made.at) + " from " +
                     std::to_string(made.recipe.not_before) + " to " +
                     std::to_string(made.recipe.not_after) + " " + made.recipe.key;
  if (!made.is_ours || !is_in_time(made, 1) || !is_for_role)
    return require(!is_valid, "who signed, the dates and the usage decide", what);
  require(is_valid || !is_strong || !is_in_time(made, 0), "a good chain is valid", what);
}

void fuzz_made(std::string_view input) {
  Made made;
  while (!input.empty()) follow(take_line(input), made);
  made.recipe.addresses = made.addresses;
  made.recipe.address_type = made.type;
  const MadeCertificate& issuer = made.is_ours ? authority() : stranger();
  Bytes der = make_certificate(made.recipe, &issuer).der();
  auto certificate = read_certificate(der);
  if (made.recipe.key == "EXPLICIT" && !certificate) return;
  require(certificate.has_value(), "a sound certificate can be read");
  require(certificate->not_before == made.recipe.not_before &&
              certificate->not_after == made.recipe.not_after,
          "the dates are read");
  require(certificate->addresses == expected_addresses(made), "the addresses are read");
  bool is_weak = made.recipe.key == "P-224" || made.recipe.key == "EXPLICIT";
  require(certificate->weakness.empty() == !is_weak, "a weak key is told", certificate->weakness);
  require(!certificate->self_signed, "who signed is told");
  check_names(*certificate);
  check_chain(made, der);
}

}  // namespace

void fuzz(std::string_view input) {
  std::string_view kind = take_line(input);
  if (kind == "der") fuzz_der(input);
  if (kind == "made") fuzz_made(input);
}

}  // namespace balcony
