// SPDX-License-Identifier: MIT
#include "transports/socks5/handshake.h"

#include <cassert>
#include <utility>

namespace balcony {
namespace {

// RFC 1928 sections 3 to 6.
constexpr char kVersion = 5;
constexpr char kNoAuthentication = 0;
constexpr char kNoAcceptableMethod = '\xff';
constexpr char kConnect = 1;
constexpr char kIpv4 = 1, kName = 3, kIpv6 = 4;
constexpr char kSucceeded = 0, kNotAllowed = 2, kCommandUnknown = 7, kAddressUnknown = 8;
constexpr std::size_t kHead = 4;  // VER, CMD or REP, RSV, ATYP
constexpr std::size_t kPort = 2;

std::size_t octet_at(ByteView input, std::size_t i) { return static_cast<unsigned char>(input[i]); }

// How long a request or reply is, from VER to the port, as far as `input` says: 0 if it does not
// yet, nothing for an unknown type of address.
std::optional<std::size_t> message_length(ByteView input) {
  if (input.size() < kHead) return 0;
  if (input[3] == kIpv4) return kHead + 4 + kPort;
  if (input[3] == kIpv6) return kHead + 16 + kPort;
  if (input[3] != kName) return std::nullopt;
  return input.size() == kHead ? 0 : kHead + 1 + octet_at(input, kHead) + kPort;
}

bool is_whole(ByteView input, std::size_t length) { return length > 0 && input.size() >= length; }

}  // namespace

void Socks5Handshake::on_bytes(ByteView octets) {
  if (step_ == Step::kOver) return;
  input_.append(octets);
  while (step_ != Step::kOver && !input_.empty()) {
    std::size_t taken = take(input_.view());
    if (taken == 0) break;
    input_.consume(taken);
  }
  if (is_connected_) outputs_.emplace_back(Connected{Bytes(input_.view())});
  if (step_ == Step::kOver) input_.clear();
}

std::optional<Socks5Handshake::Output> Socks5Handshake::poll() {
  if (outputs_.empty()) return std::nullopt;
  Output output = std::move(outputs_.front());
  outputs_.pop_front();
  return output;
}

void Socks5Handshake::refuse(std::string text) {
  step_ = Step::kOver;
  outputs_.emplace_back(Refused{{Blame::kPeer, "failed-transport", std::move(text)}});
}

// ---- client ----

Socks5Client::Socks5Client(std::string name) : name_(std::move(name)) {
  assert(!name_.empty() && name_.size() <= 255);
  send({kVersion, 1, kNoAuthentication});
}

std::size_t Socks5Client::take(ByteView input) {
  if (input[0] != kVersion) {
    refuse("it is no SOCKS5 server");
    return 0;
  }
  return step_ == Step::kMethod ? take_method(input) : take_reply(input);
}

std::size_t Socks5Client::take_method(ByteView input) {
  if (input.size() < 2) return 0;
  if (input[1] != kNoAuthentication) {
    refuse("the SOCKS5 server wants to know who we are");
    return 0;
  }
  step_ = Step::kRequest;
  Bytes request = {kVersion, kConnect, 0, kName, static_cast<char>(name_.size())};
  send(request.append(name_).append(kPort, '\0'));
  return 2;
}

// BND is skipped, whatever it holds.
std::size_t Socks5Client::take_reply(ByteView input) {
  if (input.size() > 1 && input[1] != kSucceeded) {
    refuse("the SOCKS5 server refused, with reply " + std::to_string(octet_at(input, 1)));
    return 0;
  }
  auto length = message_length(input);
  if (!length) refuse("the SOCKS5 server named an address of an unknown type");
  if (!length || !is_whole(input, *length)) return 0;
  connected();
  return *length;
}

// ---- server ----

Socks5Server::Socks5Server(std::function<bool(std::string_view)> is_expected)
    : is_expected_(std::move(is_expected)) {}

std::size_t Socks5Server::take(ByteView input) {
  if (input[0] != kVersion) {
    refuse("it does not speak SOCKS5");
    return 0;
  }
  return step_ == Step::kMethod ? take_methods(input) : take_request(input);
}

std::size_t Socks5Server::take_methods(ByteView input) {
  if (input.size() < 2) return 0;
  std::size_t length = 2 + octet_at(input, 1);
  if (input.size() < length) return 0;
  if (input.substr(2, length - 2).find(kNoAuthentication) == ByteView::npos) {
    send({kVersion, kNoAcceptableMethod});
    refuse("it wants to authenticate in SOCKS5");
    return 0;
  }
  step_ = Step::kRequest;
  send({kVersion, kNoAuthentication});
  return length;
}

std::size_t Socks5Server::take_request(ByteView input) {
  if (input.size() < kHead) return 0;
  if (input[1] != kConnect)
    refuse_request(kCommandUnknown, "it asked for another command");
  else if (input[3] != kName)
    refuse_request(kAddressUnknown, "it asked for an address");
  if (step_ == Step::kOver) return 0;
  std::size_t length = *message_length(input);
  if (!is_whole(input, length)) return 0;
  if (!is_expected_(input.substr(kHead + 1, length - kHead - 1 - kPort))) {
    refuse_request(kNotAllowed, "it asked for another name");
    return 0;
  }
  Bytes reply(input.substr(0, length));
  reply[1] = kSucceeded;
  reply[2] = 0;
  send(std::move(reply));
  connected();
  return length;
}

void Socks5Server::refuse_request(char reply, std::string text) {
  send({kVersion, reply, 0, kIpv4, 0, 0, 0, 0, 0, 0});
  refuse(std::move(text));
}

}  // namespace balcony
