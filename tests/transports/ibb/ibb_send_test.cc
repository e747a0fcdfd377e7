// SPDX-License-Identifier: MIT
// Blocks, their window, what happens when one does not arrive, and when the server session breaks.
#include "tests/transports/ibb/session_fixture.h"
#include "transports/ibb/block_sender.h"

namespace balcony {
namespace {

using IbbSending = IbbSessionTest;
using IbbDelivery = IbbSessionTest;
using IbbServerSession = IbbSessionTest;

TEST_F(IbbSending, CutsWritesIntoNumberedBlocks) {  // covers IBB-08, IBB-09
  start_open();
  write("abcdefgh");
  EXPECT_EQ(sent(), "data(0,abcd) data(1,efgh)");
  EXPECT_EQ(to_xml(requests.at(1).payload),
            "<data xmlns='http://jabber.org/protocol/ibb' sid='ibb-7d10' seq='1'>ZWZnaA==</data>");
}

TEST_F(IbbSending, LoneWriteGoesAtOnce) {  // covers IBB-12
  start_open();
  write("a");
  EXPECT_EQ(sent(), "data(0,a)");
}

TEST_F(IbbSending, IncompleteBlockWaitsToBeFilledWhileOthersAreInFlight) {  // covers IBB-12
  start_open();
  write("abcd");
  write("e");
  advance(19ms);
  EXPECT_EQ(sent(), "data(0,abcd)");
  write("fgh");
  EXPECT_EQ(sent(), "data(0,abcd) data(1,efgh)");
}

TEST_F(IbbSending, IncompleteBlockWaitsTwentyMilliseconds) {  // covers IBB-12
  start_open();
  write("abcd");
  write("e");
  advance(10ms);
  write("f");
  EXPECT_EQ(session->next_deadline(), env.now() + 10ms);
  advance(10ms);
  EXPECT_EQ(sent(), "data(0,abcd) data(1,ef)");
  EXPECT_EQ(session->next_deadline(), std::nullopt);
}

TEST_F(IbbSending, IncompleteBlockGoesWhenNothingIsInFlightAnyMore) {  // covers IBB-12
  start_open();
  write("abcd");
  write("e");
  result(0);
  EXPECT_EQ(sent(), "data(0,abcd) data(1,e)");
}

TEST_F(IbbSending, WindowStartsAtTwoAndGrowsToSixteen) {  // covers IBB-12, C-13
  start_open();
  write(Bytes(4 * 400, 'x'));
  EXPECT_EQ(requests.size(), 2U);
  for (std::size_t i = 0; i < 50; ++i) {
    result(i);
    std::size_t in_flight = requests.size() - (i + 1);
    EXPECT_EQ(in_flight, std::min<std::size_t>(i + 3, 16));
  }
}

TEST_F(IbbSending, LateAcknowledgementHalvesTheWindowOnce) {  // covers C-13
  config.window_start = 8;
  config.window_max = 8;
  start_open();
  write(Bytes(4 * 400, 'x'));
  std::size_t acknowledged = 0;
  auto round = [&](Duration took) {
    std::size_t last = requests.size();
    advance(took);
    while (acknowledged < last) result(acknowledged++);
    return requests.size() - acknowledged;  // now in flight
  };
  EXPECT_EQ(round(60ms), 8U);
  EXPECT_EQ(round(110ms), 8U);  // slow, but not twice the mean
  EXPECT_EQ(round(300ms), 4U);
  EXPECT_EQ(round(60ms), 7U);  // grows again, one for each
}

TEST_F(IbbSending, ShortStallsDoNotHalveTheWindow) {  // covers C-13
  config.window_max = 2;
  start_open();
  write(Bytes(4 * 10, 'x'));
  result(0);
  result(1);
  advance(45ms);
  result(2);
  result(3);
  EXPECT_EQ(requests.size(), 6U);
}

TEST_F(IbbSending, NumbersWrapAround) {  // covers IBB-08
  BlockSender sender(config, env);
  Result<Element> done = Element("iq", ns::kClient);
  for (std::uint32_t tag = 1; tag <= 65536; ++tag) {
    sender.write("x");
    ASSERT_TRUE(sender.next(tag));
    ASSERT_TRUE(sender.on_reply(tag, done));
  }
  sender.write("y");
  EXPECT_EQ(sender.next(65537)->attr("seq"), "0");
}

TEST_F(IbbSending, TakesOnlyWhatItHasRoomFor) {
  config.max_output = 10;
  start_open();
  EXPECT_EQ(write("abcdefghijklm"), 10U);
  EXPECT_EQ(write("k"), 0U);
  result(0);
  EXPECT_EQ(writables, 0);
  result(1);
  EXPECT_EQ(writables, 1);
  EXPECT_EQ(write("klmnopqr"), 8U);
  result(2);
  result(3);
  EXPECT_EQ(writables, 1);  // nobody waits
}

TEST_F(IbbSending, TakesNothingBeforeItIsOpen) {
  start(true);
  EXPECT_EQ(write("abcd"), 0U);
}

TEST_F(IbbDelivery, RepeatsTheOnlyBlockAfterFiveAndTwentySeconds) {  // covers IBB-13
  start_open();
  write("abcd");
  error(0, "recipient-unavailable");
  advance(4'999ms);
  EXPECT_EQ(sent(), "data(0,abcd)");
  advance(1ms);
  EXPECT_EQ(sent(), "data(0,abcd) data(0,abcd)");
  error(1, "remote-server-timeout");
  advance(20s);
  EXPECT_EQ(sent(), "data(0,abcd) data(0,abcd) data(0,abcd)");
  error(2, "recipient-unavailable");
  EXPECT_EQ(loss(), "connectivity-error");
  EXPECT_EQ(requests.back().payload.name(), "close");
}

TEST_F(IbbDelivery, GoesOnAfterARepeatedBlockArrived) {  // covers IBB-13
  start_open();
  write("abcd");
  error(0, "resource-constraint");
  write("efghijkl");
  EXPECT_EQ(sent(), "data(0,abcd)");
  advance(5s);
  EXPECT_EQ(sent(), "data(0,abcd) data(0,abcd)");  // alone
  result(1);
  EXPECT_EQ(sent(), "data(0,abcd) data(0,abcd) data(1,efgh)");  // at half the pace
  result(2);
  EXPECT_EQ(sent(), "data(0,abcd) data(0,abcd) data(1,efgh) data(2,ijkl)");
}

TEST_F(IbbDelivery, IsLostIfOneOfSeveralBlocksDidNotArrive) {  // covers IBB-13
  start_open();
  write("abcdefgh");
  error(0, "remote-server-timeout");
  EXPECT_EQ(loss(), "connectivity-error");
  EXPECT_EQ(sent(), "data(0,abcd) data(1,efgh) close");
}

TEST_F(IbbDelivery, IsLostIfABlockIsMissingBeforeOneThatArrived) {  // covers IBB-13
  start_open();
  write("abcdefgh");
  result(1);
  error(0, "recipient-unavailable");
  EXPECT_EQ(loss(), "connectivity-error");
  EXPECT_EQ(sent(), "data(0,abcd) data(1,efgh) close");
}

TEST_F(IbbDelivery, IsLostIfThePeerRefusesABlock) {  // covers IBB-14
  for (auto condition : {"item-not-found", "unexpected-request", "bad-request", "forbidden"}) {
    closed.reset();
    start_open();
    write("abcd");
    error(0, condition);
    EXPECT_EQ(sent(), "data(0,abcd) close");
    EXPECT_EQ(loss(), "connectivity-error");
    EXPECT_EQ(closed->error->blame, Blame::kPeer);
    forget();
    opened = false;
  }
}

TEST_F(IbbDelivery, IsLostIfABlockIsNotAnswered) {  // covers IBB-14
  start_open();
  write("abcd");
  timeout(0);
  EXPECT_EQ(sent(), "data(0,abcd) close");
  EXPECT_EQ(loss(), "connectivity-error");
}

TEST_F(IbbDelivery, RateLimitHalvesTheWindow) {  // covers IBB-19
  config.window_start = 4;
  start_open();
  write("abcd");
  error(0, "policy-violation");
  advance(5s);
  result(1);
  write(Bytes(40, 'x'));
  EXPECT_EQ(requests.size(), 2U + 2U);
}

TEST_F(IbbDelivery, RateLimitDoublesTheWaitForAFullerBlock) {  // covers IBB-19
  config.window_start = 4;
  start_open();
  write("abcd");
  error(0, "policy-violation");
  advance(5s);
  result(1);
  write("efghi");
  advance(39ms);
  EXPECT_EQ(requests.size(), 3U);
  advance(1ms);
  EXPECT_EQ(requests.size(), 4U);
}

TEST_F(IbbDelivery, SecondReplyToABlockMeansNothing) {
  start_open();
  write("abcdefgh");
  result(0);
  error(0, "item-not-found");
  result(0);
  EXPECT_FALSE(closed);
}

TEST_F(IbbServerSession, SendsNothingWhileItIsAway) {  // covers JGL-37
  start_open();
  session->on_server_away();
  write("abcd");
  EXPECT_EQ(sent(), "");
  EXPECT_EQ(session->next_deadline(), std::nullopt);
  session->on_server_resumed();
  write("");
  EXPECT_EQ(sent(), "data(0,abcd)");
}

TEST_F(IbbServerSession, WaitsOnForRepliesThatComeAfterTheResumption) {  // covers JGL-37
  start_open();
  write("abcdefgh");
  session->on_server_away();
  session->on_server_resumed();
  result(0);
  result(1);
  write("ijkl");
  EXPECT_EQ(sent(), "data(0,abcd) data(1,efgh) data(2,ijkl)");
  EXPECT_FALSE(closed);
}

TEST_F(IbbServerSession, RepeatsTheOnlyBlockThatWentUnansweredMeanwhile) {  // covers JGL-37, IBB-13
  start_open();
  write("abcd");
  session->on_server_away();
  timeout(0);
  EXPECT_FALSE(closed);
  session->on_server_resumed();
  advance(5s);
  EXPECT_EQ(sent(), "data(0,abcd) data(0,abcd)");
  result(1);
  EXPECT_FALSE(closed);
}

TEST_F(IbbServerSession,
       RepeatsTheOnlyBlockThatGoesUnansweredAfterwards) {  // covers JGL-37, IBB-13
  start_open();
  write("abcd");
  session->on_server_resumed();
  timeout(0);
  advance(5s);
  EXPECT_EQ(sent(), "data(0,abcd) data(0,abcd)");
  timeout(1);  // that one did not cross
  EXPECT_EQ(loss(), "connectivity-error");
}

// Nobody acknowledges a block who has not taken those before it.
TEST_F(IbbServerSession, TakesTheResultOfALaterBlockForThatOfAnEarlierOne) {  // covers JGL-37
  start_open();
  write("abcdefgh");
  session->on_server_away();
  timeout(0);
  result(1);
  session->on_server_resumed();
  write("ijkl");
  advance(5s);
  EXPECT_EQ(sent(), "data(0,abcd) data(1,efgh) data(2,ijkl)");
  result(2);
  EXPECT_FALSE(closed);
}

TEST_F(IbbServerSession, IsLostIfSeveralBlocksWentUnanswered) {  // covers JGL-37, IBB-13
  start_open();
  write("abcdefgh");
  session->on_server_away();
  timeout(0);
  session->on_server_resumed();
  write("");
  EXPECT_EQ(loss(), "connectivity-error");
  EXPECT_EQ(requests.back().payload.name(), "close");
}

TEST_F(IbbServerSession, KeepsAPlannedRepetition) {  // covers JGL-37
  start_open();
  write("abcd");
  error(0, "recipient-unavailable");
  session->on_server_away();
  advance(5s);
  EXPECT_EQ(sent(), "data(0,abcd)");
  session->on_server_resumed();
  advance(0ms);
  EXPECT_EQ(sent(), "data(0,abcd) data(0,abcd)");
}

TEST_F(IbbServerSession, NewLoginLosesIt) {  // covers JGL-37
  start_open();
  write("abcd");
  session->on_server_lost();
  write("");
  EXPECT_EQ(sent(), "data(0,abcd)");
  EXPECT_EQ(loss(), "connectivity-error");
  session->on_server_lost();
  session->on_server_resumed();
  write("");
  EXPECT_EQ(sent(), "data(0,abcd)");
}

}  // namespace
}  // namespace balcony
