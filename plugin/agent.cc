// SPDX-License-Identifier: MIT
// Agent, part 1: the account's life, and what the host's side must know.
#include "plugin/agent.h"

#include <algorithm>
#include <utility>

#include "jingle/base/ns.h"
#include "plugin/identity_file.h"

namespace balcony {
namespace {

constexpr Duration kResumeGrace = 10s;  // for replies that the server held back

AddressPolicy address_policy(const Settings& settings) {
  return {settings.candidates_loopback, settings.candidates_low_ports,
          settings.candidates_interfaces};
}

Socks5Factory::Settings socks5_settings(const Settings& settings) {
  Socks5Factory::Settings paths;
  paths.policy = address_policy(settings);
  paths.direct = settings.s5b_direct;
  paths.upnp = settings.s5b_upnp;
  paths.tunnel = settings.s5b_tunnel;
  paths.most_candidates = settings.limit_candidates;
  return paths;
}

Strangers::Limits stranger_limits(const Settings& settings) {
  return {settings.limit_strangers, settings.limit_strangers_per_address};
}

IceFactory::Settings ice_settings(const Settings& settings, IceKind kind) {
  return {address_policy(settings), kind, settings.ice_stun, settings.ice_turn,
          settings.limit_candidates};
}

}  // namespace

Agent::Agent(Env& env, Scheduler& scheduler, Mailbox& mailbox, State state, bool parser_is_sound,
             Network* network, Reactor* reactor, Gateway* gateway)
    : env_(env),
      scheduler_(scheduler),
      mailbox_(mailbox),
      state_(std::move(state)),
      parser_is_sound_(parser_is_sound),
      ibb_(env, scheduler, {settings().ibb_block_size}),
      router_({}, settings().sessions),
      tracker_(env, "balcony-" + hex(env.random(8)) + "-"),
      account_port_(*this, Jid()),
      proxies_(account_port_, env),
      strangers_(stranger_limits(settings())),
      ice_servers_(account_port_, scheduler, env),
      peers_(env),
      timer_(scheduler, env),
      burial_(scheduler, env),
      shutdown_(scheduler, env),
      refetch_(scheduler, env),
      replies_timer_(scheduler, env) {
  mailbox_.with_snapshot([&](Snapshot& snapshot) { snapshot.id_prefix = tracker_.id_prefix(); });
  read_anchors();
  if (network) {
    socks5_.emplace(env, scheduler, *network, proxies_, strangers_, socks5_settings(settings()),
                    gateway);
    factories_.push_back(&*socks5_);
  }
  if (network && reactor) {
    for (auto [factory, kind] : {std::pair(&ice_, IceKind::kTcp), {&ptcp_, IceKind::kPseudoTcp}}) {
      factory->emplace(env, *reactor, *network, strangers_, ice_settings(settings(), kind),
                       &ice_servers_);
      factories_.push_back(&**factory);
    }
  }
  factories_.push_back(&ibb_);
  announce_features();
}

Agent::~Agent() { links_.clear(); }

void Agent::handle(CoreEvent event) {
  std::visit([this](auto& e) { on(e); }, event);
}

void Agent::on(Online& event) {
  if (is_online_) {  // the host did not notice, or did not say
    Offline unsaid;
    on(unsaid);
  }
  bool kept = event.resumed && was_online_ && local_ == event.full;
  local_ = event.full;
  is_online_ = was_online_ = true;
  router_.set_local(local_);
  use_identity();
  announce_features();
  if (!kept) {  // before anybody acts on the old one
    peers_.on_login();
    roster_.on_login();
    roster_known_ = false;
    publish_roster();
  }
  for (auto& link : links_) link->on_online(kept);
  if (!kept) tracker_.fail_all({Blame::kEnvironment, "connectivity-error", "a new login began"});
  replies_from_ = env_.now() + (kept ? kResumeGrace : 0s);
  arm_replies_timer();
  if (kept) return;
  fetch_roster();
  fetch_blocklist();
  look_for_ways();
}

// S5B-19, ICE-11, and the router that may lead a port here.
void Agent::look_for_ways() {
  if (!is_online_) return;
  std::string server(local_.domain());
  if (socks5_ && is_enabled(*socks5_)) {
    proxies_.search(server, settings().s5b_proxy);
    if (settings().reach == Reach::kAny) socks5_->look_for_gateway();
  }
  bool with_turn = ptcp_ && is_enabled(*ptcp_) && settings().ice_turn.empty();
  bool with_stun = ice_ && (is_enabled(*ice_) || is_enabled(*ptcp_)) && settings().ice_stun.empty();
  if (with_stun || with_turn)
    ice_servers_.search(server, with_turn);
  else
    ice_servers_.stop();
}

// For the paths that are tried from now on.
void Agent::use_path_settings(const std::string& key) {
  strangers_.set_limits(stranger_limits(settings()));
  if (socks5_) socks5_->set_settings(socks5_settings(settings()));
  if (ice_) ice_->set_settings(ice_settings(settings(), IceKind::kTcp));
  if (ptcp_) ptcp_->set_settings(ice_settings(settings(), IceKind::kPseudoTcp));
  bool is_choice = key == "transports" || key == "ice.ptcp";
  if (is_choice || key == "s5b.proxy" || key == "ice.stun" || key == "ice.turn") look_for_ways();
  if (is_choice) announce_features();
}

// DSC-02, DSC-03: what the setting leaves out is neither offered nor accepted, but for in band.
bool Agent::is_enabled(const TransportFactory& method) const {
  auto order = settings().methods();
  return &method == &ibb_ || std::find(order.begin(), order.end(), method.name()) != order.end();
}

// Read at each login, so that a renewed or repaired one is used; not under living streams.
void Agent::use_identity() {
  if (!links_.empty()) return;
  auto identity = load_identity(state_.identity_path, local_.to_bare(), env_);
  if (identity) {
    identity_ = std::move(*identity);
    return;
  }
  identity_.reset();
  tell(TellNotice{{}, "End-to-end streams are off: " + identity.error().text});
}

void Agent::on(Offline&) {
  if (!is_online_) return;
  is_online_ = false;
  replies_timer_.clear();
  early_.clear();
  early_presence_ = early_offers_ = 0;
  to_ask_.clear();
  for (const auto& [target, call] : std::exchange(calls_, {}))
    fail_call(call, "connectivity-error", "the connection to your server was lost");
  for (auto& link : links_) link->on_offline();
  arm_timer();
}

void Agent::on(HostDrained&) {
  for (auto& link : links_) link->on_host_drained();
}

// Every stream is closed in order; what is still waiting is reported first. Asked again, at once.
void Agent::on(Shutdown&) {
  if (closing_) return abandon_all("the program did not wait for the stream's end");
  closing_ = true;
  mailbox_.with_snapshot([](Snapshot& snapshot) { snapshot.closing = true; });
  announce_features();
  while (!waiting_.empty())
    give_up_waiting(waiting_.begin()->first.to_bare(), "the program is closing");
  for (const auto& [target, call] : std::exchange(calls_, {}))
    fail_call(call, "gone", "the program is closing");
  for (auto& link : links_) link->close("gone", "the program is closing");
  shutdown_.set(env_.now() + settings().limit_close,
                [this] { abandon_all("the stream did not close in time"); });
  bury_soon();
}

void Agent::abandon_all(const std::string& why) {
  if (links_.empty()) return;
  for (auto& link : links_) link->abandon(why);
  bury_soon();
}

void Agent::finish_shutdown() {
  if (!closing_ || !links_.empty()) return;
  shutdown_.clear();
  mailbox_.to_host_last(TellLog{kLogDebug, "all streams are closed"});
}

// DSC-01, DSC-02: what disco#info must list, nothing while the account's mode is off.
void Agent::announce_features() {
  std::vector<std::string> features;
  bool off = settings().mode == Mode::kOff || closing_ || (was_online_ && !identity_);
  if (!off) {
    features = {std::string(ns::kJingle), std::string(ns::kXmlStream)};
    for (const TransportFactory* method : factories_)
      if (is_enabled(*method)) features.emplace_back(method->feature());
  }
  tell(TellFeatures{std::move(features)});
}

void Agent::publish(const Jid& contact) {
  std::vector<Jid> open;
  std::vector<Jid> full;
  for (const auto& link : links_) {
    if (!link->peer().same_bare(contact)) continue;
    if (link->is_open()) open.push_back(link->peer());
    if (link->is_open() && !link->is_writable()) full.push_back(link->peer());
  }
  if (open.size() > 1) {
    std::vector<Jid> ranking = peers_.resources(contact.to_bare());
    auto rank = [&](const Jid& jid) { return std::find(ranking.begin(), ranking.end(), jid); };
    std::stable_sort(open.begin(), open.end(),
                     [&](const Jid& a, const Jid& b) { return rank(a) < rank(b); });
  }
  mailbox_.with_snapshot([&](Snapshot& snapshot) {
    std::erase_if(snapshot.full, [&](const Jid& jid) { return jid.same_bare(contact); });
    snapshot.full.insert(full.begin(), full.end());
    if (open.empty()) {
      snapshot.open.erase(contact.to_bare());
    } else {
      snapshot.open[contact.to_bare()] = std::move(open);
    }
  });
}

void Agent::claim(ServerPort& port, std::string_view payload_ns, std::string_view sid) {
  claims_[{port.peer(), std::string(payload_ns), std::string(sid)}] = &port;
  mailbox_.with_snapshot([&](Snapshot& snapshot) { snapshot.sids.emplace(sid); });
}

void Agent::release(ServerPort& port, std::string_view payload_ns, std::string_view sid) {
  auto found = claims_.find({port.peer(), std::string(payload_ns), std::string(sid)});
  if (found == claims_.end() || found->second != &port) return;
  claims_.erase(found);
  bool elsewhere = std::any_of(claims_.begin(), claims_.end(),
                               [&](const auto& claim) { return std::get<2>(claim.first) == sid; });
  if (elsewhere) return;  // a peer may have chosen it twice
  mailbox_.with_snapshot([&](Snapshot& snapshot) {
    if (auto known = snapshot.sids.find(sid); known != snapshot.sids.end())
      snapshot.sids.erase(known);
  });
}

void Agent::send(const Element& stanza) {
  if (!is_online_) return;
  tell(TellSend{to_xml(stanza, ns::kClient)});
  if (!replies_timer_.is_set()) arm_replies_timer();  // it may be a request
}

// While offline nothing is overdue: what is outstanding is answered after a resume, or fails with a
// new login.
void Agent::arm_replies_timer() {
  auto next = tracker_.next_deadline();
  if (!is_online_ || !next) return replies_timer_.clear();
  replies_timer_.set(std::max(*next, replies_from_), [this] {
    tracker_.on_deadline();
    arm_replies_timer();
  });
}

TransportFactory* Agent::find_method(std::string_view name_or_ns) const {
  auto found =
      std::find_if(factories_.begin(), factories_.end(), [&](const TransportFactory* method) {
        return method->name() == name_or_ns || method->ns() == name_or_ns;
      });
  return found == factories_.end() ? nullptr : *found;
}

TransportFactory* Agent::factory(std::string_view name_or_ns) {
  TransportFactory* method = find_method(name_or_ns);
  return method && is_enabled(*method) ? method : nullptr;
}

Mode Agent::mode_of(const Jid& jid) const {
  return state_.contacts.choice(jid.to_bare()).mode.value_or(settings().mode);
}

// S5B-20: who may not see that we are online does not see where, if the user has not said so.
Reach Agent::reach_of(const Jid& jid) const {
  bool is_chosen = state_.contacts.choice(jid.to_bare()).reach.has_value();
  return is_chosen || roster_.may_see_us(jid) ? chosen_reach(jid) : Reach::kRelay;
}

Reach Agent::chosen_reach(const Jid& jid) const {
  return state_.contacts.choice(jid.to_bare()).reach.value_or(settings().reach);
}

void Agent::arm_timer() {
  Deadline next;
  for (const auto& [key, owed] : owed_) next = earliest(next, owed.until);
  for (const auto& [to, waiting] : waiting_)
    if (!is_trying(to)) next = earliest(next, waiting.next_deadline());
  timer_.clear();
  if (next) arm_timer(*next);
}

void Agent::arm_timer(TimePoint not_after) {
  if (timer_.is_set() && timer_at_ <= not_after) return;
  timer_at_ = not_after;
  timer_.set(not_after, [this] { on_timer(); });
}

void Agent::on_timer() {
  std::vector<RequestKey> late;
  for (const auto& [key, owed] : owed_)
    if (owed.until <= env_.now()) late.push_back(key);
  for (const RequestKey& request : late)
    pay_for_host(request, error_of(owed_.at(request).request, {"service-unavailable", {}, {}, {}}));
  give_up_overdue();
  arm_timer();
}

void Agent::bury_soon() {
  if (burial_.is_set()) return;
  burial_.soon([this] {
    std::erase_if(links_, [](const auto& link) { return link->phase() == Link::Phase::kDead; });
    finish_shutdown();
  });
}

}  // namespace balcony
