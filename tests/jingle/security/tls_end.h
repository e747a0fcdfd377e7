// SPDX-License-Identifier: MIT
// A TlsEngine whose outputs are sorted for tests, and a wire between two ends of any kind.
#pragma once

#include <openssl/err.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "jingle/security/tls_engine.h"
#include "tests/jingle/security/raw_peer.h"
#include "tests/support/fake_env.h"

namespace balcony {

class TlsEnd {
 public:
  TlsEnd(Role role, const Identity& identity) : engine(role, identity) {}

  void start() { engine.start(); }
  void feed(ByteView octets) { engine.on_ciphertext(octets); }

  // Drains the engine and returns what goes to the peer.
  Bytes take() {
    Bytes out;
    while (auto output = engine.poll()) {
      if (auto* send = std::get_if<TlsEngine::SendCiphertext>(&*output)) {
        out += send->octets;
        events += "send ";
      }
      if (auto* handshake = std::get_if<TlsEngine::HandshakeDone>(&*output)) {
        done = std::move(*handshake);
        events += "done ";
      }
      if (auto* plain = std::get_if<TlsEngine::Plaintext>(&*output)) {
        plaintext += plain->octets;
        events += "plaintext ";
      }
      if (std::get_if<TlsEngine::PeerClosed>(&*output)) events += "closed ";
      if (auto* failure = std::get_if<TlsEngine::Failed>(&*output)) {
        failed = std::move(failure->error);
        events += "failed ";
      }
    }
    return out;
  }

  TlsEngine engine;
  std::string events;  // words, in order; "send" and "plaintext" repeat
  std::optional<TlsEngine::HandshakeDone> done;
  std::optional<Error> failed;
  Bytes plaintext;
};

inline const Identity& juliet() {
  static FakeEnv env;
  static const Identity identity = *Identity::generate(*Jid::parse("juliet@example.net"), env);
  return identity;
}

inline const Identity& romeo() {
  static FakeEnv env;
  static const Identity identity = *Identity::generate(*Jid::parse("romeo@example.net"), env);
  return identity;
}

// Carries octets both ways, at most `chunk` at a time, until both ends are silent.
template <class A, class B>
void carry(A& a, B& b, std::size_t chunk = 1 << 20) {
  auto pass = [chunk](const Bytes& octets, auto& to) {
    for (std::size_t at = 0; at < octets.size(); at += chunk)
      to.feed(ByteView(octets).substr(at, chunk));
  };
  for (;;) {
    Bytes forth = a.take();
    Bytes back = b.take();
    if (forth.empty() && back.empty()) return;
    pass(forth, b);
    pass(back, a);
  }
}

template <class A, class B>
void shake_hands(A& client, B& server, std::size_t chunk = 1 << 20) {
  client.start();
  carry(client, server, chunk);
}

}  // namespace balcony
