// SPDX-License-Identifier: MIT
// Two streams and a wire between them. TLS is the owner's business: here StartTls lets the octets
// through as they are, once both sides want it. The wire can be cut into chunks, lost, or stalled
// at any octet.
#pragma once

#include <algorithm>

#include "tests/jingle/stream/probe.h"

namespace balcony {

struct StreamPair {
  explicit StreamPair(bool offer_external = true) : offers_external(offer_external) {
    ada.start();
    ben.start();
  }

  // Carries octets until nothing moves. `budget` octets pass in all, then the wire is dead.
  void run(std::size_t chunk = std::string::npos, std::size_t budget = std::string::npos) {
    for (bool moved = true; moved && carried < budget;) {
      moved = carry(ada, to_ben, ben, chunk, budget);
      moved |= carried < budget && carry(ben, to_ada, ada, chunk, budget);
      moved |= tls_comes_up();
    }
  }
  void lose() {
    for (Probe* end : {&ada, &ben}) {
      end->stream.on_eof(std::nullopt);
      end->drain();
    }
  }
  void prove() {
    ada.prove();
    ben.prove();
  }
  void wait(Duration by) {  // one clock, two streams
    TimePoint end = env.now() + by;
    for (;;) {
      Deadline next = earliest(ada.stream.next_deadline(), ben.stream.next_deadline());
      if (!next || *next > end) break;
      env.set_now(std::max(env.now(), *next));
      for (Probe* each : {&ada, &ben}) {
        if (is_due(each->stream.next_deadline(), env.now())) each->stream.on_deadline();
        each->drain();
      }
    }
    env.set_now(end);
  }

  FakeEnv env;
  Probe ada{env, config_of(Role::kInitiator)};
  Probe ben{env, config_of(Role::kResponder)};
  std::string to_ben, to_ada;
  std::size_t carried = 0;
  bool offers_external;
  std::size_t cut_at = 0;                    // a chunk ends before this octet
  std::size_t spoil_at = std::string::npos;  // this octet is changed
  int spoil_by = 1;

 private:
  bool carry(Probe& from, std::string& wire, Probe& to, std::size_t chunk, std::size_t budget) {
    wire += from.take_sent();
    if (wire.empty() || to.start_tls || to.ended) return false;
    std::string piece = wire.substr(0, std::min(chunk, budget - carried));
    if (cut_at > carried && cut_at < carried + piece.size()) piece.resize(cut_at - carried);
    wire.erase(0, piece.size());
    if (spoil_at >= carried && spoil_at < carried + piece.size()) {
      char& octet = piece[spoil_at - carried];
      octet = static_cast<char>(octet ^ spoil_by);
    }
    carried += piece.size();
    to.feed(piece);
    return true;
  }
  bool tls_comes_up() {
    if (!ada.start_tls || !ben.start_tls) return false;
    for (Probe* each : {&ada, &ben}) each->tls_up();
    for (Probe* each : {&ada, &ben}) each->accept(offers_external);
    return true;
  }
};

}  // namespace balcony
