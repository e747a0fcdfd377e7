// SPDX-License-Identifier: MIT
// The STUN and TURN servers that our own server tells of (XEP-0215; ICE-11). One question at login,
// and again before what a TURN server was told to accept from us is over. Driven by the owner; asks
// through an IqPort of the account.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jingle/base/redacted.h"
#include "jingle/transport.h"
#include "transports/net/ip_address.h"
#include "transports/net/lifeline.h"
#include "transports/net/scheduler.h"

namespace balcony {

inline constexpr std::uint16_t kStunPort = 3478;  // RFC 8489 section 18.6, RFC 8656 section 18.8

// A relay for UDP, and what it knows us by.
struct TurnServer {
  HostAndPort at;
  std::string username;
  Redacted password;
};

// USERNAME:PASSWORD@HOST[:PORT]; the password may hold either sign, the name no colon.
std::optional<TurnServer> read_turn_server(std::string_view text);

// Of a server's addresses, at least one, the one to ask: ours of IPv6 are what they are, those of
// IPv4 have a NAT worth asking about.
IpAddress best_to_ask(const std::vector<IpAddress>& addresses);

class IceServers {
 public:
  IceServers(IqPort& port, Scheduler& scheduler, const Env& env)  // all borrowed
      : port_(port), env_(env), renewal_(scheduler, env) {}

  // A new login at `server`, or another wish. Without `with_turn` it is asked for STUN alone. A
  // relay's password does not last: the server is asked again in time, and until it answers.
  void search(const std::string& server, bool with_turn);
  void stop();  // they are of no use: nothing is asked again

  // Hosts may be names. Nothing: none is known.
  const std::optional<HostAndPort>& stun() const { return stun_; }
  const std::optional<TurnServer>& turn() const { return turn_; }

 private:
  void ask();
  void ask_again(std::chrono::seconds wait);
  void on_services(const Element& services);

  IqPort& port_;
  const Env& env_;
  Timer renewal_;
  std::string server_;
  bool with_turn_ = false;
  std::optional<HostAndPort> stun_;
  std::optional<TurnServer> turn_;
  std::optional<Lifeline> replies_;  // of this search
};

}  // namespace balcony
