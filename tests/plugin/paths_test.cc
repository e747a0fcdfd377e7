// SPDX-License-Identifier: MIT
// Which path two agents find when there is more than the server between them, and what they fall
// back to.
#include <list>
#include <random>

#include "plugin/channel.h"
#include "plugin/identity_file.h"
#include "tests/plugin/two_agents_fixture.h"
#include "transports/socks5/attempt.h"
#include "transports/socks5/candidate.h"

namespace balcony {
namespace {

using testing::HasSubstr;

const std::string kSocks5 = "urn:xmpp:jingle:transports:s5b:1";

class Paths : public TwoAgents {
 protected:
  void expect_words_each_way() {
    romeo->message(juliet->jid, "one way");
    juliet->message(romeo->jid, "and back");
    world.advance(2s);
    EXPECT_EQ(juliet->bodies("e2e"), std::vector<std::string>{"one way"});
    EXPECT_EQ(romeo->bodies("e2e"), std::vector<std::string>{"and back"});
  }
  std::string path_of(const FakeHost& host) { return host.last_stream().info.transport; }
};

TEST_F(Paths, LeadDirectlyFromOneToTheOther) {
  meet_on_a_network();
  open();
  EXPECT_EQ(path_of(*romeo) + ' ' + path_of(*juliet), "s5b-direct s5b-direct");
  EXPECT_EQ(romeo->last_stream().info.remote, juliet->last_stream().info.local);
  expect_words_each_way();
}

TEST_F(Paths, CloseFromEitherSide) {
  meet_on_a_network();
  for (FakeHost* first : {romeo, juliet}) {
    open();
    first->command("stop " + (first == romeo ? juliet : romeo)->jid.full());
    world.advance(2s);
    EXPECT_EQ(romeo->last_stream().info.reason, "success");
    EXPECT_EQ(juliet->last_stream().info.reason, "success");
  }
}

TEST_F(Paths, FallBackInBandByThemselves) {  // covers JGL-28, JGL-30, 9.4
  meet_on_a_network();
  world.internet.rule = [](auto&, auto&) { return FakeInternet::Fate::kRefused; };
  romeo->command("start juliet@example.net");
  world.advance(8s);
  for (FakeHost* host : {romeo, juliet}) {
    ASSERT_EQ(host->state(), "open");
    EXPECT_EQ(path_of(*host), "ibb");
    ASSERT_EQ(host->last_stream().info.tried.size(), 1U);
    EXPECT_EQ(host->last_stream().info.tried[0].transport, "s5b");
    EXPECT_THAT(host->last_stream().info.tried[0].reason, HasSubstr("could reach"));
  }
  expect_words_each_way();
}

TEST_F(Paths, EndWithoutAnyIfInBandIsLeftOut) {  // covers JGL-29, JGL-35
  meet_on_a_network({"mode=auto", "trust=tofu", "transports=s5b"});
  world.internet.rule = [](auto&, auto&) { return FakeInternet::Fate::kSilence; };
  romeo->command("start juliet@example.net");
  world.advance(8s);
  EXPECT_EQ(romeo->last_stream().info.reason, "failed-transport");
  EXPECT_EQ(juliet->state(), "closed");
}

TEST_F(Paths, AreThoseThatBothHave) {  // covers DSC-03
  romeo = &world.add(kRomeo, kAuto, true, {"192.0.2.10"});
  juliet = &world.add(kJuliet, kAuto);
  open();
  EXPECT_EQ(path_of(*romeo), "ibb");
  EXPECT_TRUE(romeo->last_stream().info.tried.empty());
}

TEST_F(Paths, AreListedAsFeatures) {  // covers DSC-01, DSC-03
  meet_on_a_network();
  EXPECT_THAT(romeo->features, testing::Contains(kSocks5));
  romeo->command("set transports ibb");
  world.run();
  EXPECT_THAT(romeo->features, testing::Not(testing::Contains(kSocks5)));
}

TEST_F(Paths, ThatAreLeftOutAreNotAccepted) {  // covers DSC-03, JGL-10
  meet_on_a_network();
  juliet->command("set transports ibb");
  world.run();
  romeo->command("start juliet@example.net/balcony s5b");  // its features are known from before
  world.advance(2s);
  EXPECT_EQ(romeo->last_stream().info.reason, "unsupported-transports");
}

TEST_F(Paths, ShowNoAddressInReachRelay) {  // covers S5B-20
  meet_on_a_network({"mode=auto", "trust=tofu", "reach=relay"},
                    {"mode=auto", "trust=tofu", "reach=relay"});
  romeo->command("start juliet@example.net");
  world.advance(8s);
  EXPECT_EQ(path_of(*romeo), "ibb");
  EXPECT_EQ(world.everything_the_server_saw().find("<candidate "), std::string::npos);
  EXPECT_TRUE(world.internet.tried.empty());
}

TEST_F(Paths, ShowNoAddressBeforeConsent) {  // covers JGL-40, S5B-13
  meet_on_a_network(kAuto, {"trust=tofu"});
  romeo->command("start juliet@example.net");
  world.advance(20s);
  EXPECT_EQ(world.everything_the_server_saw().find("198.51.100.20"), std::string::npos);
  EXPECT_TRUE(world.internet.tried.empty());
  juliet->command("accept " + romeo->jid.full());
  world.advance(2s);
  EXPECT_EQ(path_of(*juliet), "s5b-direct");
}

TEST_F(Paths, ShowNoAddressToWhomWeAreNotVisible) {  // covers S5B-20
  world.friends.clear();
  meet_on_a_network();
  romeo->command("mode juliet@example.net auto");
  juliet->command("mode romeo@example.org auto");
  world.run();
  romeo->command("start juliet@example.net/balcony");
  world.advance(8s);
  EXPECT_EQ(path_of(*romeo), "ibb");
  EXPECT_EQ(world.everything_the_server_saw().find("<candidate "), std::string::npos);
}

TEST_F(Paths, OutliveTheServer) {  // covers JGL-37
  meet_on_a_network();
  open();
  romeo->offline();
  juliet->offline();
  world.advance(30s);
  expect_words_each_way();
}

TEST_F(Paths, ThatBreakEndTheStream) {
  meet_on_a_network();
  open();
  for (PipeStream& wire : world.internet.wires) wire.cut();
  world.advance(5s);
  EXPECT_EQ(romeo->last_stream().info.reason, "connectivity-error");
  EXPECT_EQ(juliet->state(), "closed");
}

TEST_F(Paths, OfBothWhoCallAtOnceAreOne) {  // covers JGL-14
  meet_on_a_network();
  romeo->command("start juliet@example.net");
  juliet->command("start romeo@example.org");
  world.advance(8s);
  ASSERT_EQ(romeo->state(), "open");
  EXPECT_EQ(path_of(*romeo) + ' ' + path_of(*juliet), "s5b-direct s5b-direct");
  EXPECT_EQ(world.internet.listeners(), 0U);
  expect_words_each_way();
}

// Stanzas are lost, connections refused, swallowed or cut, in a new way each time: both sides come
// to an end that they were told, and hold no door open.
TEST(PathsInAStorm, EndOnBothSidesWithAWord) {
  std::map<std::string, int> ends;
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 chance(seed);
    World world;
    world.befriend(kRomeo, kJuliet);
    FakeHost& romeo = world.add(kRomeo, kAuto, true, {"192.0.2.10", "192.168.1.2"});
    FakeHost& juliet = world.add(kJuliet, kAuto, true, {"198.51.100.20"});
    unsigned lossy = seed % 4 * 4;  // percent
    world.drop = [&chance, lossy](const Element&) { return chance() % 100 < lossy; };
    world.internet.rule = [&chance](auto&, auto&) {
      return static_cast<FakeInternet::Fate>(chance() % 3);
    };
    (seed % 2 ? romeo : juliet).command("start " + (seed % 2 ? juliet : romeo).jid.full());
    if (seed % 7 == 0) romeo.command("start " + juliet.jid.full());
    for (int i = 0; i < 30; ++i) {
      world.advance(Duration(chance() % 2000));
      bool cuts = seed % 3 == 0 && chance() % 10 == 0 && !world.internet.wires.empty();
      if (cuts) world.internet.wires.back().cut();
    }
    world.drop = nullptr;
    world.advance(240s);
    for (FakeHost* host : {&romeo, &juliet}) {
      EXPECT_EQ(host->broken_law(), "");
      EXPECT_THAT(host->state(), testing::AnyOf("open", "closed", "none"));
    }
    EXPECT_EQ(world.internet.listeners(), 0U);
    if (romeo.state() != "none") ++ends[romeo.state() + ' ' + romeo.last_stream().info.transport];
  }
  EXPECT_GT(ends["open s5b-direct"], 0);
  EXPECT_GT(ends["open ibb"], 0);
  EXPECT_GT(ends["closed s5b-direct"], 0);
  EXPECT_GT(ends["closed "], 0);
}

// What comes by transport-info while our user still thinks.
TEST_F(Paths, RememberWhatCameBeforeTheUserAccepted) {  // covers S5B-13, S5B-14
  world.puppets[kJuliet];
  romeo = &world.add(kRomeo, {"trust=tofu"}, true, {"192.0.2.10"});
  says(offer_of("<transport xmlns='" + kSocks5 + "' sid='t1'/>", "s1"));
  for (int i = 0; i < 100; ++i) {
    std::string n = std::to_string(i);
    says(jingle("transport-info", "s1",
                "<content creator='initiator' name='xmlstream'><transport xmlns='" + kSocks5 +
                    "' sid='t1'><candidate cid='c" + n + "' host='203.0.113." + n +
                    "' jid='juliet@example.net/balcony' port='5000' priority='" +
                    std::to_string(1000 - i) + "'/></transport></content>"));
  }
  romeo->command(std::string("accept ") + kJuliet);
  world.advance(1s);
  ASSERT_FALSE(world.internet.tried.empty());
  EXPECT_EQ(world.internet.tried[0], "203.0.113.0:5000");
  world.advance(60s);
  EXPECT_LE(world.internet.tried.size(), 16U);  // C-15
}

// ---- strangers at the door ----

// Comes first, with the true name (the server knows it), and says `words`.
class Stranger final : public ByteStream::Listener {
 public:
  Stranger(Network& from, const Endpoint& door, const std::string& name, Bytes words) {
    Bytes request{5, 1, 0, 5, 1, 0, 3, static_cast<char>(name.size())};
    words = request.append(name).append(2, '\0').append(words);
    pending_ = from.connect(door, {}, [this, words](Result<Connection> connection) {
      if (!connection) return;
      stream_ = std::move(connection->stream);
      stream_->set_listener(this);
      stream_->write(words);
    });
  }
  bool came() const { return stream_ != nullptr; }
  bool is_gone() const { return is_gone_; }

 private:
  void on_bytes(ByteView) override {}
  void on_writable() override {}
  void on_closed(std::optional<Error>) override { is_gone_ = true; }
  std::unique_ptr<Network::Pending> pending_;
  std::unique_ptr<ByteStream> stream_;
  bool is_gone_ = false;
};

class AtTheDoors : public Paths {
 protected:
  using Visit = std::function<void(Network& from, const Candidate& door, const std::string& name)>;

  // At each door that the server has seen so far, before the peers come there.
  void at_each_door(const Visit& visit) {
    auto& machine = world.internet.add({"203.0.113.66"});
    Duration usual = std::exchange(world.internet.delay, 1ms);
    for (const Element& stanza : world.seen) {
      const Element* jingle = stanza.child("jingle", ns::kJingle);
      const Element* content = jingle ? jingle->child("content", ns::kJingle) : nullptr;
      const Element* transport = content ? content->child("transport", kSocks5) : nullptr;
      if (!transport) continue;
      auto offer = read_socks5_offer(*transport, 32);
      for (const Candidate& door : offer->candidates) visit(machine, door, offer->dstaddr);
    }
    world.internet.delay = usual;
  }
};

class StrangersFirst : public AtTheDoors, public testing::WithParamInterface<const char*> {
 protected:
  void come() {
    at_each_door([this](Network& from, const Candidate& door, const std::string& name) {
      strangers_.emplace_back(from, Endpoint{*IpAddress::parse(door.host), door.port}, name,
                              Bytes(GetParam()));
    });
  }

  std::list<Stranger> strangers_;
};

TEST_P(StrangersFirst, KeepThePeerFromNothing) {  // covers S5B-22, S5B-23
  meet_on_a_network();
  world.internet.delay = 50ms;
  romeo->command("start juliet@example.net");
  world.run();
  come();
  world.advance(8s);
  ASSERT_EQ(romeo->state(), "open") << romeo->last_stream().info.text;
  ASSERT_EQ(juliet->state(), "open");
  EXPECT_EQ(path_of(*romeo), "s5b-direct");
  EXPECT_EQ(romeo->last_stream().info.trust, "new");
  ASSERT_EQ(strangers_.size(), 2U);
  for (const Stranger& stranger : strangers_) {
    EXPECT_TRUE(stranger.came());
    EXPECT_TRUE(stranger.is_gone());
  }
  expect_words_each_way();
}

// Comes first as well, and speaks as the other side would, with a key of its own.
class Impostor final : public Channel::Facts {
 public:
  Impostor(World& world, Network& from, const Candidate& door, const std::string& name, Role role)
      : identity_(*load_identity(world.folder + "/impostor.pem", *Jid::parse("mallory@example.com"),
                                 world.env)) {
    XmlStream::Config config;
    config.role = role;
    config.local = *Jid::parse(role == Role::kInitiator ? kRomeo : kJuliet);
    config.peer = *Jid::parse(role == Role::kInitiator ? kJuliet : kRomeo);
    attempt_.emplace(door, name, Socks5Attempt::Rules{}, from, world.scheduler, world.env,
                     [this, &world, config](Result<Connection> connection) {
                       channel_.emplace(*this, config, std::move(connection->stream),
                                        Channel::Kind(), identity_, world.env, world.scheduler);
                       channel_->start();
                       channel_->on_proven();
                     });
  }
  bool came() const { return channel_.has_value(); }
  bool got_in() const { return got_in_; }
  bool is_gone() const { return is_gone_; }

 private:
  void on_key(const TlsEngine::HandshakeDone&) override { channel_->accept_key(true); }
  void on_established() override { got_in_ = true; }
  void on_received(Element) override { got_in_ = true; }
  void on_dropped(const std::string&) override {}
  void on_written() override {}
  void on_peer_closing() override {}
  void on_ended(const XmlStream::Ended&) override {}
  void on_path_closed(bool) override { is_gone_ = true; }

  Identity identity_;
  std::optional<Socks5Attempt> attempt_;
  std::optional<Channel> channel_;
  bool got_in_ = false, is_gone_ = false;
};

TEST_F(AtTheDoors, ImpostorsWithAKeyOfTheirOwnAreNotTaken) {  // covers S5B-22, S5B-23, TLS-16
  meet_on_a_network();
  world.internet.delay = 50ms;
  romeo->command("start juliet@example.net");
  world.run();
  std::list<Impostor> impostors;
  at_each_door([&](Network& from, const Candidate& door, const std::string& name) {
    Role role = door.jid == kRomeo ? Role::kResponder : Role::kInitiator;
    impostors.emplace_back(world, from, door, name, role);
  });
  world.advance(8s);
  ASSERT_EQ(romeo->state() + ' ' + juliet->state(), "open open");
  romeo->command("fingerprint");
  world.run();
  EXPECT_THAT(romeo->reply(), HasSubstr(juliet->last_stream().info.fingerprint));
  bool any_came = false;
  for (const Impostor& impostor : impostors) {
    any_came = any_came || impostor.came();
    EXPECT_FALSE(impostor.got_in());
    EXPECT_TRUE(impostor.is_gone());
  }
  EXPECT_TRUE(any_came);
  expect_words_each_way();
}

INSTANTIATE_TEST_SUITE_P(
    , StrangersFirst,
    testing::Values(
        "", "rubbish", "<?xml version='1.0'?><stream:stream xmlns='jabber:client'",
        "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
        "xmlns:stream='http://etherx.jabber.org/streams' from='juliet@example.net' "
        "to='romeo@example.org' version='1.0'>"
        "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
        "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
        "xmlns:stream='http://etherx.jabber.org/streams' id='1' version='1.0'><stream:features>"
        "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>"
        "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>junk that is no TLS",
        "</stream:stream>"));

}  // namespace
}  // namespace balcony
