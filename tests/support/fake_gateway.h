// SPDX-License-Identifier: MIT
// An imaginary router that maps ports as the test says, and writes down which are mapped now.
#pragma once

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "tests/support/fake_scheduler.h"
#include "transports/net/gateway.h"
#include "transports/net/lifeline.h"

namespace balcony {

class FakeGateway : public Gateway {
 public:
  FakeGateway(FakeScheduler& scheduler, FakeEnv& env) : scheduler_(scheduler), env_(env) {}

  void look() override { ++looks; }
  std::optional<IpAddress> inside() const override { return own; }
  std::unique_ptr<Mapping> map(std::uint16_t port, Mapped done) override {
    auto made = std::make_unique<Port>(*this, port);
    ++asked;
    auto tell = made->line.guard(std::move(done));
    scheduler_.run_at(env_.now() + delay, [this, tell] { tell(answer); });
    return made;
  }

  std::optional<IpAddress> own;  // none: no router
  Duration delay = 5ms;
  Result<Endpoint> answer = fail(Blame::kEnvironment, "connectivity-error", "it maps no port");
  int looks = 0, asked = 0;
  std::vector<std::uint16_t> mapped;  // now

 private:
  struct Port : Mapping {
    Port(FakeGateway& to, std::uint16_t number) : gateway(to), port(number) {
      gateway.mapped.push_back(port);
    }
    ~Port() override { std::erase(gateway.mapped, port); }
    FakeGateway& gateway;
    const std::uint16_t port;
    Lifeline line;
  };

  FakeScheduler& scheduler_;
  FakeEnv& env_;
};

}  // namespace balcony
