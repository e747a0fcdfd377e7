// SPDX-License-Identifier: MIT
// Both sides of the SOCKS5 handshake against a stranger who says anything, and a reader of RFC 1928
// of its own that has all octets at once (S5B-08, S5B-09).
//
//   input: a line of two words, SIDE (c: client, s: server) and CUTS (see cut_by), then what the
//   stranger says. `#` in it stands for the forty digits that are expected.
#include <optional>

#include "tests/fuzz/support/fuzz.h"
#include "transports/socks5/handshake.h"

namespace balcony {
namespace {

const std::string kHash = "869008f60b8394fcaf37434cb4e254a818fbe7a8";

struct Outcome {
  Bytes said;
  std::optional<Bytes> rest;  // connected
  bool is_refused = false;
};

void drain(Socks5Handshake& side, Outcome& outcome) {
  while (auto output = side.poll()) {
    require(!outcome.rest && !outcome.is_refused, "nothing comes after the end");
    if (auto* send = std::get_if<Socks5Handshake::Send>(&*output)) outcome.said += send->octets;
    if (auto* done = std::get_if<Socks5Handshake::Connected>(&*output)) outcome.rest = done->rest;
    if (std::holds_alternative<Socks5Handshake::Refused>(*output)) outcome.is_refused = true;
  }
}

Outcome run(bool is_client, std::string_view octets, std::string_view cuts) {
  Outcome outcome;
  Socks5Client client(kHash);
  Socks5Server server([](std::string_view name) { return name == kHash; });
  Socks5Handshake& side = is_client ? static_cast<Socks5Handshake&>(client) : server;
  drain(side, outcome);
  for (const std::string& piece : cut_by(octets, cuts)) {
    side.on_bytes(piece);
    drain(side, outcome);
  }
  return outcome;
}

// ---- RFC 1928, read once more ----

std::size_t at(std::string_view octets, std::size_t i) {
  return static_cast<unsigned char>(octets[i]);
}

// Where the bytestream begins, if the server did as S5B-08 asks.
std::optional<std::size_t> end_of_replies(std::string_view said) {
  if (said.size() < 6 || at(said, 0) != 5 || at(said, 1) != 0) return std::nullopt;
  said.remove_prefix(2);
  if (at(said, 0) != 5 || at(said, 1) != 0) return std::nullopt;
  std::size_t address = at(said, 3) == 1   ? 4
                        : at(said, 3) == 4 ? 16
                        : at(said, 3) != 3 ? 0
                        : said.size() > 4  ? 1 + at(said, 4)
                                           : 1000;
  if (address == 0 || said.size() < 4 + address + 2) return std::nullopt;
  return 2 + 4 + address + 2;
}

// The same for a client and S5B-09.
std::optional<std::size_t> end_of_requests(std::string_view said) {
  if (said.size() < 2 || at(said, 0) != 5) return std::nullopt;
  std::size_t methods = at(said, 1);
  if (said.size() < 2 + methods + 7 + kHash.size()) return std::nullopt;
  if (said.substr(2, methods).find('\0') == std::string_view::npos) return std::nullopt;
  std::string_view request = said.substr(2 + methods);
  bool is_good = at(request, 0) == 5 && at(request, 1) == 1 && at(request, 3) == 3 &&
                 at(request, 4) == kHash.size() && request.substr(5, kHash.size()) == kHash;
  return is_good ? std::optional(2 + methods + 7 + kHash.size()) : std::nullopt;
}

void check(bool is_client, std::string_view octets, const Outcome& outcome) {
  auto end = is_client ? end_of_replies(octets) : end_of_requests(octets);
  require(end.has_value() == outcome.rest.has_value(), "it connects if the stranger did right",
          octets);
  if (end) {
    require(octets.substr(*end).starts_with(*outcome.rest), "what comes behind is kept", octets);
  }
  Bytes head = is_client ? Bytes("\5\1\0", 3) : Bytes();
  require(outcome.said.starts_with(head), "a client begins");
  require(outcome.said.size() <= 3 + 2 + 7 + kHash.size(), "little is said");
  if (!is_client && outcome.rest)
    require(outcome.said.substr(2, 2) == Bytes("\5\0", 2), "success is told");
}

}  // namespace

void fuzz(std::string_view input) {
  std::string_view line = take_line(input);
  bool is_client = take_word(line) == "c";
  std::string_view cuts = take_word(line);
  Bytes octets;
  for (char c : input) c == '#' ? octets.append(kHash) : octets.append(1, c);
  Outcome whole = run(is_client, octets, {}), cut = run(is_client, octets, cuts);
  check(is_client, octets, whole);
  check(is_client, octets, cut);
  require(whole.said == cut.said && whole.is_refused == cut.is_refused,
          "the cuts make no difference", octets);
}

}  // namespace balcony
