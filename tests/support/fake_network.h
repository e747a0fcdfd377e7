// SPDX-License-Identifier: MIT
// An imaginary internet on a FakeScheduler: machines with addresses, listeners, connections as
// PipeStreams, and rules for what is refused, swallowed, or slow. It writes down every connection
// that was tried, so that a test can show that none was.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/fake_scheduler.h"
#include "tests/support/pipe_stream.h"
#include "transports/net/lifeline.h"
#include "transports/net/network.h"

namespace balcony {

class FakeInternet {
 public:
  enum class Fate { kArrives, kRefused, kSilence };
  using Rule = std::function<Fate(const IpAddress& from, const Endpoint& to)>;

  FakeInternet(FakeScheduler& scheduler, FakeEnv& env) : scheduler_(scheduler), env_(env) {}

  class Machine : public Network {
   public:
    Machine(FakeInternet& net, std::vector<InterfaceAddress> own)
        : net_(net), own_(std::move(own)) {}

    std::unique_ptr<Pending> connect(const Endpoint& to, TimePoint deadline,
                                     Connected done) override {
      auto pending = std::make_unique<Ticket>();
      net_.connect(own_.empty() ? to.ip : own_.front().ip, to, deadline,
                   pending->line.guard(std::move(done)));
      return pending;
    }
    Result<std::unique_ptr<Listening>> listen(const Endpoint& at, Accepted accepted) override {
      Endpoint local = at;
      if (local.port == 0) local.port = ++net_.last_port_;
      if (net_.doors_.contains(local))
        return fail(Blame::kEnvironment, "connectivity-error", "the port is taken");
      return std::make_unique<Door>(net_, local, std::move(accepted));
    }
    std::unique_ptr<Pending> resolve(const std::string& name, TimePoint, Resolved done) override {
      auto pending = std::make_unique<Ticket>();
      net_.resolved.push_back(name);
      auto found = net_.names.find(name);
      Result<std::vector<IpAddress>> answer =
          fail(Blame::kEnvironment, "connectivity-error", "no such name");
      if (found != net_.names.end()) answer = found->second;
      auto tell = pending->line.guard(std::move(done));
      net_.scheduler_.run_at(net_.env_.now() + net_.delay, [tell, answer] { tell(answer); });
      return pending;
    }
    std::vector<InterfaceAddress> addresses() const override { return own_; }

   private:
    struct Ticket : Pending {
      Lifeline line;
    };
    struct Door : Listening {
      Door(FakeInternet& to, const Endpoint& at, Accepted accepted) : net(to), where(at) {
        net.doors_[where] = std::move(accepted);
      }
      ~Door() override { net.doors_.erase(where); }
      const Endpoint& local() const override { return where; }
      FakeInternet& net;
      Endpoint where;
    };

    FakeInternet& net_;
    std::vector<InterfaceAddress> own_;
  };

  Machine& add(const std::vector<std::string>& addresses) {
    std::vector<InterfaceAddress> own;
    for (const std::string& text : addresses) own.push_back({"eth0", *IpAddress::parse(text)});
    return machines_.emplace_back(*this, std::move(own));
  }

  std::size_t listeners() const { return doors_.size(); }

  Rule rule;                          // none: all arrives
  Duration delay = 5ms;               // of each connect
  std::vector<std::string> tried;     // connections, as host:port
  std::vector<std::string> resolved;  // names asked for
  std::map<std::string, std::vector<IpAddress>> names;
  std::list<PipeStream> wires;  // of all connections that came about

 private:
  void connect(const IpAddress& from, const Endpoint& to, TimePoint deadline,
               std::function<void(Result<Connection>)> done) {
    tried.push_back(to.text());
    Fate fate = rule ? rule(from, to) : Fate::kArrives;
    if (fate == Fate::kSilence) {
      scheduler_.run_at(
          deadline, [done] { done(fail(Blame::kEnvironment, "timeout", "it does not answer")); });
      return;
    }
    scheduler_.run_at(env_.now() + delay, [this, from, to, fate, done] {
      auto door = doors_.find(to);
      if (fate == Fate::kRefused || door == doors_.end())
        return done(fail(Blame::kEnvironment, "connectivity-error", "refused"));
      PipeStream& wire = wires.emplace_back(scheduler_, env_);
      Endpoint source{from, ++last_port_};
      Network::Accepted accepted = door->second;
      accepted({wire.take_b(), to.text(), source.text(),
                [&wire](ByteView octets) { wire.unread_b(octets); }},
               source);
      done(Connection{wire.take_a(), source.text(), to.text(),
                      [&wire](ByteView octets) { wire.unread_a(octets); }});
    });
  }

  FakeScheduler& scheduler_;
  FakeEnv& env_;
  std::list<Machine> machines_;
  std::map<Endpoint, Network::Accepted> doors_;
  std::uint16_t last_port_ = 40000;
};

}  // namespace balcony
