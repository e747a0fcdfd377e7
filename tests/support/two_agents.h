// SPDX-License-Identifier: MIT
// Two agents, each with a scripted host, and a server between them, all in memory and under one
// fake clock: the whole plugin without threads, sockets and time.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "jingle/base/ns.h"
#include "jingle/base/stanza.h"
#include "jingle/base/xml_parser.h"
#include "plugin/agent.h"
#include "tests/support/fake_env.h"
#include "tests/support/fake_network.h"
#include "tests/support/fake_scheduler.h"

namespace balcony {

class World;

// A client with Balcony loaded, as balcony.cc would drive it.
class FakeHost {
 public:
  FakeHost(World& world, std::string jid, const std::string& folder,
           std::vector<std::string> settings, bool parser_is_sound, Network* network);

  void online(bool resumed = false);
  void offline();
  void command(const std::string& line);
  OutgoingDecision::Kind outgoing(
      const Element& stanza);  // what is not taken goes through the server
  OutgoingDecision::Kind message(const Jid& to, const std::string& text,
                                 const std::string& id = "m");
  void shutdown() { mailbox.to_core(Shutdown{}); }
  void incoming(const Element& stanza);
  bool turn();  // false: there was nothing to do
  // Against the laws of balcony.h: each `negotiating` of a peer ends once, by `closed`, perhaps
  // after `open`; each stanza is reported once. Empty: none was broken.
  std::string broken_law() const;

  template <class Event>
  std::vector<Event> told() const {
    std::vector<Event> found;
    for (const HostEvent& event : events)
      if (auto* e = std::get_if<Event>(&event)) found.push_back(*e);
    return found;
  }
  std::vector<std::string> states() const;  // of its streams, in the order told
  std::string state() const;                // the last one
  TellStream last_stream() const { return told<TellStream>().back(); }
  std::vector<std::string> bodies(const std::string& via) const;  // e2e or server
  std::string reply() const { return told<TellReply>().back().text; }
  bool said_ok() const { return told<TellReply>().back().ok; }
  std::vector<std::string> lost() const;  // ids of undelivered stanzas

  World& world;
  Jid jid;
  Mailbox mailbox{[] {}, [] {}};
  std::unique_ptr<Agent> agent;
  std::vector<HostEvent> events;
  std::vector<Element> from_server;  // passed to the host
  std::vector<std::string> features;
  bool connected = false;
  bool answers_requests = false;  // receive() returns 0 for requests otherwise
  bool dispatches = true;         // false: its loop is stuck
};

class World {
 public:
  World();
  ~World();

  // Without an address of its own its streams run in band.
  FakeHost& add(const std::string& jid, std::vector<std::string> settings = {},
                bool parser_is_sound = true, const std::vector<std::string>& addresses = {});
  void remove(FakeHost& host);  // its client crashes: no goodbye, the server tells its contacts
  void befriend(const std::string& a, const std::string& b);
  void run();                 // until nothing moves
  void advance(Duration by);  // with the clock, in small steps

  void route(Element stanza, const Jid& from);
  std::string everything_the_server_saw() const;
  // Jingle requests that went by, as "action sid reason", from the `since`-th stanza on.
  std::vector<std::string> jingle(std::size_t since = 0) const;

  FakeEnv env;
  FakeScheduler scheduler{env};
  FakeInternet internet{scheduler, env};
  std::vector<std::unique_ptr<FakeHost>> hosts;
  std::vector<Element> seen;                 // by the server, in order
  std::function<bool(const Element&)> drop;  // stanzas that the server loses
  std::vector<std::pair<Jid, Jid>> friends;
  std::vector<Jid> blocked;  // by everybody
  // Clients without Balcony of ours: what is sent to them waits here for the test.
  std::map<std::string, std::vector<Element>> puppets;
  std::string folder;

 private:
  void answer_for_account(const Element& iq, FakeHost& host);
  void broadcast(FakeHost& host, const std::string& type);
  std::vector<std::unique_ptr<FakeHost>> gone_;
};

// An empty folder of this process, removed with it.
std::string make_folder();

}  // namespace balcony
