// SPDX-License-Identifier: MIT
#include "transports/socks5/socks5_transport.h"

#include <cassert>
#include <map>
#include <optional>
#include <utility>

#include "jingle/base/ns.h"
#include "transports/socks5/attempt.h"
#include "transports/socks5/candidate.h"
#include "transports/socks5/entrance.h"
#include "transports/socks5/gather.h"
#include "transports/socks5/mapped_stream.h"
#include "transports/socks5/negotiation.h"

namespace balcony {
namespace {

// A search for proxies that began at login and is still going on when a stream is wanted.
constexpr Duration kProxyWait = 2s;
// For a router that is known: it is one hop away.
constexpr Duration kGatewayWait = 300ms;
constexpr std::size_t kMostEarly = 32;  // transport-infos before our own description

// What hears of a connection that waits for its proxy's activation (S5B-17).
class Awaited final : public ByteStream::Listener {
 public:
  using Heard = std::function<void(bool spoke)>;
  Awaited(Connection& connection, Heard heard) : connection_(connection), heard_(std::move(heard)) {
    connection_.stream->set_listener(this);
  }

 private:
  void on_bytes(ByteView octets) override {
    connection_.stream->set_listener(nullptr);
    connection_.unread(octets);
    heard_(true);
  }
  void on_writable() override {}
  void on_closed(std::optional<Error>) override { heard_(false); }

  Connection& connection_;
  Heard heard_;
};

class Socks5Transport : public Transport {
 public:
  struct World {  // all borrowed
    Env& env;
    Scheduler& scheduler;
    Network& network;
    ProxyFinder& proxies;
    Strangers& strangers;
    IqPort& port;
    Gateway* gateway;  // or null
  };

  Socks5Transport(Role role, const Peers& peers, Reach reach,
                  const Socks5Factory::Settings& settings, const World& world)
      : role_(role),
        peers_(peers),
        settings_(settings),
        shows_addresses_(settings.direct && reach == Reach::kAny),
        world_(world),
        turn_(world.scheduler, world.env),
        deadline_(world.scheduler, world.env) {
    rules_.policy = settings.policy;
    rules_.only_proxies = !shows_addresses_;
    if (role_ == Role::kInitiator) sid_ = world.env.token();
  }

  void start(Listener* listener) override {
    listener_ = listener;
    world_.proxies.refresh();
    if (asks_gateway()) world_.gateway->look();
    gather_until_ = world_.env.now() + kProxyWait;
    if (role_ == Role::kInitiator) gather_soon();
  }

  Result<void> on_remote_description(const Element& transport) override;
  Result<void> on_remote_info(const Element& transport) override;
  void on_agreed() override;

 private:
  // what we offer
  void gather_soon();
  void gather();
  bool asks_gateway() const { return world_.gateway && settings_.upnp && shows_addresses_; }
  void describe();
  std::string name_of(const Jid& provider, const Jid& other) const {
    return socks5_name(sid_, provider, other);
  }

  // the negotiation
  void drain();
  void attempt(const Candidate& candidate, const std::string& name, Socks5Attempt::Done done);
  void begin(const Candidate& candidate);
  void activate(const Candidate& proxy);
  void request_activation(const Candidate& proxy);
  void await(const Candidate& proxy);
  void use(const Candidate& candidate, bool is_ours);
  void connected(Connection connection, const Candidate& candidate);
  void stop();
  void fail_with(Error error);

  const Role role_;  // the offerer of the transport is the initiator
  const Peers peers_;
  const Socks5Factory::Settings settings_;
  const bool shows_addresses_;
  Socks5Attempt::Rules rules_;
  const World world_;
  Listener* listener_ = nullptr;
  std::string sid_;
  std::string peers_name_;         // DST.ADDR of the peer's candidates
  Candidates theirs_;              // as described
  std::vector<Socks5Info> early_;  // from before ours was described
  bool is_over_ = false;
  TimePoint gather_until_;
  Candidates ours_;  // until they are described
  std::optional<Socks5Entrance> entrance_;
  std::unique_ptr<Gateway::Mapping> mapping_;  // to a door of the entrance
  std::optional<Socks5Negotiation> negotiation_;
  std::map<std::string, std::unique_ptr<Socks5Attempt>, std::less<>> attempts_;
  std::vector<std::unique_ptr<Socks5Attempt>> finished_;  // not destroyed inside their own call
  std::map<std::string, Connection, std::less<>> connections_;  // to the peer's candidates
  Connection own_proxy_;                                        // to our own, when it was chosen
  std::optional<Awaited> awaited_;
  Lifeline replies_;
  Timer turn_, deadline_;
};

// ---- descriptions ----

Result<void> Socks5Transport::on_remote_description(const Element& transport) {
  auto theirs = read_socks5_offer(transport, settings_.most_candidates);
  if (!theirs && theirs.error().condition == "unsupported-transports")
    return fail(Blame::kPeer, "not-acceptable", theirs.error().text);
  if (!theirs) return tl::make_unexpected(theirs.error());
  bool is_offerer = role_ == Role::kInitiator;
  if (is_offerer && !theirs->sid.empty() && theirs->sid != sid_)
    return fail(Blame::kPeer, "bad-request", "SOCKS5: another sid than offered");
  if (!is_offerer && theirs->sid.empty())
    return fail(Blame::kPeer, "bad-request", "SOCKS5: no sid");
  if (!is_offerer) sid_ = theirs->sid;
  peers_name_ = theirs->dstaddr.empty() ? name_of(peers_.remote, peers_.local) : theirs->dstaddr;
  theirs_ = std::move(theirs->candidates);
  if (is_offerer) {
    negotiation_->on_candidates(theirs_);
  } else {
    gather_soon();
  }
  return {};
}

void Socks5Transport::gather_soon() {
  turn_.soon([this] { gather(); });
}

void Socks5Transport::gather() {
  if (world_.proxies.is_searching() && world_.env.now() < gather_until_)
    return turn_.set(world_.env.now() + 20ms, [this] { gather(); });
  if (shows_addresses_) {
    std::vector<std::string> names = {name_of(peers_.local, peers_.remote),
                                      name_of(peers_.remote, peers_.local)};  // S5B-07
    entrance_.emplace(std::move(names), world_.network, world_.strangers, world_.scheduler,
                      world_.env);
    ours_ = open_doors(*entrance_, world_.network, settings_.policy, settings_.tunnel, peers_.local,
                       world_.env);
  }
  if (!asks_gateway()) return describe();
  auto assisted = [this](std::optional<Candidate> candidate) {
    if (candidate) ours_.push_back(std::move(*candidate));
    if (!candidate) mapping_.reset();
    describe();
  };
  mapping_ = ask_gateway(*world_.gateway, *entrance_, world_.network, settings_.policy,
                         peers_.local, world_.env, std::move(assisted));
  if (!mapping_) return describe();
  turn_.set(world_.env.now() + kGatewayWait, [this] {
    mapping_.reset();
    describe();
  });
}

void Socks5Transport::describe() {
  turn_.clear();
  Candidates ours = std::exchange(ours_, {});
  add_proxies(ours, world_.proxies.proxies(), theirs_, world_.env);
  prioritise(ours, theirs_, world_.env);
  Socks5Offer offer{sid_, name_of(peers_.local, peers_.remote), ours};
  negotiation_.emplace(Socks5Negotiation::Config{.role = role_, .ours = std::move(ours)},
                       world_.env);
  negotiation_->on_candidates(theirs_);
  for (const Socks5Info& info : std::exchange(early_, {}))
    if (!negotiation_->on_info(info)) break;  // which ends it, once it starts
  listener_->on_description_ready(socks5_transport(offer, role_ == Role::kInitiator));
}

// ---- the negotiation ----

Result<void> Socks5Transport::on_remote_info(const Element& transport) {
  auto info = read_socks5_info(transport, settings_.most_candidates);
  if (!info) return tl::make_unexpected(info.error());
  bool is_of_another = transport.has_attr("sid") && transport.attr("sid") != sid_;
  if (is_of_another || is_over_) return {};  // late, or lost
  if (!negotiation_) {
    if (early_.size() < kMostEarly) early_.push_back(std::move(*info));
    return {};
  }
  auto taken = negotiation_->on_info(*info);
  turn_.soon([this] { drain(); });
  return taken;
}

void Socks5Transport::on_agreed() {
  assert(negotiation_);
  negotiation_->start();
  turn_.soon([this] { drain(); });
}

void Socks5Transport::drain() {
  finished_.clear();
  while (auto output = negotiation_->poll()) {
    if (auto* begun = std::get_if<Race::Begin>(&*output)) {
      begin(begun->candidate);
    } else if (auto* abandon = std::get_if<Race::Abandon>(&*output)) {
      attempts_.erase(abandon->cid);
      connections_.erase(abandon->cid);
    } else if (auto* send = std::get_if<Socks5Negotiation::SendInfo>(&*output)) {
      listener_->on_transport_info(socks5_info(sid_, send->info));
    } else if (auto* ours = std::get_if<Socks5Negotiation::Activate>(&*output)) {
      activate(ours->proxy);
    } else if (auto* theirs = std::get_if<Socks5Negotiation::Await>(&*output)) {
      await(theirs->proxy);
    } else if (auto* chosen = std::get_if<Socks5Negotiation::Use>(&*output)) {
      return use(chosen->candidate, chosen->is_ours);
    } else if (auto* failed = std::get_if<Socks5Negotiation::Failed>(&*output)) {
      return fail_with(std::move(failed->error));
    }
  }
  auto next = negotiation_->next_deadline();
  if (!next) return deadline_.clear();
  deadline_.set(*next, [this] {
    negotiation_->on_deadline();
    drain();
  });
}

// `name` is what the other end knows this connection by.
void Socks5Transport::attempt(const Candidate& candidate, const std::string& name,
                              Socks5Attempt::Done done) {
  auto on_done = [this, cid = candidate.cid,
                  done = std::move(done)](Result<Connection> connection) {
    finished_.push_back(std::move(attempts_.extract(cid).mapped()));
    done(std::move(connection));
  };
  attempts_[candidate.cid] = std::make_unique<Socks5Attempt>(
      candidate, name, rules_, world_.network, world_.scheduler, world_.env, std::move(on_done));
}

void Socks5Transport::begin(const Candidate& candidate) {
  attempt(candidate, peers_name_, [this, cid = candidate.cid](Result<Connection> connection) {
    if (connection) {
      connections_[cid] = std::move(*connection);
      negotiation_->on_connected(cid);
    } else {
      negotiation_->on_failed(cid);
    }
    turn_.soon([this] { drain(); });
  });
}

// S5B-17: the proxy is ours, so it is for us to connect to it too, and to join the two.
void Socks5Transport::activate(const Candidate& proxy) {
  auto done = [this, proxy](Result<Connection> connection) {
    if (connection) {
      own_proxy_ = std::move(*connection);
      return request_activation(proxy);
    }
    negotiation_->on_activation_failed();
    turn_.soon([this] { drain(); });
  };
  attempt(proxy, name_of(peers_.local, peers_.remote), std::move(done));
}

void Socks5Transport::request_activation(const Candidate& proxy) {
  Element query = Element("query", ns::kBytestreams).set_attr("sid", sid_);
  query.add(Element("activate", ns::kBytestreams).add_text(peers_.remote.full()));
  auto on_reply = [this](const Result<Element>& reply) {
    if (is_over_) return;
    reply ? negotiation_->on_activated() : negotiation_->on_activation_failed();
    turn_.soon([this] { drain(); });
  };
  world_.port.request("set", std::move(query), replies_.guard(std::move(on_reply)), proxy.jid);
}

void Socks5Transport::await(const Candidate& proxy) {
  awaited_.emplace(connections_[proxy.cid], [this](bool spoke) {
    spoke ? negotiation_->on_first_octets() : negotiation_->on_activation_failed();
    turn_.soon([this] { drain(); });
  });
}

// S5B-22.
void Socks5Transport::use(const Candidate& candidate, bool is_ours) {
  if (!is_ours) return connected(std::move(connections_[candidate.cid]), candidate);
  if (candidate.is_proxy()) return connected(std::move(own_proxy_), candidate);
  std::vector<Connection> guests = entrance_->take(candidate.cid);
  if (guests.empty()) {
    return fail_with({Blame::kPeer, "failed-transport",
                      "the other side named a connection that it does not have"});
  }
  for (std::size_t i = 1; i < guests.size(); ++i) listener_->on_rival(std::move(guests[i].stream));
  Connection first = std::move(guests.front());
  if (candidate.type == CandidateType::kAssisted)
    first.stream = std::make_unique<MappedStream>(std::move(first.stream), std::move(mapping_));
  connected(std::move(first), candidate);
}

void Socks5Transport::connected(Connection connection, const Candidate& candidate) {
  stop();
  connection.stream->set_listener(nullptr);
  PathFacts facts;
  facts.transport = candidate.is_proxy() ? "s5b-proxy" : "s5b-direct";
  facts.by_proxy = candidate.is_proxy();
  facts.local = connection.local;
  facts.remote = connection.remote;
  listener_->on_connected(std::move(connection.stream), std::move(facts));
}

// It is decided: nothing else is tried, and nobody else let in.
void Socks5Transport::stop() {
  is_over_ = true;
  deadline_.clear();
  awaited_.reset();
  attempts_.clear();
  connections_.clear();
  entrance_.reset();
  mapping_.reset();
}

void Socks5Transport::fail_with(Error error) {
  stop();
  listener_->on_failed(std::move(error));
}

}  // namespace

Socks5Factory::Socks5Factory(Env& env, Scheduler& scheduler, Network& network, ProxyFinder& proxies,
                             Strangers& strangers, Settings settings, Gateway* gateway)
    : env_(env),
      scheduler_(scheduler),
      network_(network),
      proxies_(proxies),
      strangers_(strangers),
      settings_(std::move(settings)),
      gateway_(gateway) {}

std::string_view Socks5Factory::ns() const { return ns::kJingleSocks5; }

Result<void> Socks5Factory::check_offer(const Element& transport) const {
  auto offer = read_socks5_offer(transport, settings_.most_candidates);
  if (!offer) return tl::make_unexpected(offer.error());
  if (offer->sid.empty()) return fail(Blame::kPeer, "bad-request", "SOCKS5: no sid");
  return {};
}

std::unique_ptr<Transport> Socks5Factory::create(Role role, const Peers& peers, IqPort& port,
                                                 Reach reach) {
  Socks5Transport::World world{env_, scheduler_, network_, proxies_, strangers_, port, gateway_};
  return std::make_unique<Socks5Transport>(role, peers, reach, settings_, world);
}

void Socks5Factory::look_for_gateway() {
  if (gateway_ && settings_.upnp && settings_.direct) gateway_->look();
}

}  // namespace balcony
