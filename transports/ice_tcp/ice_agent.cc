// SPDX-License-Identifier: MIT
#include "transports/ice_tcp/ice_agent.h"

#include <fcntl.h>
#include <nice/agent.h>

#include <algorithm>
#include <array>
#include <utility>

#include "transports/ice_tcp/library_sockets.h"

namespace balcony {
namespace {

constexpr guint kComponent = 1;
constexpr guint kCheckEnds = 1000;  // ms until a check without an answer is over; 2000 delays all
constexpr guint kUdpCheckFirst = 200;  // ms until a check by UDP is repeated, then twice as long
constexpr guint kUdpChecks = 3;        // of each, 1.4 s in all: a nomination waits for the last
constexpr std::size_t kMostSent = 64 * 1024;  // in one call, of pseudo-TCP
// That nobody has fetched. Before a connection is taken, it is one flight.
constexpr std::size_t kMostReceivedByTcp = 64 * 1024, kMostReceivedByUdp = 2 * 1024 * 1024;

tl::unexpected<Error> broken(std::string text) {
  return fail(Blame::kEnvironment, "failed-transport", std::move(text));
}

Endpoint endpoint_of(const NiceAddress& address) {
  std::array<char, 64> text{};  // INET6_ADDRSTRLEN is 46
  nice_address_to_string(&address, text.data());
  auto ip = IpAddress::parse(text.data());
  return {ip.value_or(IpAddress::from_v4({})),
          static_cast<std::uint16_t>(nice_address_get_port(&address))};
}

NiceAddress nice_address_of(const IpAddress& ip, std::uint16_t port) {
  NiceAddress address;
  nice_address_init(&address);
  nice_address_set_from_string(&address, ip.text().c_str());
  nice_address_set_port(&address, port);
  return address;
}

IceType type_of(const NiceCandidate& candidate) {
  switch (candidate.type) {
    case NICE_CANDIDATE_TYPE_HOST:
      return IceType::kHost;
    case NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE:
      return IceType::kServerReflexive;
    case NICE_CANDIDATE_TYPE_PEER_REFLEXIVE:
      return IceType::kPeerReflexive;
    case NICE_CANDIDATE_TYPE_RELAYED:
      break;
  }
  return IceType::kRelayed;
}

NiceCandidateType nice_type_of(IceType type) {
  switch (type) {
    case IceType::kHost:
      return NICE_CANDIDATE_TYPE_HOST;
    case IceType::kServerReflexive:
      return NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE;
    case IceType::kPeerReflexive:
      return NICE_CANDIDATE_TYPE_PEER_REFLEXIVE;
    case IceType::kRelayed:
      break;
  }
  return NICE_CANDIDATE_TYPE_RELAYED;
}

// Nothing for those that are not for this kind.
std::optional<IceCandidate> to_candidate(const NiceCandidate& given, IceKind kind) {
  bool is_active = given.transport == NICE_CANDIDATE_TRANSPORT_TCP_ACTIVE;
  bool is_udp = given.transport == NICE_CANDIDATE_TRANSPORT_UDP;
  bool is_known = is_udp || is_active || given.transport == NICE_CANDIDATE_TRANSPORT_TCP_PASSIVE;
  if (!is_known || is_udp != (kind == IceKind::kPseudoTcp)) return std::nullopt;
  IceCandidate candidate;
  candidate.foundation = given.foundation;
  candidate.at = endpoint_of(given.addr);
  if (is_active) candidate.at.port = 0;
  candidate.priority = given.priority;
  candidate.type = type_of(given);
  candidate.tcp = is_active ? TcpType::kActive : TcpType::kPassive;
  if (candidate.type != IceType::kHost) candidate.related = endpoint_of(given.base_addr);
  return candidate;
}

NiceCandidateTransport nice_transport_of(const IceCandidate& candidate, IceKind kind) {
  if (kind == IceKind::kPseudoTcp) return NICE_CANDIDATE_TRANSPORT_UDP;
  return candidate.tcp == TcpType::kActive ? NICE_CANDIDATE_TRANSPORT_TCP_ACTIVE
                                           : NICE_CANDIDATE_TRANSPORT_TCP_PASSIVE;
}

NiceCandidate* to_nice(const IceCandidate& candidate, IceKind kind, guint stream) {
  NiceCandidate* made = nice_candidate_new(nice_type_of(candidate.type));
  made->transport = nice_transport_of(candidate, kind);
  made->addr = nice_address_of(candidate.at.ip, candidate.at.port);
  made->base_addr = made->addr;
  made->priority = candidate.priority;
  made->stream_id = stream;
  made->component_id = kComponent;
  g_strlcpy(made->foundation, candidate.foundation.c_str(), sizeof made->foundation);
  return made;
}

// ---- the agent ----

class LibniceAgent final : public IceAgent {
 public:
  LibniceAgent(const Config& config, Reactor& reactor, OnNews on_news)
      : kind_(config.kind), has_relay_(config.turn.has_value()), on_news_(std::move(on_news)) {
    bool is_tcp = kind_ == IceKind::kTcp;
    int options = NICE_AGENT_OPTION_REGULAR_NOMINATION | NICE_AGENT_OPTION_ICE_TRICKLE;
    // What stays in the library needs its own eye on whether the peer is there.
    if (!is_tcp) options |= NICE_AGENT_OPTION_RELIABLE | NICE_AGENT_OPTION_CONSENT_FRESHNESS;
    agent_ = nice_agent_new_full(reactor.context(), NICE_COMPATIBILITY_RFC5245,
                                 static_cast<NiceAgentOption>(options));
    g_object_set(agent_, "ice-udp", !is_tcp || config.stun ? TRUE : FALSE, "ice-tcp",
                 is_tcp ? TRUE : FALSE, "upnp", FALSE, "controlling-mode",
                 config.is_controlling ? TRUE : FALSE, "stun-reliable-timeout", kCheckEnds,
                 "stun-initial-timeout", kUdpCheckFirst, "stun-max-retransmissions", kUdpChecks,
                 nullptr);
    if (config.stun) {
      g_object_set(agent_, "stun-server", config.stun->ip.text().c_str(), "stun-server-port",
                   static_cast<guint>(config.stun->port), nullptr);
    }
    for (const IpAddress& ip : config.addresses) {
      NiceAddress address = nice_address_of(ip, 0);
      nice_agent_add_local_address(agent_, &address);
    }
    g_signal_connect(agent_, "candidate-gathering-done", G_CALLBACK(&gathered), this);
    g_signal_connect(agent_, "component-state-changed", G_CALLBACK(&changed), this);
    g_signal_connect(agent_, "new-candidate-full", G_CALLBACK(&found), this);
    g_signal_connect(agent_, "reliable-transport-writable", G_CALLBACK(&writable), this);
    stream_ = nice_agent_add_stream(agent_, 1);
    if (config.turn && !is_tcp) {
      nice_agent_set_relay_info(agent_, stream_, kComponent, config.turn->at.ip.text().c_str(),
                                config.turn->at.port, config.turn->username.c_str(),
                                config.turn->password.reveal().c_str(), NICE_RELAY_TYPE_TURN_UDP);
    }
    // It reads nothing, not even checks, without somebody to give the rest to.
    nice_agent_attach_recv(agent_, stream_, kComponent, reactor.context(), &received, this);
  }
  ~LibniceAgent() override {
    g_signal_handlers_disconnect_by_data(agent_, this);
    if (stream_ != 0) nice_agent_remove_stream(agent_, stream_);
    if (has_relay_) {  // which it says goodbye to first
      nice_agent_close_async(agent_, &closed, nullptr);
    } else {
      g_object_unref(agent_);
    }
  }
  LibniceAgent(const LibniceAgent&) = delete;
  LibniceAgent& operator=(const LibniceAgent&) = delete;

  bool gather() {
    if (stream_ == 0 || !nice_agent_gather_candidates(agent_, stream_)) return false;
    for (const IceCandidate& candidate : candidates()) {
      bool is_listening = kind_ == IceKind::kTcp && candidate.tcp == TcpType::kPassive;
      if (is_listening && candidate.type == IceType::kHost) hear_only_this_machine(candidate.at);
    }
    return true;
  }

  IceCredentials credentials() const override {
    char *ufrag = nullptr, *pwd = nullptr;
    nice_agent_get_local_credentials(agent_, stream_, &ufrag, &pwd);
    IceCredentials credentials{ufrag ? ufrag : "", pwd ? pwd : ""};
    g_free(ufrag);
    g_free(pwd);
    return credentials;
  }

  std::vector<IceCandidate> candidates() const override {
    std::vector<IceCandidate> candidates;
    GSList* list = nice_agent_get_local_candidates(agent_, stream_, kComponent);
    for (GSList* item = list; item; item = item->next) {
      auto candidate = to_candidate(*static_cast<NiceCandidate*>(item->data), kind_);
      if (candidate && candidate->type != IceType::kPeerReflexive)
        candidates.push_back(std::move(*candidate));
    }
    g_slist_free_full(list,
                      [](gpointer c) { nice_candidate_free(static_cast<NiceCandidate*>(c)); });
    return candidates;
  }

  bool is_gathered() const override { return is_gathered_; }
  void set_on_news(OnNews on_news) override { on_news_ = std::move(on_news); }

  void set_remote(const IceCredentials& credentials) override {
    nice_agent_set_remote_credentials(agent_, stream_, credentials.ufrag.c_str(),
                                      credentials.pwd.c_str());
  }
  void add_remote(const std::vector<IceCandidate>& candidates) override {
    GSList* list = nullptr;
    for (const IceCandidate& candidate : candidates)
      list = g_slist_append(list, to_nice(candidate, kind_, stream_));
    if (list) nice_agent_set_remote_candidates(agent_, stream_, kComponent, list);
    g_slist_free_full(list,
                      [](gpointer c) { nice_candidate_free(static_cast<NiceCandidate*>(c)); });
  }
  void end_remote() override { nice_agent_peer_candidate_gathering_done(agent_, stream_); }

  void restart() override {
    state_ = State::kWorking;
    received_.clear();
    nice_agent_restart_stream(agent_, stream_);
  }

  State state() const override { return is_flooded_ ? State::kFailed : state_; }
  bool has_received() const override { return !received_.empty(); }

  Result<Pair> pair() const override {
    auto selected = this->selected();
    if (!selected) return tl::make_unexpected(selected.error());
    auto [ours, theirs] = *selected;
    bool is_udp = ours->transport == NICE_CANDIDATE_TRANSPORT_UDP;
    if (is_udp != (kind_ == IceKind::kPseudoTcp))
      return broken("ICE chose a way that was not offered");
    IceType type = type_of(*ours);
    return Pair{type, type_of(*theirs),
                endpoint_of(type == IceType::kRelayed ? ours->addr : ours->base_addr),
                endpoint_of(theirs->addr), ours->transport == NICE_CANDIDATE_TRANSPORT_TCP_PASSIVE};
  }

  Result<Taken> take() override {
    auto selected = this->selected();
    if (!selected) return tl::make_unexpected(selected.error());
    auto [ours, theirs] = *selected;
    auto found = find_connection(endpoint_of(ours->addr), endpoint_of(ours->base_addr).ip,
                                 endpoint_of(theirs->addr));
    // A second descriptor of the same connection: the library closes its own, unheard by the peer.
    Socket socket(found ? fcntl(*found, F_DUPFD_CLOEXEC, 0) : -1);
    if (!socket.is_open()) return broken("the connection that ICE chose is gone");
    return Taken{std::move(socket), std::move(received_)};
  }

  bool is_connected() const override { return is_connected_; }
  std::size_t send(ByteView octets) override {
    if (octets.empty()) return 0;
    auto size = static_cast<guint>(std::min<std::size_t>(octets.size(), kMostSent));
    gint taken = nice_agent_send(agent_, stream_, kComponent, size, octets.data());
    return taken < 0 ? 0 : static_cast<std::size_t>(taken);
  }
  Bytes take_received() override { return std::exchange(received_, {}); }

 private:
  // Ours and theirs, which belong to the library.
  Result<std::pair<NiceCandidate*, NiceCandidate*>> selected() const {
    NiceCandidate *ours = nullptr, *theirs = nullptr;
    if (!nice_agent_get_selected_pair(agent_, stream_, kComponent, &ours, &theirs))
      return broken("ICE chose a connection and lost it");
    return std::pair(ours, theirs);
  }

  static void closed(GObject* agent, GAsyncResult*, gpointer) { g_object_unref(agent); }
  static LibniceAgent& of(gpointer data) { return *static_cast<LibniceAgent*>(data); }
  static void gathered(NiceAgent*, guint, gpointer data) {
    of(data).is_gathered_ = true;
    of(data).on_news_();
  }
  static void found(NiceAgent*, NiceCandidate*, gpointer data) { of(data).on_news_(); }
  static void changed(NiceAgent*, guint, guint, guint state, gpointer data) {
    if (state == NICE_COMPONENT_STATE_READY) of(data).state_ = State::kReady;
    if (state == NICE_COMPONENT_STATE_FAILED) of(data).state_ = State::kFailed;
    of(data).on_news_();
  }
  static void writable(NiceAgent*, guint, guint, gpointer data) {
    of(data).is_connected_ = true;
    of(data).on_news_();
  }
  static void received(NiceAgent*, guint, guint, guint size, char* octets, gpointer data) {
    bool is_tcp = of(data).kind_ == IceKind::kTcp;
    std::size_t most = is_tcp ? kMostReceivedByTcp : kMostReceivedByUdp;
    if (of(data).received_.size() + size > most) {
      of(data).is_flooded_ = true;
    } else {
      of(data).received_.append(octets, size);
    }
    of(data).on_news_();
  }

  const IceKind kind_;
  const bool has_relay_;
  OnNews on_news_;
  NiceAgent* agent_ = nullptr;
  guint stream_ = 0;
  State state_ = State::kWorking;
  bool is_gathered_ = false, is_connected_ = false, is_flooded_ = false;
  Bytes received_;
};

}  // namespace

Result<std::unique_ptr<IceAgent>> IceAgent::open(const Config& config, Reactor& reactor,
                                                 OnNews on_news) {
  auto agent = std::make_unique<LibniceAgent>(config, reactor, std::move(on_news));
  if (!agent->gather()) return broken("ICE can't open its sockets");
  return agent;
}

}  // namespace balcony
