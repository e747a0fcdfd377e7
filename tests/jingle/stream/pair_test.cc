// SPDX-License-Identifier: MIT
// Two streams against each other, the wire cut, lost and stalled at every octet of the set-up.
#include "tests/jingle/stream/pair.h"

namespace balcony {
namespace {

const Element kLunch = xml("<message type='chat' id='m1'><body>Lunch at noon?</body></message>");

std::size_t octets_of_setup() {
  StreamPair pair;
  pair.prove();
  pair.run();
  return pair.carried;
}

void expect_open(StreamPair& pair) {
  ASSERT_TRUE(pair.ada.established && pair.ben.established);
  ASSERT_TRUE(pair.ada.stream.send(kLunch));
  pair.ada.drain();
  pair.run();
  ASSERT_EQ(pair.ben.received.size(), 1U);
  EXPECT_EQ(pair.ben.received[0].child("body", ns::kClient)->text(), "Lunch at noon?");
}

// covers STM-01, STM-07, STM-08, STM-09, SAS-02
TEST(StreamPair, IsEstablishedWithExternalAndCarriesStanzas) {
  StreamPair pair;
  pair.prove();
  pair.run();
  expect_open(pair);
}

TEST(StreamPair, IsEstablishedWithoutSasl) {  // covers SAS-02
  StreamPair pair(false);
  pair.prove();
  pair.run();
  expect_open(pair);
}

TEST(StreamPair, IsEstablishedWithTheWireInSingleOctets) {
  StreamPair pair;
  pair.prove();
  pair.run(1);
  expect_open(pair);
}

TEST(StreamPair, IsEstablishedWhereverAChunkIsCut) {
  std::size_t total = octets_of_setup();
  for (std::size_t cut = 1; cut < total; ++cut) {
    StreamPair pair;
    pair.cut_at = cut;
    pair.prove();
    pair.run();
    ASSERT_NO_FATAL_FAILURE(expect_open(pair)) << "cut at " << cut;
  }
}

// The client cannot tell, before the server's header, why TLS was dropped (TLS-09).
TEST(StreamPair, EndsOnBothSidesWhereverTheConnectionIsLost) {  // covers STM-19, TLS-09
  std::size_t total = octets_of_setup();
  for (std::size_t at = 0; at <= total; ++at) {
    StreamPair pair;
    pair.prove();
    pair.run(std::string::npos, at);
    pair.lose();
    ASSERT_TRUE(pair.ada.ended && pair.ben.ended) << "lost at " << at;
    EXPECT_FALSE(pair.ada.ended->clean || pair.ben.ended->clean);
    EXPECT_EQ(pair.ben.reason(), "connectivity-error") << "lost at " << at;
    EXPECT_TRUE(pair.ada.reason() == "connectivity-error" || pair.ada.reason() == "security-error");
  }
}

TEST(StreamPair, EndsOnBothSidesWhereverTheWireStalls) {  // covers C-05, C-06, C-11
  std::size_t total = octets_of_setup();
  for (std::size_t at = 0; at <= total; ++at) {
    StreamPair pair;
    pair.prove();
    pair.run(std::string::npos, at);
    pair.wait(200s);
    ASSERT_TRUE(pair.ada.ended && pair.ben.ended) << "stalled at " << at;
    bool was_open = pair.ben.established;
    EXPECT_EQ(pair.ben.reason(), was_open ? "connectivity-error" : "failed-application");
    EXPECT_FALSE(pair.ada.stream.next_deadline() || pair.ben.stream.next_deadline());
  }
}

TEST(StreamPair, EndsOnBothSidesWhateverOctetIsSpoilt) {
  std::size_t total = octets_of_setup();
  for (std::size_t at = 0; at < total; ++at) {
    StreamPair pair;
    pair.spoil_at = at;
    pair.spoil_by = 1 << (at % 8);
    pair.prove();
    pair.run();
    if (pair.ada.ended || pair.ben.ended) pair.lose();
    pair.wait(200s);
    ASSERT_TRUE(pair.ada.ended && pair.ben.ended) << "spoilt at " << at;
  }
}

TEST(StreamPair, ClosesInOrderOnBothSides) {  // covers STM-18
  StreamPair pair;
  pair.prove();
  pair.run();
  pair.ben.stream.send(xml("<message><body>last words</body></message>"));
  pair.ada.stream.close();
  pair.ada.drain();
  pair.ben.drain();
  pair.run();
  for (Probe* each : {&pair.ada, &pair.ben}) {
    ASSERT_TRUE(each->ended);
    EXPECT_TRUE(each->ended->clean && each->close_bytes);
    EXPECT_EQ(each->reason(), "success");
  }
  EXPECT_EQ(pair.ada.received.size(), 1U);  // after our own closing tag
  EXPECT_TRUE(pair.ben.peer_closing);
}

TEST(StreamPair, ClosesInOrderWhenBothCloseAtOnce) {
  StreamPair pair;
  pair.prove();
  pair.run();
  pair.ada.stream.close();
  pair.ben.stream.close();
  pair.ada.drain();
  pair.ben.drain();
  pair.run();
  EXPECT_TRUE(pair.ada.ended && pair.ada.ended->clean);
  EXPECT_TRUE(pair.ben.ended && pair.ben.ended->clean);
}

TEST(StreamPair, KeepsAnIdleStreamAliveByPingsThatNobodySees) {  // covers STM-17
  StreamPair pair;
  pair.prove();
  pair.run();
  for (int minute = 0; minute < 30; ++minute) {
    pair.wait(60s);
    pair.run();
    for (Probe* each : {&pair.ada, &pair.ben})
      for (const Element& ping : std::exchange(each->received, {})) {
        EXPECT_TRUE(ping.child("ping", ns::kPing));
        each->stream.send(result_of(ping));
        each->drain();
      }
    pair.run();
  }
  EXPECT_FALSE(pair.ada.ended || pair.ben.ended);
}

}  // namespace
}  // namespace balcony
