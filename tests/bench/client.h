// SPDX-License-Identifier: MIT
// A client with an agent of ours, and as much of a server as the two ends of a measurement need: it
// carries stanzas from one to the other, and knows their rosters.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "plugin/agent.h"
#include "tests/bench/loop.h"
#include "transports/net/system_network.h"

namespace balcony::bench {

class TcpFactory;

class Client {
 public:
  struct Config {
    std::string own, contact;  // full JIDs
    int tcp = -1;              // the socket for the method of tcp_method.h; it is used once
    bool has_network = false;  // it has the real methods instead, on loopback
  };
  using ToServer = std::function<void(std::string xml)>;
  using OnStanza = std::function<void(const StanzaInfo& stanza)>;

  Client(Loop& loop, Config config, ToServer to_server);
  ~Client();

  void log_in();
  void meet_contact();  // it is online too, and logged in
  void from_server(const std::string& xml);
  void command(const std::string& line) { mailbox_.to_core(CommandLine{line}); }
  void use_socket(int fd);    // for the next path by the method of tcp_method.h
  bool send(Element stanza);  // end to end; false: busy until on_writable
  void set_on_stanza(OnStanza on_stanza) { on_stanza_ = std::move(on_stanza); }
  void set_on_writable(std::function<void()> on_writable) { on_writable_ = std::move(on_writable); }
  void expect_end() { expects_end_ = true; }  // what is undelivered from now on is no failure
  void pump();                                // carries events between the host's side and the core

  bool knows_contact() const { return knows_contact_; }
  const std::string& jid() const { return config_.own; }
  const std::string& state() const { return state_; }  // of the last stream
  const std::string& text() const { return text_; }

 private:
  void tell(HostEvent& event);
  void answer_for_server(const Element& iq);

  Loop& loop_;
  Config config_;
  ToServer to_server_;
  OnStanza on_stanza_;
  std::function<void()> on_writable_;
  std::string folder_;
  Mailbox mailbox_;
  SystemNetwork network_;
  std::unique_ptr<TcpFactory> tcp_;
  std::unique_ptr<Agent> agent_;
  std::vector<std::string> features_;
  std::string state_, text_;
  bool knows_contact_ = false, expects_end_ = false;
  bool is_busy_ = false;
};

// Two clients on one loop, with a server of no cost between them.
class Couple {
 public:
  Couple(Loop& loop, const std::string& suffix, bool over_tcp);
  void open();
  void close();

  Loop& loop;
  std::unique_ptr<Client> romeo, juliet;

 private:
  std::string method_;
};

}  // namespace balcony::bench
