// SPDX-License-Identifier: MIT
// The two sides of the SOCKS5 handshake as XEP-0065 uses it (RFC 1928; S5B-08, S5B-09): no
// authentication, CONNECT, and a host name that is a hash (candidate.h). Passive: the owner feeds
// octets, polls outputs until there are none, and keeps the time. Connected or Refused is the last
// output. Neither side ever opens or relays anything.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "jingle/base/bytes.h"
#include "jingle/base/result.h"

namespace balcony {

class Socks5Handshake {
 public:
  struct Send {
    Bytes octets;
  };
  struct Connected {
    Bytes rest;  // what came behind the handshake: the bytestream's first octets
  };
  struct Refused {
    Error error;  // close the connection once all is sent
  };
  using Output = std::variant<Send, Connected, Refused>;

  void on_bytes(ByteView octets);  // nothing once it is over
  std::optional<Output> poll();

 protected:
  enum class Step { kMethod, kRequest, kOver };
  ~Socks5Handshake() = default;

  // Takes one whole message from the front of `input`, says how long it was; 0: not whole yet.
  virtual std::size_t take(ByteView input) = 0;
  void send(Bytes octets) { outputs_.emplace_back(Send{std::move(octets)}); }
  void refuse(std::string text);
  void connected() { step_ = Step::kOver, is_connected_ = true; }

  Step step_ = Step::kMethod;

 private:
  bool is_connected_ = false;
  ByteQueue input_;  // at most what one on_bytes brought beyond one message
  std::deque<Output> outputs_;
};

// Who connects, to a listener or a proxy. `name`: DST.ADDR, 1 to 255 octets.
class Socks5Client final : public Socks5Handshake {
 public:
  explicit Socks5Client(std::string name);

 private:
  std::size_t take(ByteView input) override;
  std::size_t take_method(ByteView input);
  std::size_t take_reply(ByteView input);

  std::string name_;
};

// Who listens. `is_expected` says which DST.ADDR is ours.
class Socks5Server final : public Socks5Handshake {
 public:
  explicit Socks5Server(std::function<bool(std::string_view name)> is_expected);

 private:
  std::size_t take(ByteView input) override;
  std::size_t take_methods(ByteView input);
  std::size_t take_request(ByteView input);
  void refuse_request(char reply, std::string text);

  std::function<bool(std::string_view)> is_expected_;
};

}  // namespace balcony
