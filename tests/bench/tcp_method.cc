// SPDX-License-Identifier: MIT
#include "tests/bench/tcp_method.h"

#include <utility>

#include "tests/bench/processes.h"
#include "transports/net/tcp_stream.h"

namespace balcony::bench {
namespace {

class TcpMethod final : public Transport {
 public:
  TcpMethod(bool offers, std::unique_ptr<ByteStream> path, std::string_view ns, Reactor& reactor,
            Env& env)
      : offers_(offers),
        path_(std::move(path)),
        description_("transport", ns),
        turn_(reactor, env) {}

  void start(Listener* listener) override {
    listener_ = listener;
    if (offers_) describe();
  }
  Result<void> on_remote_description(const Element&) override {
    if (!offers_) describe();
    return {};
  }
  Result<void> on_remote_info(const Element&) override { return {}; }
  void on_agreed() override {
    turn_.soon([this] {
      PathFacts facts;
      facts.transport = "tcp";
      listener_->on_connected(std::move(path_), std::move(facts));
    });
  }

 private:
  void describe() {
    turn_.soon([this] { listener_->on_description_ready(description_); });
  }

  bool offers_;
  std::unique_ptr<ByteStream> path_;
  Element description_;
  Timer turn_;
  Listener* listener_ = nullptr;
};

}  // namespace

std::unique_ptr<Transport> TcpFactory::create(Role role, const Peers&, IqPort&, Reach) {
  auto path =
      std::make_unique<TcpStream>(Socket(non_blocking(std::exchange(fd_, -1))), reactor_, env_);
  return std::make_unique<TcpMethod>(role == Role::kInitiator, std::move(path), ns(), reactor_,
                                     env_);
}

}  // namespace balcony::bench
