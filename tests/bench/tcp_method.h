// SPDX-License-Identifier: MIT
// A transport method whose path is there already: a TCP socket that connects the two ends. What is
// measured over it is ours alone.
#pragma once

#include "jingle/transport.h"
#include "transports/net/reactor.h"

namespace balcony::bench {

class TcpFactory : public TransportFactory {
 public:
  TcpFactory(Env& env, Reactor& reactor, int fd) : env_(env), reactor_(reactor), fd_(fd) {}

  std::string_view name() const override { return "s5b"; }  // a name that settings know
  std::string_view ns() const override { return "urn:xmpp:jingle:transports:bench"; }
  Result<void> check_offer(const Element&) const override { return {}; }
  std::unique_ptr<Transport> create(Role role, const Peers& peers, IqPort& port,
                                    Reach reach) override;
  void set_fd(int fd) { fd_ = fd; }  // of the next path

 private:
  Env& env_;
  Reactor& reactor_;
  int fd_;
};

}  // namespace balcony::bench
