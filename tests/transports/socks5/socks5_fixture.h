// SPDX-License-Identifier: MIT
// Two SOCKS5 transports, the imaginary internet between them, and a proxy on it.
#pragma once

#include <gtest/gtest.h>

#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "jingle/base/ns.h"
#include "jingle/base/stanza.h"
#include "tests/support/fake_gateway.h"
#include "tests/support/fake_network.h"
#include "tests/support/recorder.h"
#include "tests/support/scripted_port.h"
#include "transports/socks5/candidate.h"
#include "transports/socks5/handshake.h"
#include "transports/socks5/socks5_transport.h"

namespace balcony {

inline const std::string kProxyJid = "proxy.example.org";
inline const std::string kProxyHost = "198.51.100.9";
inline constexpr std::uint16_t kProxyPort = 7777;

// A SOCKS5 proxy as XEP-0065 describes it: joins two connections that show the same name, once
// somebody activates them.
class FakeProxy {
 public:
  FakeProxy(FakeInternet& net, const std::string& host = kProxyHost)
      : machine_(net.add({host})),
        door_(*machine_.listen({*IpAddress::parse(host), kProxyPort},
                               [this](Connection connection, const Endpoint&) {
                                 guests_.emplace_back(*this, std::move(connection));
                               })) {}

  bool activate() {
    std::vector<Guest*> pair;
    for (Guest& guest : guests_)
      if (!guest.name.empty() && !guest.other) pair.push_back(&guest);
    if (pair.size() != 2 || pair[0]->name != pair[1]->name) return false;
    pair[0]->other = pair[1];
    pair[1]->other = pair[0];
    return true;
  }
  std::size_t guests() const { return guests_.size(); }

 private:
  struct Guest final : ByteStream::Listener {
    Guest(FakeProxy&, Connection to)
        : connection(std::move(to)), handshake([this](std::string_view asked) {
            name = asked;
            return true;
          }) {
      connection.stream->set_listener(this);
    }
    void on_bytes(ByteView octets) override {
      if (other) {
        other->connection.stream->write(octets);
        return;
      }
      handshake.on_bytes(octets);
      while (auto output = handshake.poll())
        if (auto* send = std::get_if<Socks5Handshake::Send>(&*output))
          connection.stream->write(send->octets);
    }
    void on_writable() override {}
    void on_closed(std::optional<Error>) override {
      if (other) other->connection.stream->close();
    }
    Connection connection;
    Socks5Server handshake;
    std::string name;
    Guest* other = nullptr;
  };

  FakeInternet::Machine& machine_;
  std::unique_ptr<Network::Listening> door_;
  std::list<Guest> guests_;
};

inline Element disco_query(std::string_view query_ns) { return Element("query", query_ns); }

// One user: machine, factory, transport, and what that told.
class Socks5Side : public Transport::Listener {
 public:
  Socks5Side(const std::string& own, const std::string& peer, std::vector<std::string> addresses,
             FakeInternet& net, FakeScheduler& to_scheduler, FakeEnv& to_env)
      : scheduler(to_scheduler),
        env(to_env),
        peers{*Jid::parse(own), *Jid::parse(peer)},
        port(scheduler, env),
        machine(net.add(addresses)),
        finder(port, env),
        gateway(scheduler, env),
        factory(env, scheduler, machine, finder, strangers, {}, &gateway) {}

  // The server lists a proxy.
  void has_proxy() {
    port.answer_to = [](const Element& iq) -> std::optional<Element> {
      Element query = *iq.first_child();
      if (query.ns() == "http://jabber.org/protocol/disco#items")
        query.add(Element("item", query.ns()).set_attr("jid", kProxyJid));
      if (query.ns() == ns::kDiscoInfo)
        query.add(Element("identity", query.ns())
                      .set_attr("category", "proxy")
                      .set_attr("type", "bytestreams"));
      if (query.ns() == ns::kBytestreams)
        query.add(Element("streamhost", query.ns())
                      .set_attr("jid", kProxyJid)
                      .set_attr("host", kProxyHost)
                      .set_attr("port", std::to_string(kProxyPort)));
      return Element("iq", ns::kClient).add(std::move(query));
    };
    finder.search("example.org", "");
    scheduler.advance(100ms);
  }
  void begin(Role role, Reach reach = Reach::kAny) {
    transport = factory.create(role, peers, port, reach);
    transport->start(this);
  }
  std::string tell(const Socks5Info& info) {
    auto told = transport->on_remote_info(socks5_info(description.attr("sid"), info));
    scheduler.run_due();
    return told ? "" : told.error().condition;
  }

  void on_description_ready(Element ours) override { description = std::move(ours); }
  void on_transport_info(Element info) override {
    infos.push_back(info);
    if (!other || is_mute) return;
    scheduler.run_at(env.now() + 5ms, [this, info] {
      if (!other->transport) return;
      EXPECT_TRUE(other->transport->on_remote_info(info));
    });
  }
  void on_rival(std::unique_ptr<ByteStream> rival) override { rivals.push_back(std::move(rival)); }
  void on_connected(std::unique_ptr<ByteStream> connected, PathFacts told) override {
    EXPECT_FALSE(stream || failure) << "told twice";
    stream = std::move(connected);
    facts = std::move(told);
    transport.reset();  // as an owner may
    stream->set_listener(&heard);
  }
  void on_failed(Error error) override {
    EXPECT_FALSE(stream || failure) << "told twice";
    failure = std::move(error);
    transport.reset();
  }
  Candidates offered() const { return read_socks5_offer(description, 100)->candidates; }
  std::string said() const {  // the names of its transport-infos
    std::string all;
    for (const Element& info : infos) all += std::string(info.first_child()->name()) + ' ';
    return all;
  }

  FakeScheduler& scheduler;
  FakeEnv& env;
  Peers peers;
  ScriptedPort port;
  FakeInternet::Machine& machine;
  ProxyFinder finder;
  FakeGateway gateway;
  Strangers strangers{{}};
  Socks5Factory factory;
  std::unique_ptr<Transport> transport;
  Socks5Side* other = nullptr;
  bool is_mute = false;
  Element description;
  std::vector<Element> infos;
  std::vector<std::unique_ptr<ByteStream>> rivals;
  std::unique_ptr<ByteStream> stream;
  Recorder heard;
  PathFacts facts;
  std::optional<Error> failure;
};

class Socks5Fixture : public testing::Test {
 protected:
  Socks5Fixture() {
    a.other = &b;
    b.other = &a;
  }
  // Both descriptions, as session-initiate and session-accept carry them.
  void offer(Reach reach = Reach::kAny) {
    a.begin(Role::kInitiator, reach);
    scheduler.run_due();
  }
  void answer(Reach reach = Reach::kAny) {
    b.begin(Role::kResponder, reach);
    ASSERT_TRUE(b.transport->on_remote_description(a.description));
    scheduler.run_due();
  }
  void agree() {
    b.transport->on_agreed();
    if (!a.transport) return;  // it has failed before
    ASSERT_TRUE(a.transport->on_remote_description(b.description));
    a.transport->on_agreed();
  }
  void connect() {
    offer();
    answer();
    agree();
    scheduler.advance(25s);
  }
  void only_proxies() {
    Socks5Factory::Settings settings;
    settings.direct = false;
    a.factory.set_settings(settings);
    b.factory.set_settings(settings);
  }
  // Octets go both ways.
  void expect_path() {
    ASSERT_TRUE(a.stream && b.stream)
        << (a.failure ? a.failure->text : "") << '|' << (b.failure ? b.failure->text : "");
    a.stream->write("from a");
    b.stream->write("from b");
    scheduler.advance(100ms);
    EXPECT_EQ(b.heard.received, "from a");
    EXPECT_EQ(a.heard.received, "from b");
  }

  FakeEnv env;
  FakeScheduler scheduler{env};
  FakeInternet net{scheduler, env};
  Socks5Side a{"ada@example.org/desk", "ben@example.net/lab", {"192.0.2.10"}, net, scheduler, env};
  Socks5Side b{
      "ben@example.net/lab", "ada@example.org/desk", {"198.51.100.20"}, net, scheduler, env};
};

}  // namespace balcony
