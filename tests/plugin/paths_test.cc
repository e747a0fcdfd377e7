// SPDX-License-Identifier: MIT
// Which path two agents find when there is more than the server between them, and what they fall
// back to.
#include <list>

#include "tests/plugin/two_agents_fixture.h"

namespace balcony {
namespace {

using testing::HasSubstr;

const std::string kSocks5 = "urn:xmpp:jingle:transports:s5b:1";

class Paths : public TwoAgents {
 protected:
  void meet_on_a_network(std::vector<std::string> romeos = kAuto,
                         std::vector<std::string> juliets = kAuto) {
    romeo = &world.add(kRomeo, std::move(romeos), true, {"192.0.2.10"});
    juliet = &world.add(kJuliet, std::move(juliets), true, {"198.51.100.20"});
  }
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

// What comes by transport-info while our user still thinks.
TEST_F(Paths, RememberWhatCameBeforeTheUserAccepted) {  // covers S5B-13, S5B-14
  world.puppets[kJuliet];
  romeo = &world.add(kRomeo, {"trust=tofu"}, true, {"192.0.2.10"});
  std::string offered = to_xml(offer("s1"), ns::kClient);
  std::string in_band = offered.substr(offered.find("<transport"));
  in_band = in_band.substr(0, in_band.find("/>") + 2);
  std::string socks5 = "<transport xmlns='" + kSocks5 + "' sid='t1'/>";
  offered.replace(offered.find(in_band), in_band.size(), socks5);
  says(*parse_stanza(offered));
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

class StrangersFirst : public Paths, public testing::WithParamInterface<const char*> {
 protected:
  // At each door that the server has seen so far.
  void come() {
    auto& machine = world.internet.add({"203.0.113.66"});
    Duration usual = std::exchange(world.internet.delay, 1ms);
    for (const Element& stanza : world.seen) {
      const Element* jingle = stanza.child("jingle", ns::kJingle);
      const Element* content = jingle ? jingle->child("content", ns::kJingle) : nullptr;
      const Element* transport = content ? content->child("transport", kSocks5) : nullptr;
      for (const Element* candidate :
           transport ? transport->children() : std::vector<const Element*>()) {
        Endpoint door{*IpAddress::parse(candidate->attr("host")),
                      static_cast<std::uint16_t>(std::stoi(std::string(candidate->attr("port"))))};
        strangers_.emplace_back(machine, door, std::string(transport->attr("dstaddr")),
                                Bytes(GetParam()));
      }
    }
    world.internet.delay = usual;
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
