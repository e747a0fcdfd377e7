// SPDX-License-Identifier: MIT
// Two engines and a wire: handshake, data, closing; and OpenSSL's own peers that keep the rules.
#include "jingle/security/tls_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/jingle/security/tls_end.h"

namespace balcony {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

struct TlsPair : ::testing::Test {
  TlsEnd client{Role::kInitiator, romeo()};
  TlsEnd server{Role::kResponder, juliet()};

  void establish() {
    shake_hands(client, server);
    ASSERT_TRUE(client.engine.is_established());
    ASSERT_TRUE(server.engine.is_established());
  }
};

Bytes some_octets(std::size_t size) {
  Bytes octets;
  for (std::size_t i = 0; i < size; ++i) octets += static_cast<char>(i * 31 + i / 251);
  return octets;
}

// covers TLS-01, TLS-06, TLS-08, TLS-11
TEST_F(TlsPair, ShowsEachTheOthersCertificate) {
  establish();
  EXPECT_EQ(client.done->peer.fingerprint, juliet().certificate().fingerprint);
  EXPECT_EQ(server.done->peer.fingerprint, romeo().certificate().fingerprint);
  EXPECT_EQ(server.done->chain, std::vector<Bytes>{romeo().certificate().der});
  EXPECT_EQ(client.done->chain, std::vector<Bytes>{juliet().certificate().der});
  for (const TlsEnd* end : {&client, &server}) {
    EXPECT_EQ(end->done->version, "TLSv1.3");
    EXPECT_EQ(end->done->cipher, "TLS_AES_128_GCM_SHA256");
  }
}

// covers TLS-07
TEST_F(TlsPair, TakesOneFlightEachAndNoTicket) {
  establish();
  EXPECT_EQ(client.events, "send send done ");  // its Finished leaves before anybody hears of it
  EXPECT_EQ(server.events, "send done ");
}

TEST_F(TlsPair, SaysNothingBeforeTheClientStarts) {
  server.start();
  EXPECT_EQ(server.take(), "");
  EXPECT_FALSE(server.engine.is_established());
}

TEST_F(TlsPair, IsEstablishedHoweverTheOctetsAreCut) {
  for (std::size_t chunk : {1U, 2U, 3U, 5U, 7U, 64U, 1000U}) {
    TlsEnd a(Role::kInitiator, romeo());
    TlsEnd b(Role::kResponder, juliet());
    shake_hands(a, b, chunk);
    a.engine.write("romeo");
    b.engine.write("juliet");
    carry(a, b, chunk);
    EXPECT_EQ(a.plaintext, "juliet") << chunk;
    EXPECT_EQ(b.plaintext, "romeo") << chunk;
  }
}

TEST_F(TlsPair, WaitsInSilenceWhereverTheWireIsCut) {
  client.start();
  Bytes hello = client.take();
  for (std::size_t cut = 0; cut < hello.size(); cut += 29) {
    TlsEnd b(Role::kResponder, juliet());
    b.feed(ByteView(hello).substr(0, cut));
    EXPECT_EQ(b.take(), "") << cut;
    EXPECT_EQ(b.events, "") << cut;
  }
  server.feed(hello);
  Bytes flight = server.take();
  for (std::size_t at = 0; at + 41 < flight.size(); at += 41) {
    client.feed(ByteView(flight).substr(at, 41));
    EXPECT_EQ(client.take(), "") << at;
    EXPECT_FALSE(client.done || client.failed) << at;
  }
}

TEST_F(TlsPair, CarriesOctetsBothWays) {
  establish();
  client.engine.write("wherefore ");
  client.engine.write("art thou");
  server.engine.write("by a name");
  carry(client, server);
  EXPECT_EQ(server.plaintext, "wherefore art thou");
  EXPECT_EQ(client.plaintext, "by a name");
}

TEST_F(TlsPair, CarriesMoreThanARecord) {
  establish();
  Bytes much = some_octets(300'000);
  client.engine.write(much);
  carry(client, server, 10'000);
  EXPECT_EQ(server.plaintext, much);
}

TEST_F(TlsPair, GathersWritesIntoOneOutputAndRecordsIntoOne) {
  establish();
  client.events.clear();
  server.events.clear();
  for (int i = 0; i < 10; ++i) client.engine.write("stanza");
  client.engine.write("");
  server.feed(client.take());
  server.take();
  EXPECT_EQ(client.events, "send ");
  EXPECT_EQ(server.events, "plaintext ");
}

TEST_F(TlsPair, DeliversDataThatComesWithTheFinish) {
  client.start();
  server.feed(client.take());
  client.feed(server.take());
  client.take();
  // given a header that leaves together with the client's Finished
  TlsEnd a(Role::kInitiator, romeo());
  TlsEnd b(Role::kResponder, juliet());
  a.start();
  b.feed(a.take());
  a.feed(b.take());
  a.engine.write("<stream>");
  b.feed(a.take());
  b.take();
  EXPECT_EQ(b.events, "send done plaintext ");
  EXPECT_EQ(b.plaintext, "<stream>");
}

TEST_F(TlsPair, ClosesInOrder) {
  establish();
  client.engine.write("last words");
  client.engine.close();
  client.engine.write("too late");
  client.engine.close();
  carry(client, server);
  EXPECT_THAT(server.events, HasSubstr("plaintext closed "));
  EXPECT_EQ(server.plaintext, "last words");
  // the other direction is still open, as RFC 8446 section 6.1 has it
  server.engine.write("farewell");
  server.engine.close();
  carry(client, server);
  EXPECT_EQ(client.plaintext, "farewell");
  EXPECT_THAT(client.events, HasSubstr("plaintext closed "));
  EXPECT_FALSE(client.failed || server.failed);
}

TEST_F(TlsPair, IgnoresWhatFollowsTheClose) {
  establish();
  server.engine.close();
  client.feed(server.take() + "garbage");
  client.feed("more garbage");
  client.take();
  EXPECT_EQ(client.events, "send send done closed ");
}

TEST_F(TlsPair, HasNothingToCloseBeforeTheHandshake) {
  client.start();
  client.take();
  client.engine.close();
  client.engine.refuse_certificate();
  EXPECT_EQ(client.take(), "");
  EXPECT_FALSE(client.failed);
}

// covers TLS-09, TLS-10, TLS-11
TEST_F(TlsPair, TellsTheServerThatItsKeyWasRefused) {
  establish();
  client.engine.refuse_certificate();
  server.feed(client.take());
  server.take();
  ASSERT_TRUE(server.failed);
  EXPECT_EQ(server.failed->condition, "security-error");
  EXPECT_EQ(server.failed->blame, Blame::kPeer);
  EXPECT_THAT(server.failed->text, HasSubstr("'bad certificate' (42)"));
  EXPECT_FALSE(client.engine.is_established());
  EXPECT_FALSE(client.failed);
}

// covers TLS-09
TEST_F(TlsPair, ShowsTheClientTheServersRefusalAfterItsSuccess) {
  client.start();
  server.feed(client.take());
  client.feed(server.take());
  server.feed(client.take());
  client.engine.write("<stream>");
  server.engine.refuse_certificate();
  Bytes alert = server.take();
  EXPECT_EQ(client.events, "send send done ");
  client.feed(alert);
  client.take();
  ASSERT_TRUE(client.failed);
  EXPECT_THAT(client.failed->text, HasSubstr("'bad certificate' (42)"));
}

TEST_F(TlsPair, RefusesWithSomeFatalAlertAfterItHasSpoken) {
  establish();
  client.engine.write("<stream>");
  client.engine.refuse_certificate();
  carry(client, server);
  EXPECT_EQ(server.plaintext, "<stream>");
  ASSERT_TRUE(server.failed);
  EXPECT_THAT(server.failed->text, HasSubstr("alert"));
}

TEST_F(TlsPair, IsDeafAndDumbAfterARefusal) {
  establish();
  client.engine.refuse_certificate();
  client.take();
  client.events.clear();
  server.engine.write("<stream>");
  client.feed(server.take());
  client.engine.write("never mind");
  client.engine.close();
  client.engine.refuse_certificate();
  EXPECT_EQ(client.take(), "");
  EXPECT_EQ(client.events, "");
}

TEST_F(TlsPair, LeavesOpenSslsErrorQueueClean) {
  establish();
  client.feed("no record");
  client.take();
  EXPECT_TRUE(client.failed);
  EXPECT_EQ(ERR_peek_error(), 0U);
}

// Peers of bare OpenSSL that keep the rules.
struct TlsWithOpenSsl : ::testing::Test {
  TlsEnd client{Role::kInitiator, romeo()};
  TlsEnd server{Role::kResponder, juliet()};

  static RawPeer::Setup only_tls12(const char* ciphers) {
    return [ciphers](SSL_CTX* context) {
      SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
      SSL_CTX_set_cipher_list(context, ciphers);
    };
  }
};

// covers TLS-08
TEST_F(TlsWithOpenSsl, AsksTheClientForACertificateOfAnyAuthority) {
  RawPeer peer(Role::kInitiator, make_chain(1));
  shake_hands(peer, server);
  EXPECT_TRUE(server.done);
  EXPECT_TRUE(peer.asked_for_certificate());
  const STACK_OF(X509_NAME)* authorities = SSL_get0_peer_CA_list(peer.ssl());
  EXPECT_LE(authorities ? sk_X509_NAME_num(authorities) : 0, 0);
}

// covers TLS-07
TEST_F(TlsWithOpenSsl, SendsNoNameAndNoProtocolAndOffersNoResumption) {
  RawPeer peer(Role::kResponder, make_chain(1));
  shake_hands(client, peer);
  ASSERT_TRUE(client.done);
  EXPECT_EQ(SSL_get_servername(peer.ssl(), TLSEXT_NAMETYPE_host_name), nullptr);
  const unsigned char* protocol = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(peer.ssl(), &protocol, &size);
  EXPECT_EQ(size, 0U);

  RawPeer other(Role::kInitiator, make_chain(1));
  shake_hands(other, server);
  EXPECT_EQ(SSL_SESSION_is_resumable(SSL_get_session(other.ssl())), 0);
}

// covers TLS-06, C-20
TEST_F(TlsWithOpenSsl, SpeaksTls12WithForwardSecrecy) {
  RawPeer peer(Role::kInitiator, make_chain(1), only_tls12("ALL"));
  shake_hands(peer, server);
  ASSERT_TRUE(server.done);
  EXPECT_EQ(server.done->version, "TLSv1.2");
  EXPECT_THAT(server.done->cipher, StartsWith("ECDHE-"));
  peer.write("old but good");
  server.engine.write("so it is");
  carry(peer, server);
  EXPECT_EQ(server.plaintext, "old but good");
  EXPECT_EQ(peer.plaintext(), "so it is");
}

// covers TLS-10
TEST_F(TlsWithOpenSsl, RefusesATls12PeerWithAFatalAlert) {
  RawPeer peer(Role::kResponder, make_chain(1), only_tls12("ALL"));
  shake_hands(client, peer);
  ASSERT_TRUE(client.done);
  client.engine.refuse_certificate();
  carry(client, peer);
  EXPECT_EQ(peer.alert(), SSL_AD_BAD_RECORD_MAC);
}

// covers TLS-10
TEST_F(TlsWithOpenSsl, RefusesWithBadCertificateUnderEverySuite) {
  for (const char* suite :
       {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}) {
    TlsEnd end(Role::kInitiator, romeo());
    RawPeer peer(Role::kResponder, make_chain(1), [suite](SSL_CTX* context) {
      SSL_CTX_set_ciphersuites(context, suite);
      SSL_CTX_set_num_tickets(context, 0);
    });
    shake_hands(end, peer);
    ASSERT_TRUE(end.done);
    EXPECT_EQ(end.done->cipher, suite);
    end.engine.refuse_certificate();
    carry(end, peer);
    EXPECT_EQ(peer.alert(), SSL_AD_BAD_CERTIFICATE) << suite;
  }
}

// covers TLS-13
TEST_F(TlsWithOpenSsl, TakesCertificatesOfEveryModernKind) {
  for (const char* kind : {"RSA-2048", "P-384", "ED25519"}) {
    TlsEnd end(Role::kInitiator, romeo());
    Recipe recipe;
    recipe.key = kind;
    if (recipe.key == "ED25519") recipe.digest.clear();
    RawPeer peer(Role::kResponder, make_chain(1, recipe));
    shake_hands(end, peer);
    ASSERT_TRUE(end.done) << kind;
    EXPECT_EQ(end.done->chain.size(), 1U);
  }
}

// covers TLS-11, TLS-18, TLS-20
TEST_F(TlsWithOpenSsl, LeavesDatesNamesAndAuthorityToThePolicy) {
  Recipe expired_and_strange;
  expired_and_strange.not_after = 1794000001;
  expired_and_strange.addresses = {"mallory@example.net"};
  expired_and_strange.constraints = "critical,CA:TRUE";
  expired_and_strange.usage = "emailProtection";
  RawPeer peer(Role::kInitiator, make_chain(1, expired_and_strange));
  shake_hands(peer, server);
  ASSERT_TRUE(server.done);
  EXPECT_FALSE(server.done->peer.names(*Jid::parse("romeo@example.net")));
}

TEST_F(TlsWithOpenSsl, HandsOverTheWholeChain) {
  auto chain = make_chain(5);
  RawPeer peer(Role::kInitiator, chain);
  shake_hands(peer, server);
  ASSERT_TRUE(server.done);
  ASSERT_EQ(server.done->chain.size(), 5U);
  for (std::size_t i = 0; i < chain.size(); ++i) EXPECT_EQ(server.done->chain[i], chain[i].der());
}

TEST_F(TlsWithOpenSsl, FollowsAPeersKeyUpdate) {
  RawPeer peer(Role::kInitiator, make_chain(1));
  shake_hands(peer, server);
  SSL_key_update(peer.ssl(), SSL_KEY_UPDATE_REQUESTED);
  peer.write("fresh keys");
  carry(peer, server);
  server.engine.write("mine too");
  carry(peer, server);
  EXPECT_EQ(server.plaintext, "fresh keys");
  EXPECT_EQ(peer.plaintext(), "mine too");
}

}  // namespace
}  // namespace balcony
