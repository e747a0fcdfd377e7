// SPDX-License-Identifier: MIT
// Peers that break the rules of TLS-06 to -08 and -20, or that speak no TLS at all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/jingle/security/tls_end.h"

namespace balcony {
namespace {

using ::testing::HasSubstr;

struct TlsRefusal : ::testing::Test {
  TlsEnd client{Role::kInitiator, romeo()};
  TlsEnd server{Role::kResponder, juliet()};

  // The text with which `end` fails; a peer's alert is checked where the peer sees one.
  static std::string failure(const TlsEnd& end) {
    EXPECT_TRUE(end.failed);
    if (!end.failed) return {};
    EXPECT_EQ(end.failed->condition, "security-error");
    EXPECT_FALSE(end.engine.is_established());
    EXPECT_THAT(end.events, HasSubstr("failed "));
    EXPECT_TRUE(end.events.ends_with("failed "));  // it is the last output
    return end.failed->text;
  }

  std::string server_meets(const std::vector<MadeCertificate>& chain, int alert,
                           const RawPeer::Setup& setup = {}) {
    RawPeer peer(Role::kInitiator, chain, setup);
    shake_hands(peer, server);
    EXPECT_EQ(peer.alert(), alert);
    EXPECT_FALSE(server.done);
    return failure(server);
  }

  std::string client_meets(const std::vector<MadeCertificate>& chain, int alert,
                           const RawPeer::Setup& setup = {}) {
    RawPeer peer(Role::kResponder, chain, setup);
    shake_hands(client, peer);
    EXPECT_EQ(peer.alert(), alert);
    EXPECT_FALSE(client.done);
    return failure(client);
  }

  static RawPeer::Setup versions(int lowest, int highest) {
    return [=](SSL_CTX* context) {
      SSL_CTX_set_min_proto_version(context, lowest);
      SSL_CTX_set_max_proto_version(context, highest);
      SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0");
    };
  }
};

// covers TLS-20
TEST_F(TlsRefusal, AnswersAShortKeyWithAnAlert) {
  Recipe rsa;
  rsa.key = "RSA-1024";
  EXPECT_THAT(server_meets(make_chain(1, rsa), SSL_AD_BAD_CERTIFICATE), HasSubstr("1024 bits"));
  EXPECT_THAT(client_meets(make_chain(1, rsa), SSL_AD_BAD_CERTIFICATE), HasSubstr("1024 bits"));
}

// covers TLS-20
TEST_F(TlsRefusal, AnswersAnOutdatedSignatureWithAnAlert) {
  Recipe sha1;
  sha1.digest = "SHA1";
  EXPECT_THAT(server_meets(make_chain(2, sha1), SSL_AD_BAD_CERTIFICATE), HasSubstr("digest"));
  RawPeer peer(Role::kResponder, make_chain(1, sha1));  // its own signature does not matter
  shake_hands(client, peer);
  EXPECT_TRUE(client.done);
}

// covers TLS-20
TEST_F(TlsRefusal, AnswersALongChainWithAnAlert) {
  EXPECT_THAT(server_meets(make_chain(6), SSL_AD_BAD_CERTIFICATE), HasSubstr("chain of 6"));
  EXPECT_THAT(client_meets(make_chain(6), SSL_AD_BAD_CERTIFICATE), HasSubstr("chain of 6"));
}

// covers TLS-20
TEST_F(TlsRefusal, AnswersALargeChainWithAnAlert) {
  Recipe large;
  large.addresses.assign(40, std::string(900, 'a') + "@example.net");
  EXPECT_THAT(server_meets(make_chain(1, large), SSL_AD_ILLEGAL_PARAMETER), HasSubstr("excessive"));
}

// covers TLS-14
TEST_F(TlsRefusal, AnswersAMalformedCertificateWithAnAlert) {
  Recipe broken;
  broken.raw_names = "\x30\x7f nonsense";
  EXPECT_THAT(server_meets(make_chain(1, broken), SSL_AD_BAD_CERTIFICATE), HasSubstr("malformed"));
}

// covers TLS-08
TEST_F(TlsRefusal, AnswersAClientWithoutCertificateWithAnAlert) {
  EXPECT_THAT(server_meets({}, SSL_AD_CERTIFICATE_REQUIRED), HasSubstr("certificate"));
}

// covers TLS-08
TEST_F(TlsRefusal, AnswersATls12ClientWithoutCertificateWithAnAlert) {
  EXPECT_THAT(server_meets({}, SSL_AD_HANDSHAKE_FAILURE, versions(TLS1_2_VERSION, TLS1_2_VERSION)),
              HasSubstr("certificate"));
}

// covers TLS-06, C-20
TEST_F(TlsRefusal, AnswersAnOldVersionWithAnAlert) {
  auto tls11 = versions(TLS1_1_VERSION, TLS1_1_VERSION);
  EXPECT_THAT(server_meets(make_chain(1), SSL_AD_PROTOCOL_VERSION, tls11),
              HasSubstr("unsupported protocol"));
  RawPeer peer(Role::kResponder, make_chain(1), tls11);
  shake_hands(client, peer);
  EXPECT_THAT(failure(client), HasSubstr("protocol version"));  // the peer's alert
}

// covers TLS-06
TEST_F(TlsRefusal, AnswersOldCiphersWithAnAlert) {
  for (const char* ciphers : {"AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA", "DHE+AESGCM"}) {
    TlsEnd end(Role::kResponder, juliet());
    RawPeer peer(Role::kInitiator, make_chain(1), [ciphers](SSL_CTX* context) {
      SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
      SSL_CTX_set_cipher_list(context, ciphers);
    });
    shake_hands(peer, end);
    EXPECT_THAT(failure(end), HasSubstr("no shared cipher")) << ciphers;
    EXPECT_EQ(peer.alert(), SSL_AD_HANDSHAKE_FAILURE) << ciphers;
  }
}

// covers TLS-06
TEST_F(TlsRefusal, EndsTls12WithoutExtendedMasterSecret) {
  RawPeer peer(Role::kInitiator, make_chain(1), [](SSL_CTX* context) {
    SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_EXTENDED_MASTER_SECRET);
  });
  shake_hands(peer, server);
  EXPECT_THAT(failure(server), HasSubstr("extended master secret"));
  EXPECT_FALSE(server.done);
  EXPECT_EQ(peer.alert(), SSL_AD_BAD_RECORD_MAC);
}

// covers TLS-06
TEST_F(TlsRefusal, NeverRenegotiates) {
  RawPeer peer(Role::kInitiator, make_chain(1), versions(TLS1_2_VERSION, TLS1_2_VERSION));
  shake_hands(peer, server);
  ASSERT_TRUE(server.done);
  SSL_renegotiate(peer.ssl());
  peer.start();
  carry(peer, server);
  EXPECT_EQ(peer.alert(), SSL_AD_NO_RENEGOTIATION);
}

// covers TLS-01
TEST_F(TlsRefusal, NoticesThatBothTakeThemselvesForTheClient) {
  TlsEnd other(Role::kInitiator, juliet());
  client.start();
  other.start();
  carry(client, other);
  EXPECT_THAT(failure(client), HasSubstr("TLS client, as we do"));
}

// covers XTL-05, TLS-10
TEST_F(TlsRefusal, NoticesThatThePeerSpeaksNoTls) {
  for (const char* text :
       {"<?xml version='1.0'?><stream:stream>", "GET / HTTP/1.1\r\n\r\n", "SSH-2.0-OpenSSH\r\n"}) {
    for (Role role : {Role::kInitiator, Role::kResponder}) {
      TlsEnd end(role, juliet());
      end.start();
      end.take();
      for (const char* at = text; *at; ++at) end.feed(ByteView(at, 1));
      end.take();
      EXPECT_THAT(failure(end), HasSubstr("something else than TLS")) << text;
    }
  }
}

// covers TLS-09, TLS-10
TEST_F(TlsRefusal, NamesTheAlertThatCame) {
  client.start();
  client.take();
  client.feed(ByteView("\x15\x03\x03\x00\x02\x02\x28", 7));
  client.take();
  EXPECT_THAT(failure(client), HasSubstr("'handshake failure' (40)"));
}

TEST_F(TlsRefusal, FailsWhenThePeerClosesWithinTheHandshake) {
  client.start();
  client.take();
  client.feed(ByteView("\x15\x03\x03\x00\x02\x01\x00", 7));
  client.take();
  EXPECT_NE(failure(client), "");
}

TEST_F(TlsRefusal, FailsOnARecordThatWasChanged) {
  shake_hands(client, server);
  client.engine.write("adieu");
  Bytes record = client.take();
  record.back() = static_cast<char>(record.back() ^ 1);
  server.feed(record);
  Bytes alert = server.take();
  EXPECT_THAT(failure(server), HasSubstr("bad record mac"));
  EXPECT_EQ(server.plaintext, "");
  client.feed(alert);
  client.take();
  EXPECT_THAT(failure(client), HasSubstr("'bad record mac' (20)"));
}

TEST_F(TlsRefusal, DeliversWhatCameBeforeTheFault) {
  shake_hands(client, server);
  client.engine.write("adieu");
  server.feed(client.take() + "not a record at all");
  server.take();
  EXPECT_THAT(server.events, HasSubstr("plaintext failed "));
  EXPECT_EQ(server.plaintext, "adieu");
}

TEST_F(TlsRefusal, SurvivesEveryFlippedOctetOfTheHandshake) {
  client.start();
  const Bytes hello = client.take();
  for (std::size_t at = 0; at < hello.size(); at += 3) {
    TlsEnd end(Role::kResponder, juliet());
    Bytes flipped = hello;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x80);
    end.feed(flipped);
    end.take();
    EXPECT_FALSE(end.done) << at;
  }
}

TEST_F(TlsRefusal, SaysNoMoreAfterAFailure) {
  server.feed("plain text");
  server.take();
  server.events.clear();
  server.feed("plain text");
  server.engine.write("x");
  server.engine.close();
  server.engine.refuse_certificate();
  EXPECT_EQ(server.take(), "");
  EXPECT_EQ(server.events, "");
}

TEST_F(TlsRefusal, EndsAFloodOfKeyUpdates) {
  RawPeer peer(Role::kInitiator, make_chain(1));
  shake_hands(peer, server);
  Bytes flood;
  for (int i = 0; i < 40; ++i) {
    SSL_key_update(peer.ssl(), SSL_KEY_UPDATE_NOT_REQUESTED);
    SSL_do_handshake(peer.ssl());
    flood += peer.take();
  }
  server.feed(flood);
  server.take();
  EXPECT_THAT(failure(server), HasSubstr("floods"));
}

TEST_F(TlsRefusal, LetsALongStreamUpdateItsKeysNowAndThen) {
  RawPeer peer(Role::kInitiator, make_chain(1));
  shake_hands(peer, server);
  const Bytes bulk(64 * 1024, 'x');
  for (int i = 0; i < 48; ++i) {
    SSL_key_update(peer.ssl(), SSL_KEY_UPDATE_NOT_REQUESTED);
    peer.write(bulk);
    carry(peer, server);
  }
  EXPECT_FALSE(server.failed);
  EXPECT_EQ(server.plaintext.size(), 48 * bulk.size());
}

}  // namespace
}  // namespace balcony
