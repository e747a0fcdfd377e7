// SPDX-License-Identifier: MIT
#include "transports/ice_tcp/ice_transport.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "jingle/base/ns.h"
#include "transports/filters/rfc4571_stream.h"
#include "transports/ice_tcp/front_door.h"
#include "transports/ice_tcp/ice_agent.h"
#include "transports/ice_tcp/mapping.h"
#include "transports/ice_tcp/pseudo_tcp_stream.h"
#include "transports/ice_tcp/stun_answer.h"
#include "transports/net/tcp_stream.h"

namespace balcony {
namespace {

constexpr Duration kEstablish = 4s;   // C-03
constexpr Duration kFirstFrame = 2s;  // from the nomination to the first word: one way, and a turn
constexpr Duration kServerName = 1s;  // of STUN or TURN: its address is not worth more
constexpr std::string_view kNone = "none";  // as ice.stun and ice.turn say it
constexpr std::size_t kMostTried = 16;      // C-15; libnice takes 25
constexpr unsigned kMostRestarts = 4;       // of the peer, before there is a stream

// A peer's first word, which must say who it is.
Result<IceWord> read_description(const Element& transport, const IceFactory::Settings& settings) {
  auto word = read_ice_transport(transport, settings.most_candidates, settings.kind);
  if (word && word->credentials.empty())
    return fail(Blame::kPeer, "bad-request", "ICE: no ufrag and pwd");
  return word;
}

std::string types(IceType ours, IceType theirs) {  // host/prflx
  return std::string(to_string(ours)) + "/" + std::string(to_string(theirs));
}

class IceTransport : public Transport {
 public:
  struct World {  // all borrowed
    Env& env;
    Reactor& reactor;
    Network& network;
    Strangers& strangers;
    const IceServers* servers;  // or null
  };

  IceTransport(Role role, Reach reach, const IceFactory::Settings& settings, const World& world)
      : role_(role),
        reach_(reach),
        settings_(settings),
        world_(world),
        door_(role == Role::kInitiator, world.network, world.strangers, world.reactor, world.env,
              [this] { turn_soon(); }),
        turn_(world.reactor, world.env),
        deadline_(world.reactor, world.env) {}

  void start(Listener* listener) override {
    listener_ = listener;
    if (role_ == Role::kInitiator) turn_.soon([this] { find_stun(); });
  }
  Result<void> on_remote_description(const Element& transport) override;
  Result<void> on_remote_info(const Element& transport) override;
  void on_agreed() override;

 private:
  HostAndPort stun_to_ask() const;
  std::optional<TurnServer> turn_to_ask() const;
  void find_stun();
  void find_turn();
  void look_up(const HostAndPort& named, std::function<void(std::optional<Endpoint>)> then);
  void open();
  void turn_soon();
  void turn();
  void trickle();
  void take_remote(IceWord word);
  void give_remote();
  bool follow_restart(const IceCredentials& credentials);
  std::vector<IceCandidate> to_show();
  bool has_peer_spoken(const IceAgent::Pair& pair) const;
  void take_over(const IceAgent::Pair& pair);
  void take_guest();
  void use_pseudo_tcp(const IceAgent::Pair& pair);
  void use_tcp(std::unique_ptr<ByteStream> tcp, const Endpoint& from, PathFacts facts,
               Bytes received);
  void connected(std::unique_ptr<ByteStream> stream, PathFacts facts);
  void fail_with(std::string text);

  // XEP-0371: the session's initiator controls, which in this version also offers every transport
  // (ICE-06). It is the stream's initiator as well.
  bool is_controlling() const { return role_ == Role::kInitiator; }

  const Role role_;
  const Reach reach_;
  const IceFactory::Settings settings_;
  const World world_;
  Listener* listener_ = nullptr;
  FrontDoor door_;
  Timer turn_, deadline_;
  std::unique_ptr<Network::Pending> resolving_;
  IceAgent::Config config_;
  std::unique_ptr<IceAgent> agent_;  // null: we show no address, or it has done its work
  IceCredentials ours_;
  std::optional<IceAgent::Pair> chosen_;  // a guest at our door
  bool is_described_ = false, is_agreed_ = false, is_over_ = false, is_nominated_ = false;

  std::vector<IceCandidate> shown_;  // ours, already
  bool is_end_shown_ = false;
  std::uint32_t generation_ = 0;  // of ours

  IceCredentials theirs_;
  std::vector<IceCandidate> waiting_;  // theirs, not yet the agent's
  std::size_t taken_ = 0;              // of theirs in this generation
  bool is_theirs_seen_ = false;        // they showed some, even if none is of use
  bool is_theirs_known_ = false;       // to the agent
  bool is_theirs_complete_ = false, is_end_given_ = false;
  unsigned restarts_ = 0;
};

// ---- descriptions ----

Result<void> IceTransport::on_remote_description(const Element& transport) {
  auto word = read_description(transport, settings_);
  if (!word) return tl::make_unexpected(word.error());
  theirs_ = word->credentials;
  take_remote(std::move(*word));
  if (role_ == Role::kResponder) turn_.soon([this] { find_stun(); });
  return {};
}

// What the setting names, or the server tells of; nothing in reach `relay`, where it would show us.
HostAndPort IceTransport::stun_to_ask() const {
  if (settings_.stun == kNone || reach_ != Reach::kAny) return {};
  if (!settings_.stun.empty())
    return read_host_and_port(settings_.stun, kStunPort).value_or(HostAndPort());
  return world_.servers ? world_.servers->stun().value_or(HostAndPort()) : HostAndPort();
}

std::optional<TurnServer> IceTransport::turn_to_ask() const {
  bool may = settings_.kind == IceKind::kPseudoTcp && reach_ == Reach::kAny;
  if (!may || settings_.turn == kNone) return std::nullopt;
  if (!settings_.turn.empty()) return read_turn_server(settings_.turn);
  return world_.servers ? world_.servers->turn() : std::nullopt;
}

void IceTransport::find_stun() {
  look_up(stun_to_ask(), [this](std::optional<Endpoint> at) {
    config_.stun = at;
    find_turn();
  });
}

void IceTransport::find_turn() {
  auto named = turn_to_ask().value_or(TurnServer());
  look_up(named.at, [this, named](std::optional<Endpoint> at) {
    if (at) config_.turn = IceAgent::Relay{*at, named.username, named.password};
    open();
  });
}

// The ICE library is given addresses only: it leaks what it looks up. Whoever named it: what may
// not be connected to is not asked either (S5B-21).
void IceTransport::look_up(const HostAndPort& named,
                           std::function<void(std::optional<Endpoint>)> then) {
  auto found = [this, port = named.port,
                then = std::move(then)](const std::vector<IpAddress>& ips) {
    std::optional<Endpoint> at;
    if (!ips.empty()) at = Endpoint{best_to_ask(ips), port};
    if (at && !may_connect(settings_.policy, *at, Target::kRelay)) at.reset();
    then(at);
  };
  if (named.host.empty()) return found({});
  if (auto ip = IpAddress::parse(named.host)) return found({*ip});
  resolving_ = world_.network.resolve(named.host, world_.env.now() + kServerName,
                                      [found](const Result<std::vector<IpAddress>>& ips) {
                                        found(ips.value_or(std::vector<IpAddress>()));
                                      });
}

// Without an address that may be shown (ICE-16) we say so, and it fails at once on both sides.
void IceTransport::open() {
  config_.kind = settings_.kind;
  config_.is_controlling = is_controlling();
  if (reach_ == Reach::kAny)
    config_.addresses = addresses_to_show(settings_.policy, world_.network.addresses());
  if (!config_.addresses.empty()) {
    auto agent = IceAgent::open(config_, world_.reactor, [this] { turn_soon(); });
    if (agent) agent_ = std::move(*agent);
  }
  ours_ =
      agent_ ? agent_->credentials() : IceCredentials{world_.env.token(32), world_.env.token(128)};
  door_.set_credentials(ours_);
  IceWord word;
  word.credentials = ours_;
  if (agent_) word.candidates = to_show();
  for (IceCandidate& candidate : word.candidates) candidate.id = world_.env.token(64);
  shown_ = word.candidates;
  word.gathering_complete = is_end_shown_ = !agent_ || agent_->is_gathered();
  is_described_ = true;
  turn_soon();
  listener_->on_description_ready(ice_transport(word, true, settings_.kind));
}

void IceTransport::on_agreed() {
  is_agreed_ = true;
  deadline_.set(world_.env.now() + kEstablish,
                [this] { fail_with("neither side could connect to the other by ICE in time"); });
  turn_soon();
}

// ---- the peer's candidates ----

Result<void> IceTransport::on_remote_info(const Element& transport) {
  auto word = read_ice_transport(transport, settings_.most_candidates, settings_.kind);
  if (!word) return tl::make_unexpected(word.error());
  if (is_over_ || theirs_.empty()) return {};  // late, or of a session that was lost
  bool is_new = !word->credentials.empty() && word->credentials != theirs_;
  if (is_new && !follow_restart(word->credentials)) return {};
  take_remote(std::move(*word));
  turn_soon();
  return {};
}

void IceTransport::take_remote(IceWord word) {
  is_theirs_seen_ = is_theirs_seen_ || word.has_candidates;
  is_theirs_complete_ = is_theirs_complete_ || word.gathering_complete;
  for (IceCandidate& candidate : word.candidates) {
    if (taken_ == kMostTried) return;
    if (!may_try(settings_.policy, candidate)) continue;
    waiting_.push_back(std::move(candidate));
    ++taken_;
  }
}

// ICE-13: with new credentials the peer begins anew, and so do we, if it may: a nominated pair is
// not given up.
bool IceTransport::follow_restart(const IceCredentials& credentials) {
  if (is_nominated_ || restarts_ == kMostRestarts) return false;
  ++restarts_;
  theirs_ = credentials;
  waiting_.clear();
  taken_ = 0;
  is_theirs_seen_ = is_theirs_complete_ = is_end_given_ = is_theirs_known_ = false;
  if (!agent_ || !is_described_) return true;
  agent_->restart();
  ours_ = agent_->credentials();
  door_.set_credentials(ours_);
  ++generation_;
  shown_.clear();
  is_end_shown_ = false;
  return true;
}

void IceTransport::give_remote() {
  if (!is_agreed_ || is_nominated_) return;
  if (!std::exchange(is_theirs_known_, true)) agent_->set_remote(theirs_);
  if (!waiting_.empty()) agent_->add_remote(std::exchange(waiting_, {}));
  door_.let_in();  // they may come to us even if we may not go to them
  if (is_theirs_complete_ && !std::exchange(is_end_given_, true)) agent_->end_remote();
}

// ---- what the agent has to tell ----

void IceTransport::turn_soon() {
  if (is_described_ && !is_over_ && !turn_.is_set()) turn_.soon([this] { turn(); });
}

void IceTransport::turn() {
  if (is_over_) return;
  if (chosen_) return take_guest();
  if (is_agreed_ && !agent_) return fail_with("no address of ours may be shown, or none is there");
  if (is_agreed_ && is_theirs_complete_ && !is_theirs_seen_)
    return fail_with("the other side shows no address");
  if (!agent_) return;
  trickle();
  give_remote();
  if (agent_->state() == IceAgent::State::kFailed)
    return fail_with("neither side could connect to the other by ICE");
  if (agent_->state() != IceAgent::State::kReady) return;
  if (!std::exchange(is_nominated_, true)) {
    bool is_tcp = settings_.kind == IceKind::kTcp;
    deadline_.set(world_.env.now() + kFirstFrame, [this, is_tcp] {
      fail_with(is_tcp ? "the other side did not use the connection that ICE made"
                       : "ICE found a way, but nothing came by it");
    });
  }
  auto pair = agent_->pair();
  if (!pair) return fail_with(pair.error().text);
  if (settings_.kind == IceKind::kPseudoTcp) {
    if (agent_->is_connected()) use_pseudo_tcp(*pair);
    return;
  }
  if (is_controlling() || has_peer_spoken(*pair)) take_over(*pair);
}

// As the peer is to see them: a door of ours stands before each of the library's.
std::vector<IceCandidate> IceTransport::to_show() {
  std::vector<IceCandidate> candidates = agent_->candidates();
  std::erase_if(candidates, [this](IceCandidate& candidate) {
    if (settings_.kind != IceKind::kTcp || candidate.tcp != TcpType::kPassive) return false;
    auto door = door_.open(candidate.related.value_or(candidate.at));
    if (!door) return true;
    candidate.at.port = door->port;
    if (candidate.related) candidate.related->port = door->port;
    return false;
  });
  return candidates;
}

// ICE-07: what was found since, and the end, which is always said.
void IceTransport::trickle() {
  if (is_end_shown_) return;
  IceWord word;
  for (IceCandidate& candidate : to_show()) {
    bool is_shown = std::any_of(shown_.begin(), shown_.end(), [&](const IceCandidate& other) {
      return other.at == candidate.at && other.tcp == candidate.tcp;
    });
    if (is_shown) continue;
    candidate.id = world_.env.token(64);
    candidate.generation = generation_;
    shown_.push_back(candidate);
    word.candidates.push_back(std::move(candidate));
  }
  word.gathering_complete = is_end_shown_ = agent_->is_gathered();
  if (word.candidates.empty() && !word.gathering_complete) return;
  word.credentials = ours_;
  listener_->on_transport_info(ice_transport(word, false, settings_.kind));
}

// ---- the nominated connection ----

bool IceTransport::has_peer_spoken(const IceAgent::Pair& pair) const {
  return agent_->has_received() || door_.has_spoken(pair.remote);
}

void IceTransport::take_over(const IceAgent::Pair& pair) {
  if (door_.await(pair.remote)) {
    chosen_ = pair;
    agent_.reset();
    return;  // until what it said last has come
  }
  if (pair.came_to_us) return fail_with("the connection that ICE chose is gone");
  auto taken = agent_->take();
  if (!taken) return fail_with(taken.error().text);
  agent_.reset();  // its listening port with it
  auto tcp = std::make_unique<TcpStream>(std::move(taken->socket), world_.reactor, world_.env);
  PathFacts facts;
  if (tcp->local()) facts.local = tcp->local()->text();
  if (tcp->remote()) facts.remote = tcp->remote()->text();
  facts.pair = types(pair.ours, pair.theirs);
  use_tcp(std::move(tcp), pair.remote, std::move(facts), std::move(taken->received));
}

void IceTransport::use_pseudo_tcp(const IceAgent::Pair& pair) {
  PathFacts facts{.transport = "ptcp",
                  .local = pair.local.text(),
                  .remote = pair.remote.text(),
                  .pair = types(pair.ours, pair.theirs)};
  connected(std::make_unique<PseudoTcpStream>(std::move(agent_), world_.reactor, world_.env),
            std::move(facts));
}

void IceTransport::take_guest() {
  if (!door_.is_settled(chosen_->remote)) return;
  auto guest = door_.take(chosen_->remote);
  if (!guest) return fail_with(guest.error().text);
  PathFacts facts;
  facts.local = guest->connection.local;
  facts.remote = guest->connection.remote;
  facts.pair = types(IceType::kHost, chosen_->theirs);  // ours is the door itself
  use_tcp(std::move(guest->connection.stream), guest->from, std::move(facts), {});
}

void IceTransport::use_tcp(std::unique_ptr<ByteStream> tcp, const Endpoint& from, PathFacts facts,
                           Bytes received) {
  facts.transport = "ice-tcp";
  Rfc4571Stream::Config config{StunAnswer(ours_, from, is_controlling()), is_controlling(),
                               std::move(received)};
  connected(std::make_unique<Rfc4571Stream>(std::move(tcp), world_.reactor, world_.env,
                                            std::move(config)),
            std::move(facts));
}

void IceTransport::connected(std::unique_ptr<ByteStream> stream, PathFacts facts) {
  is_over_ = true;
  deadline_.clear();
  door_.close();
  listener_->on_connected(std::move(stream), std::move(facts));
}

void IceTransport::fail_with(std::string text) {
  is_over_ = true;
  deadline_.clear();
  agent_.reset();
  door_.close();
  listener_->on_failed({Blame::kEnvironment, "failed-transport", std::move(text)});
}

}  // namespace

std::string_view IceFactory::name() const {
  return settings_.kind == IceKind::kTcp ? "ice" : "ptcp";
}

std::string_view IceFactory::ns() const { return ice_namespace(settings_.kind); }

std::string_view IceFactory::feature() const {
  return settings_.kind == IceKind::kTcp ? ns() : ns::kPseudoTcpFeature;
}

Result<void> IceFactory::check_offer(const Element& transport) const {
  auto word = read_description(transport, settings_);
  if (!word) return tl::make_unexpected(word.error());
  return {};
}

std::unique_ptr<Transport> IceFactory::create(Role role, const Peers&, IqPort&, Reach reach) {
  return std::make_unique<IceTransport>(
      role, reach, settings_, IceTransport::World{env_, reactor_, network_, strangers_, servers_});
}

}  // namespace balcony
