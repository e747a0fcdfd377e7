// SPDX-License-Identifier: MIT
// The plugin without a client: one account's links, whom they may reach, and what is told to the
// host. Lives on the core's thread (or in a test, under a fake clock); driven by handle() and the
// scheduler.
#pragma once

#include <deque>
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

namespace balcony {

class Agent : public LinkOwner {
 public:
  struct State {  // what the state folder holds
    SettingsFile settings;
    Contacts contacts;
    std::unique_ptr<TrustStore> trust;
    std::string identity_path;  // read or made at the first login
  };

  // Borrows env, scheduler and mailbox. `parser_is_sound`: see reads_senders_rightly().
  Agent(Env& env, Scheduler& scheduler, Mailbox& mailbox, State state, bool parser_is_sound);
  ~Agent();

  void handle(CoreEvent event);

 private:
  // A stream that is wanted, while it is not known yet which of the contact's clients can.
  struct Call {
    Jid target;  // bare: the best client
    std::vector<std::string> methods;
    bool by_user = false;
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
  void announce_features();
  void publish(const Jid& contact);  // the contact's open streams
  void finish_shutdown();
  void arm_timer();
  void arm_replies_timer();
  void on_timer();
  void bury_soon();

  // agent_server.cc: what comes from the server, and what we ask it
  void on_iq_request(const Element& iq);
  void on_jingle(const Element& iq);
  void on_offer(const Element& iq, Router::NewOffer offer);
  bool may_offer(const Jid& peer) const;  // DSC-10
  void on_presence(const Element& presence);
  void fetch_roster();
  void fetch_blocklist();
  void on_push(std::string_view payload_ns);
  void ask_features(PeerFeatures::Query query);
  void ask_next_features();
  void tell_peer(const Jid& full);

  // agent_calls.cc: streams that are wanted, stanzas that wait for them, facts of links
  void call(Call call);
  void fail_call(const Call& call, const std::string& reason, const std::string& text);
  void open_link(const Jid& full, std::vector<std::string> methods);
  void wait_for_stream(const Jid& contact, Element stanza);
  void give_up_waiting(const Jid& contact, const std::string& reason);
  void send_by(Link& link, Element stanza);
  void reply_owed(const Jid& peer, const std::string& id, Element reply);
  Link* find_link(const Jid& jid, bool open_only) const;  // bare: the best
  Link* link_of(const Session* session) const;
  void undelivered(const Jid& peer, const Element& stanza, bool unknown, const std::string& reason);
  bool is_quiet(const Jid& contact) const;
  std::vector<std::string> usable_methods(const Jid& full,
                                          const std::vector<std::string>& wanted) const;

  // agent_commands.cc
  Answer run(const Command& command);
  Answer start(const Jid& jid, const std::string& method);
  Answer stop(const Jid& jid);
  Answer list() const;
  Answer answer_question(const Jid& jid, bool accept);
  Answer set_mode(const Jid& jid, const std::string& word);
  Answer set_reach(const Jid& jid, const std::string& word);
  Answer show_fingerprint(const std::optional<Jid>& jid) const;
  Answer trust_key(const Jid& jid, const std::string& text);
  Answer untrust_key(const Jid& jid, const std::string& text);
  Answer change_setting(const std::string& key, const std::string& value);
  void tell_status(const std::optional<Jid>& jid);

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
  void tell(HostEvent event) override { mailbox_.to_host(std::move(event)); }
  bool is_host_behind() const override { return mailbox_.is_host_behind(); }
  bool ask(TellAsk question) override;
  void undelivered(const Link& link, const Element& stanza, bool unknown,
                   const std::string& reason) override;
  void on_offer_ready(Link& link) override;
  void on_offer_acknowledged(Link& link) override;
  bool on_lost_tie(Link& link) override;
  void on_open(Link& link) override;
  void on_received(Link& link, Element stanza) override;
  void on_changed(Link& link) override;
  void on_over(Link& link) override;
  void on_dead(Link& link) override;

  void consider_offer(Link& link);  // consent (JGL-40)
  Mode mode_of(const Jid& jid) const;

  Env& env_;
  Scheduler& scheduler_;
  Mailbox& mailbox_;
  State state_;
  const bool parser_is_sound_;
  std::optional<Identity> identity_;
  std::string anchors_;
  IbbFactory ibb_;
  std::vector<TransportFactory*> factories_;

  Jid local_;
  bool is_online_ = false, was_online_ = false, closing_ = false;
  Router router_;
  IqTracker tracker_;
  TimePoint replies_from_;  // after a resume: replies that were held back come first
  PeerFeatures peers_;
  Roster roster_;
  bool roster_known_ = false;
  std::deque<Element> early_presence_;         // before the roster: whose it is, is not known yet
  std::set<std::string, std::less<>> pushed_;  // namespaces of pushes that make us ask again
  TimePoint refetched_;
  std::deque<PeerFeatures::Query> to_ask_;
  std::size_t asking_ = 0;

  std::list<std::unique_ptr<Link>> links_;
  std::map<std::tuple<Jid, std::string, std::string>, ServerPort*> claims_;  // peer, namespace, sid
  std::map<Jid, Call> calls_;       // by bare JID: waiting for features
  std::map<Jid, Waiting> waiting_;  // by bare JID
  std::map<Jid, TimePoint>
      quiet_until_;  // by bare JID: after a failed attempt nothing starts by itself
  std::map<std::pair<Jid, std::string>, Owed> owed_;
  std::map<Jid, TellAsk> changed_keys_;  // by bare JID: refused, still to be judged by the user

  Timer timer_, burial_, shutdown_, refetch_, replies_timer_;
};

}  // namespace balcony
