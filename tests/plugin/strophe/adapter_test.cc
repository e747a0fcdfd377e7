// SPDX-License-Identifier: MIT
// The adapter with a real libstrophe, a server on loopback and a fake plugin.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>

#include "plugin/strophe/balcony_strophe.h"
#include "tests/plugin/strophe/support/fake_balcony.h"
#include "tests/plugin/strophe/support/fake_server.h"

namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Received {
  std::string name, from, xml;
  bool is_e2e;
};

// A client of the smallest kind: sends presence when online, remembers what it is told.
class StropheAdapter : public ::testing::Test {
 protected:
  void SetUp() override {
    context = xmpp_ctx_new(nullptr, nullptr);
    connection = new_connection();
    client.size = sizeof(client);
    client.host.size = sizeof(client.host);
    client.host.user = this;
    client.online = [](void* user, const char* jid, int resumed) {
      auto* self = static_cast<StropheAdapter*>(user);
      self->logins.push_back(std::string(jid) + (resumed ? " resumed" : " new"));
      if (!resumed) balcony_strophe_send_text(self->adapter, "<presence/>", nullptr);
    };
    client.receive = [](void* user, xmpp_stanza_t* stanza, const char* xml,
                        const balcony_stanza* e2e) {
      const char* from = xmpp_stanza_get_from(stanza);
      auto* self = static_cast<StropheAdapter*>(user);
      self->received.push_back(
          {xmpp_stanza_get_name(stanza), from ? from : "", xml, e2e != nullptr});
      return self->handles;
    };
    client.host.notice = [](void* user, const char* peer, const char* text) {
      static_cast<StropheAdapter*>(user)->notices.push_back(std::string(peer) + ": " + text);
    };
    char* error = nullptr;
    adapter = balcony_strophe_open(context, &client, "/state", &error);
    ASSERT_TRUE(adapter);
  }
  void TearDown() override {
    if (adapter) balcony_strophe_close(adapter);
    ending = true;
    xmpp_conn_release(connection);
    xmpp_ctx_free(context);
  }

  xmpp_conn_t* new_connection() {
    xmpp_conn_t* made = xmpp_conn_new(context);
    xmpp_conn_set_flags(made, XMPP_CONN_FLAG_DISABLE_TLS);
    xmpp_conn_set_jid(made, "localhost");
    return made;
  }
  static void on_event(xmpp_conn_t* conn, xmpp_conn_event_t event, int error, xmpp_stream_error_t*,
                       void* user) {
    auto* self = static_cast<StropheAdapter*>(user);
    if (!self->ending) balcony_strophe_event(self->adapter, conn, event, error);
  }
  void connect() {
    balcony_strophe_attach(adapter, connection);
    ASSERT_EQ(xmpp_connect_client(connection, "127.0.0.1", server.port(), on_event, this),
              XMPP_EOK);
  }
  template <typename Done>
  void run_until(Done done) {
    for (int turn = 0; turn < 3000 && !done(); ++turn) {
      server.step();
      balcony_strophe_run_once(adapter, nullptr, 0, 1);
    }
    ASSERT_TRUE(done());
  }
  void log_in() {
    connect();
    run_until([this, n = logins.size()] { return logins.size() > n; });
  }
  void log_in_and_say_hello() {
    log_in();
    run_until([this] { return !server.received.empty(); });
    run_until([n = 0]() mutable { return ++n > 5; });  // acks
  }
  void cut() {
    server.cut();
    run_until([this] { return xmpp_conn_is_disconnected(connection); });
  }

  FakeBalcony core;
  FakeServer server;
  xmpp_ctx_t* context = nullptr;
  xmpp_conn_t* connection = nullptr;
  balcony_strophe_client client{};
  balcony_strophe* adapter = nullptr;
  bool ending = false;
  int handles = 1;
  std::vector<std::string> logins, notices;
  std::vector<Received> received;
};

TEST_F(StropheAdapter, TellsBothSidesOfALogin) {
  log_in();
  EXPECT_THAT(logins, ElementsAre("romeo@localhost/orchard new"));
  EXPECT_THAT(core.logins, ElementsAre("romeo@localhost/orchard new"));
}

TEST_F(StropheAdapter, LetsTheClientSpeakFromItsOnlineCallback) {
  log_in_and_say_hello();
  EXPECT_THAT(server.received, ElementsAre("<presence/>"));
}

TEST_F(StropheAdapter, WorksWithAServerWithoutStreamManagement) {
  server.has_stream_management = false;
  log_in();
  EXPECT_THAT(logins, ElementsAre("romeo@localhost/orchard new"));
}

TEST_F(StropheAdapter, ShowsEachStanzaToThePluginAndThenToTheClientOnce) {
  log_in();
  server.send("<message from='juliet@localhost/b' id='1'><body>hi</body></message>");
  run_until([this] { return !received.empty(); });
  ASSERT_EQ(received.size(), 1u);
  EXPECT_EQ(received[0].from, "juliet@localhost/b");
  EXPECT_FALSE(received[0].is_e2e);
  EXPECT_THAT(core.seen_in, ElementsAre(received[0].xml));
}

TEST_F(StropheAdapter, KeepsThePluginsOwnStanzasFromTheClient) {
  core.incoming = [](auto& xml) {
    return xml.find("jingle") != xml.npos ? BALCONY_CONSUMED : BALCONY_PASS;
  };
  log_in();
  server.send(
      "<iq type='set' id='1' from='j@l/b'><jingle xmlns='urn:xmpp:jingle:1'/></iq><presence/>");
  run_until([this] { return !received.empty(); });
  EXPECT_EQ(received[0].name, "presence");
}

TEST_F(StropheAdapter, TakesOnlyStanzasForStanzas) {
  log_in();
  server.send("<message xmlns='urn:example'/><message/>");
  run_until([this] { return !received.empty(); });
  EXPECT_THAT(core.seen_in, ElementsAre("<message/>"));
}

TEST_F(StropheAdapter, AnswersARequestThatIsNestedTooDeeply) {
  std::string open, close;
  for (int i = 0; i < 100; ++i) open += "<a>", close += "</a>";
  log_in();
  server.send("<iq type='get' id='deep' from='j@l/b'>" + open + close + "</iq>");
  server.send("<message>" + open + close + "</message>");
  run_until([this] { return server.received.size() == 2; });
  EXPECT_THAT(server.received[1], HasSubstr("not-acceptable"));
  EXPECT_THAT(core.seen_in, IsEmpty());
}

TEST_F(StropheAdapter, ReadsALongStanzaInOneTurn) {
  log_in();
  server.send("<message><body>" + std::string(100'000, 'x') + "</body></message>");
  balcony_strophe_run_once(adapter, nullptr, 0, 1000);
  ASSERT_EQ(received.size(), 1u);
  EXPECT_GT(received[0].xml.size(), 100'000u);
}

TEST_F(StropheAdapter, SendsInTheSameTurnWhatAnswersToWhatItRead) {
  log_in_and_say_hello();
  server.send("<r xmlns='urn:xmpp:sm:3'/>");
  balcony_strophe_run_once(adapter, nullptr, 0, 0);
  server.step();
  EXPECT_THAT(server.requests, ElementsAre("bind", "ack"));
}

TEST_F(StropheAdapter, SendsWhatThePluginPasses) {
  log_in();
  xmpp_stanza_t* message = xmpp_message_new(context, "chat", "juliet@localhost", "1");
  EXPECT_EQ(balcony_strophe_send(adapter, message, nullptr), BALCONY_STROPHE_SENT);
  xmpp_stanza_release(message);
  run_until([this] { return server.received.size() == 2; });
  EXPECT_THAT(server.received[1], HasSubstr("juliet@localhost"));
}

TEST_F(StropheAdapter, SendsWhatThePluginPutsInItsPlace) {
  log_in();
  core.outgoing_text = "<presence id='instead'/>";
  EXPECT_EQ(balcony_strophe_send_text(adapter, "<presence/>", nullptr), BALCONY_STROPHE_SENT);
  run_until([this] { return server.received.size() == 2; });
  EXPECT_EQ(server.received[1], "<presence id='instead'/>");
}

TEST_F(StropheAdapter, KeepsFromTheServerWhatThePluginTakes) {
  log_in_and_say_hello();
  for (int answer : {BALCONY_TAKEN, BALCONY_BUSY, BALCONY_REFUSED}) {
    core.outgoing = [answer](auto&) { return answer; };
    EXPECT_EQ(balcony_strophe_send_text(adapter, "<message/>", nullptr), answer);
  }
  core.outgoing = [](auto&) { return BALCONY_PASS; };
  balcony_strophe_send_text(adapter, "<presence id='last'/>", nullptr);
  run_until([this] { return server.received.size() > 1; });
  EXPECT_EQ(server.received[1], "<presence id='last'/>");
}

TEST_F(StropheAdapter, SaysWhyAStanzaWasRefused) {
  log_in();
  core.outgoing = [](auto&) { return BALCONY_REFUSED; };
  core.outgoing_text = "mode require";
  char* reason = nullptr;
  EXPECT_EQ(balcony_strophe_send_text(adapter, "<message/>", &reason), BALCONY_STROPHE_REFUSED);
  EXPECT_STREQ(reason, "mode require");
  balcony_free(reason);
}

TEST_F(StropheAdapter, RefusesADeepStanzaOfTheClientsOwn) {
  log_in();
  xmpp_stanza_t* root = xmpp_message_new(context, nullptr, nullptr, nullptr);
  xmpp_stanza_t* parent = root;
  for (int i = 0; i < 100; ++i) {
    xmpp_stanza_t* child = xmpp_stanza_new(context);
    xmpp_stanza_set_name(child, "a");
    xmpp_stanza_add_child_ex(parent, child, 0);
    parent = child;
  }
  char* reason = nullptr;
  EXPECT_EQ(balcony_strophe_send(adapter, root, &reason), BALCONY_STROPHE_REFUSED);
  xmpp_stanza_release(root);
}

TEST_F(StropheAdapter, SaysThatAStanzaCannotGoWhileOffline) {
  EXPECT_EQ(balcony_strophe_send_text(adapter, "<message/>", nullptr), BALCONY_STROPHE_OFFLINE);
}

TEST_F(StropheAdapter, SendsThePluginsOwnStanzas) {
  log_in();
  core.tell([](const balcony_host& host) { host.send(host.user, "<iq id='own'/>"); });
  run_until([this] { return server.received.size() == 2; });
  EXPECT_EQ(server.received[1], "<iq id='own'/>");
}

TEST_F(StropheAdapter, HandsOnWhatComesEndToEnd) {
  log_in();
  handles = 0;
  int handled = -1;
  core.tell([&handled](const balcony_host& host) {
    auto stanza = end_to_end("j@l/b", "1", "<message xmlns='jabber:client' from='j@l/b'/>");
    handled = host.receive(host.user, &stanza);
  });
  run_until([&handled] { return handled >= 0; });
  ASSERT_EQ(received.size(), 1u);
  EXPECT_TRUE(received[0].is_e2e);
  EXPECT_EQ(received[0].xml, "<message xmlns='jabber:client' from='j@l/b'/>");
  EXPECT_EQ(handled, 0);
}

TEST_F(StropheAdapter, HandsOnNothingThatLibstropheCannotRead) {
  core.tell([](const balcony_host& host) {
    auto stanza = end_to_end("j@l/b", "1", "<message>");
    EXPECT_EQ(host.receive(host.user, &stanza), 0);
  });
  balcony_strophe_run_once(adapter, nullptr, 0, 0);
  EXPECT_THAT(received, IsEmpty());
}

TEST_F(StropheAdapter, GivesEachCallbackTheClientsOwnUserPointer) {
  core.tell([](const balcony_host& host) {
    host.notice(host.user, "juliet", "hello");
    host.ask(host.user, nullptr);  // the client has none
  });
  run_until([this] { return !notices.empty(); });
  EXPECT_THAT(notices, ElementsAre("juliet: hello"));
}

TEST_F(StropheAdapter, TellsThePluginWhatThisLibstropheTakesForTheSender) {
  EXPECT_EQ(core.self_test, "bob@x");
  EXPECT_EQ(core.host.sender_of(core.host.user, "<iq"), nullptr);
}

TEST_F(StropheAdapter, TellsALossAndThatTheNextLoginResumedIt) {
  log_in_and_say_hello();
  cut();
  log_in();
  EXPECT_THAT(logins,
              ElementsAre("romeo@localhost/orchard new", "romeo@localhost/orchard resumed"));
  EXPECT_THAT(core.logins, ElementsAre("romeo@localhost/orchard new", "offline",
                                       "romeo@localhost/orchard resumed"));
  EXPECT_THAT(server.requests, ElementsAre("bind", "resume"));
}

TEST_F(StropheAdapter, KnowsALoginThatTheServerDidNotResume) {
  log_in_and_say_hello();
  cut();
  server.can_resume = false;
  log_in();
  EXPECT_EQ(logins.back(), "romeo@localhost/orchard new");
  EXPECT_THAT(server.requests, ElementsAre("bind", "resume", "bind"));
}

TEST_F(StropheAdapter, DoesNotResumeTwice) {
  log_in_and_say_hello();
  for (int i = 0; i < 2; ++i) {
    cut();
    log_in();
  }
  EXPECT_THAT(server.requests, ElementsAre("bind", "resume", "bind"));
}

TEST_F(StropheAdapter, DoesNotResumeWhatTheServerEnded) {
  log_in_and_say_hello();
  server.send("</stream:stream>");
  run_until([this] { return xmpp_conn_is_disconnected(connection); });
  server.cut();
  log_in();
  EXPECT_THAT(server.requests, ElementsAre("bind", "bind"));
}

TEST_F(StropheAdapter, SurvivesAnotherConnection) {
  log_in_and_say_hello();
  cut();
  xmpp_conn_release(connection);
  connection = new_connection();
  log_in();
  server.send("<message/>");
  run_until([this] { return !received.empty(); });
  EXPECT_EQ(logins.back(), "romeo@localhost/orchard new");
}

TEST_F(StropheAdapter, WaitsForTheClientsOwnDescriptorsToo) {
  pollfd own{core.fds[1], POLLOUT, 0};
  balcony_strophe_run_once(adapter, &own, 1, 10'000);
  EXPECT_EQ(own.revents, POLLOUT);
}

TEST_F(StropheAdapter, WorksByTimerForAClientWithoutAPollOfItsOwn) {
  balcony_strophe_use_timer(adapter);
  for (int i = 0; i < 2; ++i) {  // from the slow timer, then from the fast one
    core.tell([](const balcony_host& host) { host.notice(host.user, "", "hello"); });
    for (int turn = 0; turn < 500 && notices.size() <= std::size_t(i); ++turn) {
      xmpp_run_once(context, 10);
    }
  }
  EXPECT_EQ(notices.size(), 2u);
}

TEST_F(StropheAdapter, PassesCommandsAndTheEndOn) {
  balcony_strophe_command(adapter, "list");
  core.closing_turns = 1;
  balcony_strophe_shutdown(adapter);
  EXPECT_THAT(core.commands, ElementsAre("list"));
  EXPECT_TRUE(core.shut_down);
  EXPECT_TRUE(balcony_strophe_may_know(adapter, "j@l/b"));
  EXPECT_FALSE(balcony_strophe_may_know(adapter, "?"));
  EXPECT_TRUE(balcony_strophe_closing(adapter));
  EXPECT_FALSE(balcony_strophe_closing(adapter));
  balcony_strophe_close(adapter);
  adapter = nullptr;
  EXPECT_FALSE(core.is_open);
}

TEST_F(StropheAdapter, SaysWhyThePluginDidNotOpen) {
  balcony_strophe_close(adapter);
  core.open_error = [](auto&) { return std::string("damaged"); };
  char* error = nullptr;
  adapter = balcony_strophe_open(context, &client, "/state", &error);
  EXPECT_EQ(adapter, nullptr);
  EXPECT_STREQ(error, "damaged");
  balcony_free(error);
}

}  // namespace
