// SPDX-License-Identifier: MIT
// libnice behind plain types: one stream of one component, set up in the one way that was found to
// work for its kind (ICE-09). With TCP candidates it leads to a nominated connection, which leaves
// it; with candidates for UDP to the library's pseudo-TCP, which runs in it. Driven by its owner on
// the reactor's thread; the library's own timers and sockets run on the reactor's loop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "jingle/base/redacted.h"
#include "transports/ice_tcp/mapping.h"
#include "transports/net/reactor.h"
#include "transports/net/socket.h"

namespace balcony {

class IceAgent {
 public:
  struct Relay {
    Endpoint at;
    std::string username;
    Redacted password;
  };
  struct Config {
    IceKind kind = IceKind::kTcp;
    bool is_controlling = false;
    std::vector<IpAddress> addresses;  // our own, at least one
    std::optional<Endpoint> stun;      // asked by UDP, which tells our address for TCP too (ICE-10)
    std::optional<Relay> turn;         // for UDP alone
  };
  enum class State {
    kWorking,
    kReady,   // a pair is nominated
    kFailed,  // no pair works, or the nominated connection broke
  };
  struct Pair {
    IceType ours, theirs;
    Endpoint local, remote;   // as the library sees them
    bool came_to_us = false;  // with TCP: on a passive candidate
  };
  struct Taken {
    Socket socket;
    Bytes received;  // of the peer's stream, meanwhile
  };

  // `on_news` comes whenever something may have changed, even inside calls; it must not call back.
  using OnNews = std::function<void()>;
  // Fails, blame kEnvironment, if the library can't open its sockets.
  static Result<std::unique_ptr<IceAgent>> open(const Config& config, Reactor& reactor,
                                                OnNews on_news);
  virtual void set_on_news(OnNews on_news) = 0;  // to a new owner
  virtual ~IceAgent() = default;                 // closes all but what was taken

  virtual IceCredentials credentials() const = 0;
  virtual std::vector<IceCandidate> candidates() const = 0;  // ours, so far
  virtual bool is_gathered() const = 0;

  // The peer's; candidates must have passed may_try().
  virtual void set_remote(const IceCredentials& credentials) = 0;
  virtual void add_remote(const std::vector<IceCandidate>& candidates) = 0;
  virtual void end_remote() = 0;

  // Begins anew, with new credentials and the same candidates (ICE-13).
  virtual void restart() = 0;

  virtual State state() const = 0;
  virtual bool has_received() const = 0;
  // When ready, what was nominated.
  virtual Result<Pair> pair() const = 0;
  // Its connection; the agent is good for nothing then but to be destroyed.
  virtual Result<Taken> take() = 0;

  // ---- pseudo-TCP ----

  virtual bool is_connected() const = 0;  // the two ends have heard each other
  // How many octets there was room for, from the front. Less than all: news will come.
  virtual std::size_t send(ByteView octets) = 0;
  virtual Bytes take_received() = 0;  // it is always read: who would not, loses the path
};

}  // namespace balcony
