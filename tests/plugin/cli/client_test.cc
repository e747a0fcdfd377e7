// SPDX-License-Identifier: MIT
// All of balcony-cli, with a server on loopback and a fake plugin.
#include "plugin/cli/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/plugin/strophe/support/fake_balcony.h"
#include "tests/plugin/strophe/support/fake_server.h"

namespace balcony_cli {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class ClientTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(pipe(input), 0);
    ASSERT_EQ(pipe(signals), 0);
    options.jid = "localhost";
    options.host = "127.0.0.1";
    options.port = server.port();
    options.tls = ServerTls::kOff;
    options.state = testing::TempDir() + "balcony/state";
  }
  void TearDown() override {
    client.reset();
    for (int fd : {input[0], input[1], signals[0], signals[1]}) close(fd);
  }

  void start() {
    client.emplace(options, events, input[0], signals[0]);
    is_running = client->start();
  }
  template <typename Done>
  void run_until(Done done) {
    for (int turn = 0; turn < 3000 && is_running && !done(); ++turn) {
      server.step();
      is_running = client->turn(std::chrono::milliseconds(1));
    }
    ASSERT_TRUE(done());
  }
  void run_until_told(const std::string& text) {
    run_until([this, &text] {
      return std::any_of(out.begin(), out.end(),
                         [&](auto& line) { return line.find(text) != line.npos; });
    });
  }
  void run_until_the_server_got(const std::string& text) {
    run_until([this, &text] {
      return std::any_of(server.received.begin(), server.received.end(),
                         [&](auto& xml) { return xml.find(text) != xml.npos; });
    });
  }
  void log_in() {
    start();
    run_until_the_server_got("<presence");
  }
  void say(const std::string& text) {
    ASSERT_EQ(write(input[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void run_to_the_end() {
    run_until([this] { return !is_running; });
  }

  FakeBalcony core;
  FakeServer server;
  Options options;
  std::vector<std::string> out;
  Events events{[this](const std::string& line) { out.push_back(line); }, [] { return 0.0; }};
  int input[2], signals[2];
  std::optional<Client> client;
  bool is_running = false;
};

TEST_F(ClientTest, LogsInAndFetchesWhatTheCoreHasToKnow) {
  log_in();
  EXPECT_THAT(out,
              Contains(HasSubstr(R"("event":"online","t":0.0,"jid":"romeo@localhost/orchard")")));
  EXPECT_THAT(server.received, ElementsAre(HasSubstr("jabber:iq:roster"), HasSubstr("<blocklist"),
                                           HasSubstr("http://jabber.org/protocol/caps")));
}

TEST_F(ClientTest, SendsAMessage) {
  log_in();
  say("msg juliet@localhost a <b> & c\n");
  run_until_told(R"("via":"server","to":"juliet@localhost","id":")");
  run_until_the_server_got("<body>a &lt;b&gt; &amp; c</body>");
}

TEST_F(ClientTest, KeepsWhatIsSaidBeforeTheLogin) {
  say("e2e list\nmsg juliet@localhost early\ne2e help\n");
  start();
  run_until([this] { return core.commands.size() == 1; });
  EXPECT_THAT(core.commands, ElementsAre("list"));
  run_until_the_server_got("early");
  run_until([this] { return core.commands.size() == 2; });
}

TEST_F(ClientTest, SendsAStanzaOfTheScriptsOwn) {
  log_in();
  say("xml <iq type='get' to='localhost' id='7'><ping xmlns='urn:xmpp:ping'/></iq>\n");
  run_until_told(R"("via":"server","to":"localhost","id":"7")");
}

TEST_F(ClientTest, TellsWhatIsWrongWithACommand) {
  log_in();
  say("dance\nmsg\nmsg juliet@localhost\nxml <x/>\npresence sleepy\nmsg j@l \x01\n\n");
  run_until_told("forbids");
  EXPECT_THAT(out,
              Contains(HasSubstr("unknown command: dance (known: e2e, msg, xml, presence, quit)")));
  EXPECT_THAT(out, Contains(HasSubstr("usage: msg JID TEXT")));
  EXPECT_THAT(out, Contains(HasSubstr("xml: not one message, presence or iq stanza")));
  EXPECT_THAT(out, Contains(HasSubstr("usage: presence")));
}

TEST_F(ClientTest, TellsOfALineThatIsTooLong) {
  log_in();
  std::string part(60'000, 'x');
  for (int i = 0; i < 20; ++i) {
    say(part);
    client->turn(std::chrono::milliseconds(0));
  }
  say("\ne2e list\n");
  run_until([this] { return !core.commands.empty(); });
  EXPECT_THAT(out, Contains(HasSubstr("longer than 1 MiB")));
}

TEST_F(ClientTest, ChangesItsPresence) {
  log_in();
  say("presence dnd\n");
  run_until_the_server_got("<show>dnd</show>");
}

TEST_F(ClientTest, SendsPresenceAgainWhenItsFeaturesChange) {
  log_in();
  core.tell([](const balcony_host& host) {
    const char* features[] = {"urn:xmpp:jingle:1", nullptr};
    host.features(host.user, features);
  });
  run_until([this] { return server.received.size() == 4; });
  EXPECT_THAT(server.received[3], HasSubstr("<presence"));
  EXPECT_NE(server.received[3], server.received[2]);
}

TEST_F(ClientTest, ShowsAndAnswersARequest) {
  log_in();
  server.send("<iq type='get' id='p1' from='j@l/b'><ping xmlns='urn:xmpp:ping'/></iq>");
  run_until_the_server_got("<iq type='result' id='p1' to='j@l/b'>");
  EXPECT_THAT(out,
              Contains(HasSubstr(R"("event":"stanza","t":0.0,"via":"server","from":"j@l/b")")));
}

TEST_F(ClientTest, AnswersARequestThatCameEndToEndThroughThePlugin) {
  log_in();
  core.outgoing = [](auto&) { return BALCONY_TAKEN; };
  core.tell([](const balcony_host& host) {
    auto stanza = end_to_end("j@l/b", "p1",
                             "<iq xmlns='jabber:client' type='get' id='p1' from='j@l/b'>"
                             "<ping xmlns='urn:xmpp:ping'/></iq>");
    EXPECT_EQ(host.receive(host.user, &stanza), 1);
  });
  run_until_told(R"("via":"e2e","from":"j@l/b")");
  EXPECT_THAT(core.seen_out, Contains("<iq type='result' id='p1' to='j@l/b'></iq>"));
}

TEST_F(ClientTest, TellsPresenceAndWhetherItCanTalkEndToEnd) {
  log_in();
  server.send("<presence from='j@l/b'/>");
  run_until_told(R"("e2e":null)");
  core.tell([](const balcony_host& host) { host.peer(host.user, "j@l/b", 1); });
  run_until_told(R"("e2e":true)");
}

TEST_F(ClientTest, HandsOnWhatThePluginTells) {
  log_in();
  core.tell([](const balcony_host& host) {
    balcony_stream_info info{};
    info.state = "open";
    balcony_question question{sizeof(question), "offer", "j@l/b", nullptr, nullptr, 0};
    auto stanza = end_to_end("j@l/b", "1", "<message/>");
    host.stream(host.user, &info);
    host.status(host.user, &info);
    host.ask(host.user, &question);
    host.undelivered(host.user, &stanza, 1, "lost");
    host.verified(host.user, "j@l/b", "aa", "code");
    host.reply(host.user, "list", 1, "none");
    host.log(host.user, BALCONY_LOG_DEBUG, "not shown");
    host.notice(host.user, "j@l/b", "hello");
  });
  run_until_told(R"("notice")");
  for (const char* event : {"stream", "status", "ask", "undelivered", "verified", "reply"}) {
    EXPECT_THAT(out, Contains(HasSubstr("\"event\":\"" + std::string(event) + "\"")));
  }
}

TEST_F(ClientTest, TriesAgainWhenThePluginHasRoom) {
  log_in();
  core.outgoing = [](auto&) { return BALCONY_BUSY; };
  say("msg j@l hello\ne2e list\n");
  run_until([this] { return !core.commands.empty(); });
  core.outgoing = [](auto&) { return BALCONY_TAKEN; };
  core.tell([](const balcony_host& host) { host.writable(host.user, "j@l"); });
  run_until_told(R"("via":"e2e","to":"j@l")");
}

TEST_F(ClientTest, QuitsInOrder) {
  log_in();
  core.closing_turns = 3;
  say("quit\n");
  run_to_the_end();
  EXPECT_TRUE(core.shut_down);
  EXPECT_TRUE(server.is_closed);
  EXPECT_THAT(out.back(), HasSubstr(R"("event":"offline","t":0.0,"reason":"quit")"));
  EXPECT_EQ(client->exit_status(), 0);
}

TEST_F(ClientTest, QuitsAtTheEndOfItsInput) {
  log_in();
  say("msg juliet@localhost last words");
  close(std::exchange(input[1], dup(input[0])));
  run_to_the_end();
  EXPECT_EQ(client->exit_status(), 0);
}

TEST_F(ClientTest, QuitsWhenToldByASignal) {
  log_in();
  ASSERT_EQ(write(signals[1], "!", 1), 1);
  run_to_the_end();
  EXPECT_TRUE(server.is_closed);
  EXPECT_EQ(client->exit_status(), 0);
}

TEST_F(ClientTest, ReportsWhatStillWaitsWhenItQuits) {
  log_in();
  core.outgoing = [](auto&) { return BALCONY_BUSY; };
  say("msg j@l hello\nquit\n");
  run_to_the_end();
  EXPECT_THAT(out, Contains(HasSubstr(R"("reason":"going offline")")));
}

TEST_F(ClientTest, FailsWithoutAServer) {
  server.stop();
  start();
  run_to_the_end();
  EXPECT_THAT(out, ElementsAre(HasSubstr(R"("event":"error")")));
  EXPECT_EQ(client->exit_status(), 1);
}

TEST_F(ClientTest, FailsWhenTheLoginIsRefused) {
  server.refuses_login = true;
  start();
  run_to_the_end();
  EXPECT_THAT(out, ElementsAre(HasSubstr(R"("event":"error","t":0.0,"text":"can't log in)")));
  EXPECT_EQ(client->exit_status(), 1);
}

TEST_F(ClientTest, ComesBackAfterALoss) {
  log_in();
  server.cut();
  run_until_told(R"("event":"offline")");
  server.received.clear();
  out.clear();
  run_until_told(R"("event":"online")");
  EXPECT_THAT(server.requests, ElementsAre("bind", "resume"));
}

TEST_F(ClientTest, SendsNothingWhileItIsLost) {
  log_in();
  server.cut();
  run_until_told(R"("event":"offline")");
  say("msg j@l hello\n");
  run_until_told(R"("reason":"offline")");
}

TEST_F(ClientTest, LeavesToAClientThatReplacesIt) {
  log_in();
  server.send(
      "<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
      "<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>Replaced</text></stream:error>"
      "</stream:stream>");
  core.closing_turns = 3;
  run_to_the_end();
  EXPECT_THAT(out.back(), HasSubstr("the server closed the stream: conflict (Replaced)"));
  EXPECT_TRUE(core.shut_down) << "what was taken is told";
  EXPECT_LT(core.closing_turns, 1);
  EXPECT_EQ(client->exit_status(), 1);
}

TEST_F(ClientTest, GivesItsSettingsToThePlugin) {
  options.settings = {"mode=auto"};
  start();
  EXPECT_THAT(core.settings, ElementsAre("mode=auto"));
  EXPECT_EQ(core.state_dir, options.state);
}

TEST_F(ClientTest, TakesAWrongSettingForAWrongCommandLine) {
  options.settings = {"colour=red"};
  core.open_error = [](auto& settings) { return settings.empty() ? "" : "unknown key: colour"; };
  start();
  EXPECT_FALSE(is_running);
  EXPECT_THAT(out, ElementsAre(HasSubstr("unknown key: colour")));
  EXPECT_EQ(client->exit_status(), 2);
}

TEST_F(ClientTest, FailsWhereTheStateCannotBeRead) {
  options.settings = {"mode=auto"};
  core.open_error = [](auto&) { return "damaged"; };
  start();
  EXPECT_THAT(out, ElementsAre(HasSubstr("damaged")));
  EXPECT_EQ(client->exit_status(), 1);
}

}  // namespace
}  // namespace balcony_cli
