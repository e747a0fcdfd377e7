// SPDX-License-Identifier: MIT
// How an in-band bytestream begins and ends.
#include "tests/transports/ibb/session_fixture.h"

namespace balcony {
namespace {

using IbbOpening = IbbSessionTest;
using IbbClosing = IbbSessionTest;

TEST_F(IbbOpening, OpenerSendsOpenAndIsReadyAtItsResult) {  // covers IBB-04
  start(true);
  EXPECT_EQ(
      to_xml(requests.at(0).payload),
      "<open xmlns='http://jabber.org/protocol/ibb' sid='ibb-7d10' block-size='4' stanza='iq'/>");
  EXPECT_FALSE(opened);
  result(0);
  EXPECT_TRUE(opened);
  EXPECT_EQ(session->next_deadline(), std::nullopt);
}

TEST_F(IbbOpening, OtherSideIsReadyOnceItHasSentTheResult) {  // covers IBB-04
  start(false);
  EXPECT_EQ(sent(), "");
  peer(ibb_open({config.sid, 4}));
  EXPECT_EQ(answered(), "result");
  EXPECT_TRUE(opened);
}

TEST_F(IbbOpening, FailsWithoutOpenInTime) {  // covers IBB-04
  start(false);
  advance(29'999ms);
  EXPECT_FALSE(closed);
  advance(1ms);
  EXPECT_EQ(loss(), "timeout");
  EXPECT_EQ(sent(), "");
}

TEST_F(IbbOpening, OpenerThatHearsNothingTakesItsOpenBack) {
  start(true);
  advance(30s);
  EXPECT_EQ(loss(), "timeout");
  EXPECT_EQ(sent(), "open close");
  result(0);  // too late
  EXPECT_FALSE(opened);
}

TEST_F(IbbOpening, RefusedOpenFailsWithThePeersCondition) {
  start(true);
  error(0, "not-acceptable");
  EXPECT_EQ(loss(), "not-acceptable");
  EXPECT_EQ(sent(), "open");
}

TEST_F(IbbOpening, RefusesLargerBlocksThanAgreed) {  // covers IBB-05
  start(false);
  peer(ibb_open({config.sid, 5}));
  EXPECT_EQ(answered(), "resource-constraint/modify");
  EXPECT_EQ(loss(), "resource-constraint");
}

TEST_F(IbbOpening, UsesSmallerBlocksThanAgreed) {  // covers IBB-05
  start(false);
  peer(ibb_open({config.sid, 2}));
  write("abcd");
  EXPECT_EQ(sent(), "data(0,ab) data(1,cd)");
  peer_data(0, "abc");
  EXPECT_EQ(answered(), "result bad-request/cancel");
}

TEST_F(IbbOpening, RefusesAnotherKindOfStanza) {  // covers IBB-05
  start(false);
  peer(ibb_open({config.sid, 4}).set_attr("stanza", "message"));
  EXPECT_EQ(answered(), "bad-request/modify");
  EXPECT_EQ(loss(), "incompatible-parameters");
}

TEST_F(IbbOpening, RefusesASecondOpen) {  // covers IBB-06
  start_open();
  peer(ibb_open({config.sid, 4}));
  EXPECT_EQ(answered(), "unexpected-request/cancel");
  EXPECT_FALSE(closed);
}

TEST_F(IbbOpening, RefusesOpenOfAnotherSidOrFromTheWrongSide) {  // covers IBB-06
  start(false);
  peer(ibb_open({"guess", 4}));
  EXPECT_EQ(answered(), "not-acceptable/modify");
  EXPECT_FALSE(closed);
  start(true);
  peer(ibb_open({config.sid, 4}));
  EXPECT_EQ(answered(), "not-acceptable/modify not-acceptable/modify");
  EXPECT_FALSE(opened);
}

TEST_F(IbbOpening, KnowsNoDataAndNoCloseBeforeOpen) {  // covers IBB-06
  start(false);
  peer_data(0, "abcd");
  peer(ibb_close(config.sid));
  EXPECT_EQ(answered(), "item-not-found/cancel item-not-found/cancel");
  EXPECT_EQ(received, "");
  EXPECT_FALSE(closed);
}

TEST_F(IbbOpening, KeepsDataThatOvertookTheResultOfOpen) {
  start(true);
  peer_data(0, "abcd");
  EXPECT_EQ(received, "abcd");
  EXPECT_EQ(answered(), "result");
  result(0);
  peer_data(1, "efgh");
  EXPECT_EQ(received, "abcdefgh");
}

TEST_F(IbbOpening, FailsIfThePeerClosesBeforeItIsOpen) {
  start(true);
  peer(ibb_close(config.sid));
  EXPECT_EQ(answered(), "result");
  EXPECT_EQ(loss(), "connectivity-error");
}

TEST_F(IbbOpening, AnswersWhatIsNoInBandRequestWithBadRequest) {
  start_open();
  peer(Element("jump", ns::kIbb));
  peer(Element("data", ns::kJingle));
  peer(ibb_data(config.sid, 0, "abcd"), "get");
  peer(Element());
  EXPECT_EQ(answered(),
            "bad-request/modify bad-request/modify bad-request/modify bad-request/modify");
  EXPECT_FALSE(closed);
}

TEST_F(IbbOpening, CanBeGivenUpByEitherSide) {
  start(true);
  close();
  EXPECT_EQ(sent(), "open close");
  EXPECT_TRUE(is_closed_in_order());
  closed.reset();
  forget();
  start(false);
  close();
  EXPECT_EQ(sent(), "");
  EXPECT_TRUE(is_closed_in_order());
}

TEST_F(IbbClosing, FlushesThenClosesThenWaitsForTheReply) {  // covers IBB-15
  config.window_start = 1;
  start_open();
  write("abcdef");
  close();
  EXPECT_EQ(sent(), "data(0,abcd)");
  result(0);
  EXPECT_EQ(sent(), "data(0,abcd) data(1,ef)");
  result(1);
  EXPECT_EQ(sent(), "data(0,abcd) data(1,ef) close");
  EXPECT_FALSE(closed);
  result(2);
  EXPECT_TRUE(is_closed_in_order());
}

TEST_F(IbbClosing, TakesNoOctetsAfterwards) {
  start_open();
  close();
  EXPECT_EQ(write("abcd"), 0U);
  EXPECT_EQ(sent(), "close");
}

TEST_F(IbbClosing, AnErrorToCloseCountsAsClosed) {  // covers IBB-15
  start_open();
  close();
  error(0, "item-not-found");
  EXPECT_TRUE(is_closed_in_order());
}

TEST_F(IbbClosing, EndsWithoutAReplyAfterATime) {  // covers IBB-15
  start_open();
  close();
  advance(9'999ms);
  EXPECT_FALSE(closed);
  advance(1ms);
  EXPECT_TRUE(is_closed_in_order());
}

TEST_F(IbbClosing, StillDeliversWhatThePeerSendsBeforeItReplies) {  // covers IBB-15
  start_open();
  close();
  peer_data(0, "last");
  EXPECT_EQ(received, "last");
  EXPECT_EQ(answered(), "result");
  result(0);
  EXPECT_TRUE(is_closed_in_order());
}

TEST_F(IbbClosing, CrossingClosesAreBothAcknowledged) {  // covers IBB-15
  start_open();
  close();
  peer(ibb_close(config.sid));
  EXPECT_EQ(answered(), "result");
  EXPECT_TRUE(is_closed_in_order());
  result(0);
}

TEST_F(IbbClosing, PeersCloseIsTheEndInOrder) {  // covers IBB-16
  start_open();
  peer_data(0, "bye");
  peer(ibb_close(config.sid));
  EXPECT_EQ(received, "bye");
  EXPECT_EQ(answered(), "result result");
  EXPECT_EQ(sent(), "");
  EXPECT_TRUE(is_closed_in_order());
}

TEST_F(IbbClosing, SaysWhatIsLeftBeforeItAnswersThePeersClose) {  // covers IBB-15
  start_open();
  write("abcdef");
  peer(ibb_close(config.sid));
  EXPECT_EQ(sent(), "data(0,abcd) data(1,ef)");
  result(0);
  EXPECT_EQ(answered(), "");
  peer_data(0, "more");  // it said that it would say no more
  peer(ibb_close(config.sid));
  result(1);
  EXPECT_EQ(answered(), "item-not-found/cancel result result");
  EXPECT_TRUE(is_closed_in_order());
}

TEST_F(IbbClosing, AnswersThePeersCloseIfItDoesNotListenAnyMore) {
  start_open();
  write("abcd");
  peer(ibb_close(config.sid));
  error(0, "item-not-found");
  EXPECT_EQ(answered(), "result");
  EXPECT_FALSE(is_closed_in_order());
}

TEST_F(IbbClosing, AnswersThePeersCloseInTime) {
  start_open();
  write("abcd");
  peer(ibb_close(config.sid));
  advance(10s);
  EXPECT_EQ(answered(), "result");
  EXPECT_FALSE(is_closed_in_order());
}

TEST_F(IbbClosing, OwnCloseWhileThePeersIsAnsweredAddsNothing) {
  start_open();
  write("abcd");
  peer(ibb_close(config.sid));
  close();
  result(0);
  EXPECT_EQ(sent(), "data(0,abcd)");
  EXPECT_TRUE(is_closed_in_order());
}

TEST_F(IbbClosing, KnowsNothingOfDataAndCloseAfterIt) {  // covers IBB-15
  start_open();
  peer(ibb_close(config.sid));
  forget();
  peer_data(0, "abcd");
  peer(ibb_close(config.sid));
  peer(ibb_open({config.sid, 4}));
  close();
  EXPECT_EQ(answered(), "item-not-found/cancel item-not-found/cancel not-acceptable/modify");
  EXPECT_EQ(received + sent(), "");
}

TEST_F(IbbClosing, CutAnswersWhatWaitsAndSaysNothing) {
  config.max_input = 1;
  start_open();
  peer_data(0, "abcd");
  write("efgh");
  forget();
  session->cut();
  advance(0ms);
  write("");
  EXPECT_EQ(answered(), "result");
  EXPECT_EQ(sent(), "");
  session->cut();
}

TEST_F(IbbClosing, AnswersAWaitingCloseWhenTheServerSessionIsLost) {  // covers JGL-37
  start_open();
  write("abcd");
  peer(ibb_close(config.sid));
  forget();
  session->on_server_lost();
  write("");
  EXPECT_EQ(answered(), "result");
  EXPECT_EQ(loss(), "connectivity-error");
}

TEST_F(IbbClosing, CutAnswersAWaitingClose) {
  start_open();
  write("abcd");
  peer(ibb_close(config.sid));
  session->cut();
  write("");
  EXPECT_EQ(answered(), "result");
}

}  // namespace
}  // namespace balcony
