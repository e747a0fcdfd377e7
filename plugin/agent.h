// SPDX-License-Identifier: MIT
// The plugin without a client: one account's links, whom they may reach, and what is told to the
// host. Lives on the core's thread (or in a test, under a fake clock); driven by handle() and the
// scheduler.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "jingle/session/disco.h"
#include "plugin/commands.h"
#include "plugin/contacts.h"
#include "plugin/link.h"
#include "plugin/link_owner.h"
#include "plugin/mailbox.h"
#include "plugin/roster.h"
#include "plugin/settings.h"
#include "plugin/waiting.h"
#include "transports/ibb/ibb_transport.h"
#include "transports/ice_tcp/ice_transport.h"
#include "transports/socks5/socks5_transport.h"

namespace balcony {

class Agent final : public LinkOwner {
 public:
  struct State {  // what the state folder holds
    SettingsFile settings;
    Contacts contacts;
    std::unique_ptr<TrustStore> trust;
    std::string identity_path;  // read or made at the first login
  };

  // Borrows all but `state`. `parser_is_sound`: see reads_senders_rightly(). Without a network all
  // streams run in band; ICE needs besides the reactor itself, which is then the scheduler.
  Agent(Env& env, Scheduler& scheduler, Mailbox& mailbox, State state, bool parser_is_sound,
        Network* network = nullptr, Reactor* reactor = nullptr, Gateway* gateway = nullptr);
  ~Agent();

  // A further method of connecting. Borrowed; before the first event.
  void add_method(TransportFactory& method) { factories_.push_back(&method); }

  void handle(CoreEvent event);

 private:
  // A stream that is wanted, while it is not known yet which of the contact's clients can.
  struct Call {
    Jid target;  // bare: the best client
    std::vector<std::string> methods;
    bool by_user = false;
    bool is_redirected = false;  // JGL-12: at most once
    bool is_renewed = false;     // for a link that ended: doubted once is enough
  };
  // An iq request that came end to end and that the host owes a reply to (STZ-11).
  struct Owed {
    Element request;
    TimePoint until;
  };
  struct Answer {  // to a command
    bool ok = true;
    std::string text;
  };

  enum class Which { kOpen, kGoing };  // streams that can send; or all that may become one

  // agent.cc: the account's life, and what the host's side must know
  void on(Online& event);
  void on(Offline&);
  void on(Incoming& event);
  void on(Outgoing& event);
  void on(DirectedPresence& event);
  void on(WantStream& event);
  void on(CommandLine& event);
  void on(Unhandled& event);
  void on(HostDrained&);
  void on(Shutdown&);
  void use_identity();
  void look_for_ways();
  void use_path_settings(const std::string& key);
  TransportFactory* find_method(std::string_view name_or_ns) const;  // null: not in this version
  bool is_enabled(const TransportFactory& method) const;
  void announce_features();
  void publish(const Jid& contact);  // the contact's open streams
  void abandon_all(const std::string& why);
  void finish_shutdown();
  void arm_timer();                     // for what is due first
  void arm_timer(TimePoint not_after);  // when something new is due
  void arm_replies_timer();
  void on_timer();
  void bury_soon();

  // agent_server.cc: what comes from the server, and what we ask it
  void on_iq_request(const Element& iq);
  bool may_offer(const Jid& peer) const;  // DSC-10
  void on_presence(const Element& presence);
  void keep_early(const Element& stanza, std::size_t& count, std::size_t most);
  void on_roster_known();
  void fetch_roster();
  void fetch_blocklist();
  void end_blocked();
  void publish_roster();
  void on_push(std::string_view payload_ns);
  void ask_features(PeerFeatures::Query query);
  void ask_next_features();
  void on_features(const Jid& full, const Result<Element>& reply);
  void tell_peer(const Jid& full);

  // agent_offers.cc: offers of peers, and ours that meet them
  void on_jingle(const Element& iq);
  void on_offer(const Element& iq, const Router::NewOffer& offer);
  bool has_enough_half_open(const Jid& peer) const;
  void consider_offer(Link& link);  // consent (JGL-40)
  void on_glare(Link& own, Link& theirs);
  void reconsider_offers(const Jid& peer);
  Link* earlier_attempt(const Link& link) const;
  Link* find_link(const Session* session) const;
  bool is_asking(const Jid& contact) const;  // a question of this contact is open

  // agent_calls.cc: streams that are wanted, and what becomes of them
  void call(Call call);
  void call_again(const std::function<bool(const Jid& target)>& concerns);
  void call_if_allowed(Call wanted);
  void fail_call(const Call& call, const std::string& reason, const std::string& text);
  void open_link(const Call& call, const Jid& full);
  std::vector<std::string> usable_methods(const Jid& full,
                                          const std::vector<std::string>& wanted) const;
  bool may_call(const Jid& contact) const;
  bool is_trying(const Jid& jid) const;
  bool is_quiet(const Jid& contact) const;
  void on_failed_attempt(const Link& link);
  Link* find_link(const Jid& jid, Which which) const;  // bare: the best

  // agent_stanzas.cc: stanzas, those that wait for a stream, and replies that are owed
  void wait_for_stream(Jid to, Element stanza);
  std::string why_not_wait(const Jid& to) const;
  void send_waiting(Link& link);
  void call_for_waiting(const Jid& contact);
  void give_up_waiting(const Jid& contact, const std::string& reason);
  void give_up_overdue();
  void pay(const RequestKey& request, Element reply);
  void pay_for_host(const RequestKey& request, Element reply);
  bool owe_reply(const Jid& peer, const std::string& id, Element request);
  void forget_owed(const Jid& peer);
  void undelivered(const Jid& peer, const KeptStanza& stanza, bool unknown,
                   const std::string& reason);

  // agent_commands.cc
  Answer run(const Command& command);
  Answer run_for(const Jid& jid, const Command& command);
  Answer start(const Jid& jid, const std::string& method);
  Answer stop(const Jid& jid);
  Answer list() const;
  Answer answer_question(const Jid& jid, bool accept);
  Answer show_streams(const std::optional<Jid>& jid) const;
  void tell_status(const std::optional<Jid>& jid);

  // agent_choices.cc: commands that change what is kept
  Answer set_mode(const Jid& jid, const std::string& word);
  void apply_modes(const std::string& word);
  void read_anchors();  // of the setting `ca`; none, and a notice, if the file can't be read
  Answer set_reach(const Jid& jid, const std::string& word);
  Answer show_fingerprint(const std::optional<Jid>& jid) const;
  Answer trust_key(const Jid& jid, const std::string& text);
  Answer untrust_key(const Jid& jid, const std::string& text);
  Answer change_setting(const std::string& key, const std::string& value);

  // ServerSide
  void send(const Element& stanza) override;
  IqTracker& tracker() override { return tracker_; }
  void claim(ServerPort& port, std::string_view payload_ns, std::string_view sid) override;
  void release(ServerPort& port, std::string_view payload_ns, std::string_view sid) override;
  // LinkOwner
  Env& env() override { return env_; }
  Scheduler& scheduler() override { return scheduler_; }
  Router& router() override { return router_; }
  const Settings& settings() const override { return state_.settings.values(); }
  const Identity& identity() const override { return *identity_; }
  const std::string& anchors() const override { return anchors_; }
  TrustStore& trust() override { return *state_.trust; }
  TransportFactory* factory(std::string_view name_or_ns) override;
  Reach reach_of(const Jid& jid) const override;
  void tell(HostEvent event) override {
    behind_reply_ ? behind_reply_->push_back(std::move(event)) : mailbox_.to_host(std::move(event));
  }
  bool is_host_behind() const override { return mailbox_.is_host_behind(); }
  bool ask(TellAsk question) override;
  void undelivered(const Link& link, const KeptStanza& stanza, bool unknown,
                   const std::string& reason) override;
  void on_offer_ready(Link& link) override;
  void on_offer_acknowledged(Link& link) override;
  void on_lost_offer(Link& link) override;
  void on_alive(Link& link, bool alive) override;
  void on_open(Link& link) override;
  void on_received(Link& link, Element stanza) override;
  void on_changed(Link& link) override;
  void on_over(Link& link) override;
  void on_dead(Link& link) override;

  Mode mode_of(const Jid& jid) const;
  Reach chosen_reach(const Jid& jid) const;

  Env& env_;
  Scheduler& scheduler_;
  Mailbox& mailbox_;
  std::optional<std::vector<HostEvent>> behind_reply_;  // what a command did, till it is answered
  State state_;
  const bool parser_is_sound_;
  std::optional<Identity> identity_;
  std::string anchors_;  // PEM of the setting `ca`
  IbbFactory ibb_;

  Jid local_;
  bool is_online_ = false, was_online_ = false, closing_ = false;
  Router router_;
  IqTracker tracker_;
  ServerPort account_port_;  // for what concerns no peer
  ProxyFinder proxies_;
  Strangers strangers_;  // at the doors of all methods
  std::optional<Socks5Factory> socks5_;
  IceServers ice_servers_;
  std::optional<IceFactory> ice_, ptcp_;
  std::vector<TransportFactory*> factories_;
  TimePoint replies_from_;  // after a resume: replies that were held back come first
  PeerFeatures peers_;
  Roster roster_;
  bool roster_known_ = false;
  std::deque<Element> early_;  // before the roster: whose it is, is not known yet
  std::size_t early_presence_ = 0, early_offers_ = 0;
  std::set<std::string, std::less<>> pushed_;  // namespaces of pushes that make us ask again
  TimePoint refetched_;
  std::deque<PeerFeatures::Query> to_ask_;
  std::set<Jid> asked_;  // whose answer is awaited

  std::list<std::unique_ptr<Link>> links_;
  std::map<std::tuple<Jid, std::string, std::string>, ServerPort*> claims_;  // peer, namespace, sid
  std::map<Jid, Call> calls_;       // by target: waiting for features, or the roster
  std::map<Jid, Call> next_calls_;  // by peer: waiting for the end of a stream that is being closed
  std::map<Jid, Waiting> waiting_;  // by whom they are for: a contact, or one client of it
  std::map<Jid, TimePoint>
      quiet_until_;  // by bare JID: after a failed attempt nothing starts by itself
  std::map<RequestKey, Owed> owed_;
  std::map<Jid, TellAsk> changed_keys_;  // by bare JID: refused, still to be judged by the user

  TimePoint timer_at_;  // of timer_, while it is set
  Timer timer_, burial_, shutdown_, refetch_, replies_timer_;
};

}  // namespace balcony
