// SPDX-License-Identifier: MIT
// Two ICE transports in one process, joined by what their sessions would carry, on the real loop
// and real sockets of loopback. Timers of ours stand still unless the test moves the clock; those
// of the ICE library run.
#pragma once

#include <dirent.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "tests/support/recorder.h"
#include "tests/transports/net/net_fixture.h"
#include "transports/ice_tcp/ice_transport.h"
#include "transports/net/system_address.h"
#include "transports/net/system_network.h"

namespace balcony {

inline std::size_t open_files() {
  std::size_t count = 0;
  DIR* folder = opendir("/proc/self/fd");
  while (folder && readdir(folder)) ++count;
  if (folder) closedir(folder);
  return count;
}

inline std::string numbers(std::size_t least) {
  std::string text;
  for (int i = 0; text.size() < least; ++i) text += std::to_string(i) + ' ';
  return text;
}

// Writes on as there is room.
struct Writer : Recorder {
  Writer(ByteStream& stream, ByteView text) : to(stream), rest(text) { to.set_listener(this); }
  ~Writer() { to.set_listener(nullptr); }
  void on_writable() override { push(); }
  void push() { rest.remove_prefix(to.write(rest)); }
  ByteStream& to;
  ByteView rest;
};

// ICE asks the server nothing.
struct SilentPort : IqPort {
  void request(std::string_view, Element, Reply, std::string_view) override { ADD_FAILURE(); }
  void answer(Element) override { ADD_FAILURE(); }
  void claim(std::string_view, std::string_view, Handler*) override {}
  void release(std::string_view, std::string_view) override {}
};

struct IceSide : Transport::Listener {
  void on_description_ready(Element ours) override { description = std::move(ours); }
  void on_transport_info(Element info) override { infos.push_back(std::move(info)); }
  void on_connected(std::unique_ptr<ByteStream> made, PathFacts told) override {
    stream = std::move(made);
    facts = std::move(told);
    stream->set_listener(&heard);
    if (!first_words.empty()) stream->write(first_words);
    EXPECT_EQ(heard.received, "");  // nothing is told inside a call
  }
  void on_failed(Error error) override { failure = std::move(error); }

  std::optional<Element> description;
  std::deque<Element> infos;
  std::string first_words;
  std::unique_ptr<Transport> transport;
  std::unique_ptr<ByteStream> stream;
  std::optional<PathFacts> facts;
  std::optional<Error> failure;
  Recorder heard;
};

class IceTest : public NetTest {
 protected:
  IceTest() {
    settings.policy.loopback = true;
    settings.policy.interfaces = {"lo"};
    g_main_context_push_thread_default(reactor.context());  // as Reactor::run() does
  }
  ~IceTest() override { g_main_context_pop_thread_default(reactor.context()); }

  void start(Reach reach_of_a = Reach::kAny, Reach reach_of_b = Reach::kAny) {
    Peers peers{*Jid::parse("ada@example.org/desk"), *Jid::parse("ben@example.net/phone")};
    a.transport = factory().create(Role::kInitiator, peers, port, reach_of_a);
    b.transport = factory().create(Role::kResponder, peers, port, reach_of_b);
    a.first_words = "hello";
    a.transport->start(&a);
    run_until([&] { return a.description.has_value(); });
  }
  void offer() {
    b.transport->start(&b);
    ASSERT_TRUE(b.transport->on_remote_description(*a.description));
    run_until([&] { return b.description.has_value(); });
  }
  void agree() {
    b.transport->on_agreed();
    ASSERT_TRUE(a.transport->on_remote_description(*b.description));
    a.transport->on_agreed();
  }
  // Carries what is trickled.
  void carry() {
    for (auto [from, to] : {std::pair(&a, &b), std::pair(&b, &a)}) {
      for (; !from->infos.empty(); from->infos.pop_front())
        EXPECT_TRUE(to->transport->on_remote_info(from->infos.front()));
    }
  }
  // The library waits for its own timers, some 100 ms: more turns than for sockets alone.
  template <class Condition>
  void run_ice_until(Condition done) {
    for (int i = 0; i < 2'000'000 && !done(); ++i) {
      carry();
      if (!g_main_context_iteration(reactor.context(), FALSE)) sched_yield();
    }
    ASSERT_TRUE(done());
  }
  void connect() {
    start();
    offer();
    agree();
    run_ice_until([&] { return (a.stream && b.stream) || a.failure || b.failure; });
    ASSERT_TRUE(a.stream && b.stream);
  }

  // Once connected.
  void carries_each_way(const std::string& sent) {
    run_ice_until([&] { return b.heard.received == "hello"; });
    Writer one(*a.stream, sent), other(*b.stream, sent);
    one.push();
    other.push();
    run_ice_until(
        [&] { return one.received.size() >= sent.size() && other.received.size() >= sent.size(); });
    EXPECT_TRUE(one.received == sent);
    EXPECT_TRUE(other.received == sent);
  }
  void leaks_nothing() {
    connect();
    a = IceSide(), b = IceSide();
    run_idle();
    std::size_t before = open_files();
    for (int i = 0; i < 10; ++i) {
      connect();
      a = IceSide(), b = IceSide();
      run_idle();
    }
    EXPECT_EQ(open_files(), before);
  }

  IceFactory& factory() {
    factory_.emplace(env, reactor, network, strangers, settings, servers ? &*servers : nullptr);
    return *factory_;
  }

  SystemNetwork network{reactor, env};
  Strangers strangers{{}};
  IceFactory::Settings settings;
  SilentPort port;
  std::optional<IceServers> servers;
  IceSide a, b;

 private:
  std::optional<IceFactory> factory_;
};

}  // namespace balcony
