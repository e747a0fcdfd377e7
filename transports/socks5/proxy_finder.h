// SPDX-License-Identifier: MIT
// Finds SOCKS5 proxies: those that our own server lists, and the one that the settings name
// (XEP-0065 section 4; S5B-19). One search at login, again when its result is an hour old. Driven
// by the owner; asks through an IqPort of the account.
#pragma once

#include <string>
#include <vector>

#include "jingle/transport.h"
#include "transports/net/lifeline.h"

namespace balcony {

struct Socks5Proxy {
  std::string jid;
  std::string host;  // an address or a name
  std::uint16_t port = 1080;

  friend bool operator==(const Socks5Proxy&, const Socks5Proxy&) = default;
};

class ProxyFinder {
 public:
  // Both borrowed.
  ProxyFinder(IqPort& port, const Env& env) : port_(port), env_(env) {}

  // A new login at `server`. `extra`: the proxy of the settings, may be empty.
  void search(const std::string& server, const std::string& extra);
  void forget();   // offline: nothing is asked any more
  void refresh();  // if what is known is an hour old

  bool is_searching() const { return asked_ > 0; }
  const std::vector<Socks5Proxy>& proxies() const { return proxies_; }

 private:
  void ask(std::string_view query_ns, const std::string& to,
           std::function<void(const Element& query)> on_answer);
  void on_items(const Element& query);
  void on_info(const Element& query, const std::string& jid);
  void ask_address(const std::string& jid);
  void on_address(const Element& query, const std::string& jid);

  IqPort& port_;
  const Env& env_;
  std::string server_, extra_;
  TimePoint searched_;
  std::size_t asked_ = 0;  // questions without an answer
  std::vector<Socks5Proxy> proxies_;
  std::optional<Lifeline> replies_;  // of this search
};

}  // namespace balcony
