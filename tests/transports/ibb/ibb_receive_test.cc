// SPDX-License-Identifier: MIT
// What the peer's blocks must be, and how their acknowledgements hold it back.
#include "tests/transports/ibb/session_fixture.h"
#include "transports/ibb/block_receiver.h"

namespace balcony {
namespace {

using IbbReceiving = IbbSessionTest;
using IbbBackPressure = IbbSessionTest;

Element raw_data(std::string_view seq, std::string_view text) {
  return Element("data", ns::kIbb).set_attr("sid", "ibb-7d10").set_attr("seq", seq).add_text(text);
}

TEST_F(IbbReceiving, AcknowledgesEachBlockWithAnEmptyResult) {  // covers IBB-11
  start_open();
  peer_data(0, "ab");
  EXPECT_EQ(received, "ab");
  EXPECT_EQ(to_xml(replies.at(0), ns::kClient),
            "<iq type='result' to='ada@example.org/desk' from='ben@example.net/lab' id='p2'/>");
}

TEST_F(IbbReceiving, NumbersWrapAround) {  // covers IBB-08
  BlockReceiver receiver(config, env);
  Element iq("iq", ns::kClient);
  for (unsigned seq = 0; seq <= 65535; ++seq) {
    ASSERT_TRUE(receiver.on_data(iq, ibb_data("", static_cast<std::uint16_t>(seq), "")));
    ASSERT_TRUE(receiver.next_result());
  }
  EXPECT_EQ(receiver.on_data(iq, ibb_data("", 0, "wrap")), "wrap");
}

TEST_F(IbbReceiving, WrongNumberIsRefusedAndEndsIt) {  // covers IBB-08
  for (unsigned wrong : {0U, 2U, 65535U}) {
    closed.reset();
    start_open();
    peer_data(0, "abcd");
    peer_data(wrong, "evil");
    EXPECT_EQ(answered(), "result unexpected-request/cancel");
    EXPECT_EQ(received, "abcd");
    EXPECT_EQ(sent(), "close");
    EXPECT_EQ(loss(), "connectivity-error");
    EXPECT_EQ(closed->error->blame, Blame::kPeer);
    forget();
    opened = false;
  }
}

TEST_F(IbbReceiving, UnreadableNumberIsRefused) {
  for (auto seq : {"", "x", "-1", "+0", "0 ", "65536", "99999999999999999999"}) {
    closed.reset();
    start_open();
    peer(raw_data(seq, "YWJj"));
    EXPECT_EQ(answered(), "bad-request/cancel") << seq;
    EXPECT_EQ(received, "");
    EXPECT_EQ(loss(), "connectivity-error");
    opened = false;
  }
}

TEST_F(IbbReceiving, DropsWhiteSpaceInBase64) {  // covers IBB-09
  start_open();
  peer(raw_data("0", " YW\n\tJ\rj\n"));
  EXPECT_EQ(received, "abc");
}

TEST_F(IbbReceiving, RefusesWhatIsNoBase64) {  // covers IBB-09
  for (auto text : {"YWJ", "YW=j", "YQ==YQ==", "YWJj!", "YWJ\xC2\xA0j", "YR==", "====", "Y-_j"}) {
    closed.reset();
    start_open();
    peer(raw_data("0", text));
    EXPECT_EQ(answered(), "bad-request/cancel") << text;
    EXPECT_EQ(received, "");
    EXPECT_EQ(sent(), "close");
    EXPECT_EQ(loss(), "connectivity-error");
    opened = false;
    forget();
  }
}

TEST_F(IbbReceiving, RefusesElementsInsideData) {
  start_open();
  peer(raw_data("0", "YWJj").add(Element("x", ns::kIbb)));
  EXPECT_EQ(answered(), "bad-request/cancel");
}

TEST_F(IbbReceiving, RefusesBlocksLargerThanAgreed) {  // covers IBB-10
  for (auto text : {"YWJjZGU=", "YWJjZGVm", "YWJjZGVmZ2hp"}) {
    closed.reset();
    start_open();
    peer(raw_data("0", text));
    EXPECT_EQ(answered(), "bad-request/cancel") << text;
    EXPECT_EQ(sent(), "close");
    opened = false;
    forget();
  }
}

TEST_F(IbbReceiving, EmptyBlockIsLegalAndHasANumber) {  // covers IBB-10
  start_open();
  peer_data(0, "");
  peer_data(1, "abcd");
  EXPECT_EQ(answered(), "result result");
  EXPECT_EQ(received, "abcd");
}

TEST_F(IbbReceiving, CountsItsBlocks) {  // covers C-09
  start_open();
  peer_data(0, "");
  peer_data(1, "abcd");
  peer_data(9, "no");
  EXPECT_EQ(session->blocks_received(), 2U);
}

TEST_F(IbbBackPressure, HoldsResultsWhileTheOwnerIsBehind) {  // covers IBB-11
  config.max_input = 6;
  start_open();
  peer_data(0, "abcd");
  peer_data(1, "efgh");
  peer_data(2, "ijkl");
  EXPECT_EQ(received, "abcdefghijkl");
  EXPECT_EQ(answered(), "result");
  consume(4);
  EXPECT_EQ(answered(), "result");
  consume(4);
  EXPECT_EQ(answered(), "result result result");
}

TEST_F(IbbBackPressure, HoldsNoResultLongerThanTenSeconds) {  // covers IBB-11
  config.max_input = 4;
  start_open();
  peer_data(0, "abcd");
  peer_data(1, "efgh");
  advance(1s);
  peer_data(2, "ijkl");
  advance(8'999ms);
  EXPECT_EQ(answered(), "result");
  advance(1ms);
  EXPECT_EQ(answered(), "result result");
  advance(1s);
  EXPECT_EQ(answered(), "result result result");
  EXPECT_FALSE(closed);
}

TEST_F(IbbBackPressure, RefusesTheNextBlockAfterAnOverdueResult) {  // covers IBB-11
  config.max_input = 1;
  start_open();
  peer_data(0, "abcd");
  advance(10s);
  peer_data(1, "efgh");
  EXPECT_EQ(answered(), "result resource-constraint/wait");
  EXPECT_EQ(sent(), "close");
  EXPECT_EQ(closed->error->blame, Blame::kEnvironment);
}

TEST_F(IbbBackPressure, GoesOnIfTheOwnerCatchesUpAfterAnOverdueResult) {  // covers IBB-11
  config.max_input = 1;
  start_open();
  peer_data(0, "abcd");
  advance(10s);
  consume(4);
  peer_data(1, "e");
  EXPECT_EQ(answered(), "result result");
  EXPECT_FALSE(closed);
}

TEST_F(IbbBackPressure, BoundsWhatARudePeerPilesUp) {
  config.max_input = 8;
  config.window_max = 2;  // room for so many blocks more
  start_open();
  unsigned seq = 0;
  while (!closed && seq < 100) peer_data(seq++, "abcd");
  EXPECT_EQ(received.size(), 16U);
  EXPECT_EQ(stanza_error(replies.at(2)).condition, "resource-constraint");
}

TEST_F(IbbBackPressure, BoundsTheEmptyBlocksOfARudePeer) {
  config.max_input = 1;
  start_open();
  peer_data(0, "abcd");
  unsigned seq = 1;
  while (!closed && seq < 1000) peer_data(seq++, "");
  EXPECT_LT(seq, 100U);
}

TEST_F(IbbBackPressure, LetsGoOfResultsWhenThePeerCloses) {
  config.max_input = 1;
  start_open();
  peer_data(0, "abcd");
  EXPECT_EQ(answered(), "");
  peer(ibb_close(config.sid));
  EXPECT_EQ(answered(), "result result");
  EXPECT_TRUE(is_closed_in_order());
}

}  // namespace
}  // namespace balcony
