// SPDX-License-Identifier: MIT
// Both sides of the SOCKS5 handshake, against each other and against what others may say.
#include "transports/socks5/handshake.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace balcony {
namespace {

const std::string kHash = "869008f60b8394fcaf37434cb4e254a818fbe7a8";

// What a side has said and how it ended.
struct Outcome {
  Bytes said;
  std::optional<Bytes> rest;  // connected
  std::optional<Error> error;
  int ends = 0;

  void drain(Socks5Handshake& side) {
    while (auto output = side.poll()) {
      if (auto* send = std::get_if<Socks5Handshake::Send>(&*output)) said += send->octets;
      if (auto* done = std::get_if<Socks5Handshake::Connected>(&*output)) rest = done->rest, ++ends;
      if (auto* no = std::get_if<Socks5Handshake::Refused>(&*output)) error = no->error, ++ends;
    }
  }
};

Outcome feed(Socks5Handshake& side, ByteView octets, std::size_t piece = 1000) {
  Outcome outcome;
  outcome.drain(side);
  for (std::size_t at = 0; at < octets.size(); at += piece) {
    side.on_bytes(octets.substr(at, piece));
    outcome.drain(side);
  }
  return outcome;
}

Outcome client_hears(ByteView octets, std::size_t piece = 1000) {
  Socks5Client client(kHash);
  return feed(client, octets, piece);
}

Outcome server_hears(ByteView octets, std::size_t piece = 1000) {
  Socks5Server server([](std::string_view name) { return name == kHash; });
  return feed(server, octets, piece);
}

Bytes bytes(std::initializer_list<int> octets) {
  Bytes all;
  for (int octet : octets) all += static_cast<char>(octet);
  return all;
}

Bytes request(int command = 1, int type = 3, const std::string& name = kHash) {
  Bytes all = bytes({5, command, 0, type});
  return all + static_cast<char>(name.size()) + name + bytes({0, 0});
}

const Bytes kMethods = bytes({5, 1, 0});
const Bytes kMethod = bytes({5, 0});

TEST(Socks5Handshake, SaysWhatTheRowsSay) {  // covers S5B-08, S5B-09
  Outcome client = client_hears(kMethod + bytes({5, 0, 0, 3, 40}) + kHash + bytes({0, 0}));
  Outcome server = server_hears(kMethods + request());
  EXPECT_EQ(client.said, kMethods + request());
  EXPECT_EQ(server.said, kMethod + bytes({5, 0, 0, 3, 40}) + kHash + bytes({0, 0}));
  EXPECT_EQ(client.rest, "");
  EXPECT_EQ(server.rest, "");
}

TEST(Socks5Handshake, IsDoneHoweverTheBytesAreCut) {
  for (std::size_t piece = 1; piece <= 60; ++piece) {
    Outcome client = client_hears(kMethod + bytes({5, 0, 0, 1, 9, 9, 9, 9, 1, 1}) + "rest", piece);
    Outcome server = server_hears(kMethods + request() + "rest", piece);
    ASSERT_TRUE(client.rest && server.rest) << piece;
    EXPECT_EQ(client.ends + server.ends, 2);
    EXPECT_TRUE(std::string("rest").starts_with(*client.rest));
  }
}

TEST(Socks5Handshake, SaysOneMessageAtATime) {
  Socks5Client client(kHash);
  EXPECT_EQ(feed(client, {}).said, kMethods);
  EXPECT_EQ(feed(client, kMethod).said, request());
}

TEST(Socks5Handshake, KeepsWhatComesBehindIt) {
  EXPECT_EQ(server_hears(kMethods + request() + "<stream").rest, "<stream");
  EXPECT_EQ(client_hears(kMethod + bytes({5, 0, 0, 1, 0, 0, 0, 0, 0, 0}) + "<stream").rest,
            "<stream");
}

TEST(Socks5Handshake, ClientReadsAnyAddressInTheReply) {  // covers S5B-08
  Bytes v6 = bytes({5, 0, 0, 4}) + Bytes(16, 'x') + bytes({1, 2});
  EXPECT_EQ(client_hears(kMethod + v6 + "!").rest, "!");
  EXPECT_EQ(client_hears(kMethod + bytes({5, 0, 7, 3, 0, 1, 2}) + "!").rest, "!");
}

TEST(Socks5Handshake, ClientSendsTheLengthOfOtherNames) {  // covers S5B-08
  Socks5Client client(Bytes(255, 'n'));
  Outcome outcome = feed(client, kMethod);
  EXPECT_EQ(outcome.said, kMethods + request(1, 3, std::string(255, 'n')));
}

TEST(Socks5Handshake, ClientRefusesEverythingElse) {  // covers S5B-08
  for (const Bytes& wrong :
       {bytes({4, 0}), bytes({5, 2}), bytes({5, 255}), Bytes("HTTP/1.1 200"), kMethod + bytes({4}),
        kMethod + bytes({5, 1}), kMethod + bytes({5, 0, 0, 2}), kMethod + bytes({5, 0, 0, 0})}) {
    Outcome outcome = client_hears(wrong, 1);
    EXPECT_TRUE(outcome.error) << wrong;
    EXPECT_EQ(outcome.ends, 1);
  }
}

TEST(Socks5Handshake, ServerAnswersWithTheRightRefusal) {  // covers S5B-09
  Bytes tail = bytes({0, 1, 0, 0, 0, 0, 0, 0});
  auto reply = [&](int code) { return kMethod + bytes({5, code}) + tail; };
  EXPECT_EQ(server_hears(bytes({5, 2, 1, 2})).said, bytes({5, 255}));
  EXPECT_EQ(server_hears(bytes({5, 0})).said, bytes({5, 255}));
  EXPECT_EQ(server_hears(kMethods + request(2)).said, reply(7));  // BIND
  EXPECT_EQ(server_hears(kMethods + request(3)).said, reply(7));  // UDP
  EXPECT_EQ(server_hears(kMethods + request(1, 1)).said, reply(8));
  EXPECT_EQ(server_hears(kMethods + request(1, 4)).said, reply(8));
  EXPECT_EQ(server_hears(kMethods + request(1, 3, "example.org")).said, reply(2));
  EXPECT_EQ(server_hears(kMethods + request(1, 3, "")).said, reply(2));
  EXPECT_EQ(server_hears(kMethods + request(1, 3, kHash.substr(1))).said, reply(2));
}

TEST(Socks5Handshake, ServerSaysNothingToWhoSpeaksSomethingElse) {
  for (const Bytes& wrong : {Bytes("GET / HTTP/1.1\r\n\r\n"), bytes({4, 1, 0, 80}), bytes({22, 3}),
                             kMethods + bytes({4, 1, 0, 3})}) {
    Outcome outcome = server_hears(wrong);
    EXPECT_TRUE(outcome.error);
    EXPECT_TRUE(outcome.said.empty() || outcome.said == kMethod);
  }
}

TEST(Socks5Handshake, NeitherSideHoldsMoreThanOneMessage) {
  Socks5Server server([](std::string_view) { return false; });
  Outcome outcome = feed(server, bytes({5, 255}) + Bytes(254, '\1'), 1);
  EXPECT_EQ(outcome.said + Bytes(1, 'x'), "x");  // one octet is missing
  outcome = feed(server, Bytes(1'000'000, '\5'));
  EXPECT_EQ(outcome.ends, 1);
}

TEST(Socks5Handshake, NothingCountsAfterItsEnd) {
  Outcome outcome = server_hears(kMethods + request() + Bytes(5000, 'x'), 3);
  EXPECT_EQ(outcome.ends, 1);
  EXPECT_LE(outcome.rest->size(), 2U);
}

// Every string of three octets that a side may hear first, then more of the same: no crash, one
// end.
TEST(Socks5Handshake, SurvivesAnything) {
  for (int a = 0; a < 256; a += 17)
    for (int b = 0; b < 256; b += 31)
      for (int c = 0; c < 256; c += 31) {
        Bytes noise = bytes({5, b, c, a, c, b, a, a, b, c, 5, 0, 5, 0, 0, 3, 1});
        EXPECT_LE(client_hears(noise + Bytes(600, static_cast<char>(a)), 7).ends, 1);
        EXPECT_LE(server_hears(noise + Bytes(600, static_cast<char>(b)), 7).ends, 1);
      }
}

}  // namespace
}  // namespace balcony
