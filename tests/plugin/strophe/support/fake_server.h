// SPDX-License-Identifier: MIT
// A server on loopback for one libstrophe client at a time: SASL ANONYMOUS, resource binding,
// stream management (XEP-0198). Passive: step() does what is due; the test runs it by turns with
// the client.
#pragma once

#include <string>
#include <vector>

class FakeServer {
 public:
  FakeServer();
  ~FakeServer();
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  unsigned short port() const { return port_; }
  void step();
  void send(const std::string& xml);
  void cut();   // closes the socket without a word
  void stop();  // and listens no more

  bool has_stream_management = true;
  bool can_resume = true;
  bool refuses_login = false;
  std::vector<std::string> received;  // stanzas, after login
  std::vector<std::string> requests;  // what else the client sent: bind, resume, ack
  bool is_closed = false;             // the client ended its stream in order

 private:
  void on_element(const std::string& element);
  bool take(std::string& element);
  void open_stream();

  int listener_ = -1;
  int client_ = -1;
  unsigned short port_ = 0;
  bool is_in_ = false;  // logged in, so the next stream is for binding
  int counted_ = 0;
  std::string input_;
};
