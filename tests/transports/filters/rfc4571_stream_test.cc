// SPDX-License-Identifier: MIT
// Frames on a wire that can be slow, full and cut anywhere, with STUN messages between them.
#include "transports/filters/rfc4571_stream.h"

#include <gtest/gtest.h>

#include <memory>

#include "tests/support/fake_scheduler.h"
#include "tests/support/pipe_stream.h"
#include "tests/support/recorder.h"

namespace balcony {
namespace {

Bytes framed(ByteView payload) {
  Bytes frame{static_cast<char>(payload.size() >> 8), static_cast<char>(payload.size() & 0xFF)};
  return frame.append(payload);
}

// A message of `extra` octets behind its header, of which the filter looks at the header alone.
Bytes stun(std::size_t extra = 0, ByteView cookie = ByteView("\x21\x12\xa4\x42", 4)) {
  Bytes message{0, 1, static_cast<char>(extra >> 8), static_cast<char>(extra & 0xFF)};
  return message.append(cookie).append("transaction!").append(extra, 'x');
}

class Rfc4571Test : public testing::Test {
 protected:
  std::unique_ptr<Rfc4571Stream> make(std::unique_ptr<ByteStream> below,
                                      bool first_frame_alone = false, Bytes received = {}) {
    auto answer = [this](ByteView message) {
      asked.emplace_back(message);
      return reply;
    };
    return std::make_unique<Rfc4571Stream>(
        std::move(below), scheduler, env,
        Rfc4571Stream::Config{answer, first_frame_alone, std::move(received)});
  }
  // One end with the filter, the other one plain.
  void start(bool first_frame_alone = false, Bytes received = {}) {
    stream = make(pipe.take_a(), first_frame_alone, std::move(received));
    stream->set_listener(&heard);
    wire = pipe.take_b();
    wire->set_listener(&seen);
  }
  void say(ByteView octets) {
    wire->write(octets);
    scheduler.run_due();
  }

  FakeEnv env;
  FakeScheduler scheduler{env};
  PipeStream pipe{scheduler, env};
  std::vector<Bytes> asked;
  Bytes reply = "answer";
  Recorder heard, seen;
  std::unique_ptr<Rfc4571Stream> stream;
  std::unique_ptr<ByteStream> wire;
};

TEST_F(Rfc4571Test, CarriesWhatIsWrittenInOneTurnInOneFrame) {  // covers ICE-08
  start();
  stream->write("to be ");
  stream->write("or not");
  scheduler.run_due();
  EXPECT_EQ(seen.received, framed("to be or not"));
}

TEST_F(Rfc4571Test, HearsTheSameHoweverTheWireIsCut) {  // covers ICE-08
  Bytes said = framed("one") + framed("") + framed(stun(8)) + framed("x") + framed(stun()) +
               framed(Bytes(300, 't')) + framed(stun(0, "nope"));
  Bytes meant = "onex" + Bytes(300, 't') + stun(0, "nope");
  for (std::size_t cut = 0; cut <= said.size(); ++cut) {
    SCOPED_TRACE(cut);
    PipeStream own(scheduler, env);
    asked.clear();
    Recorder ear;
    auto cut_stream = make(own.take_a());
    cut_stream->set_listener(&ear);
    auto end = own.take_b();
    end->write(ByteView(said).substr(0, cut));
    scheduler.run_due();
    end->write(ByteView(said).substr(cut));
    scheduler.run_due();
    EXPECT_EQ(ear.received, meant);
    EXPECT_EQ(asked, (std::vector<Bytes>{stun(8), stun()}));
  }
}

TEST_F(Rfc4571Test, HearsTheSameOctetByOctet) {
  pipe.chunk = 1;
  start();
  say(framed(stun(4)) + framed("slow") + framed(stun()));
  EXPECT_EQ(heard.received, "slow");
  EXPECT_EQ(asked.size(), 2U);
  EXPECT_EQ(seen.received, framed("answer") + framed("answer"));
}

TEST_F(Rfc4571Test, TakesTheLongestAndTheShortestFrames) {  // covers ICE-08
  start();
  Bytes longest(65535, 'l');
  say(framed(longest) + framed("") + framed("") + framed("s"));
  EXPECT_EQ(heard.received, longest + "s");
  Bytes long_stun = stun(65512);
  say(framed(long_stun));
  EXPECT_EQ(asked, std::vector<Bytes>{long_stun});
}

TEST_F(Rfc4571Test, TakesWhatOnlyResemblesStunForTheStream) {  // covers ICE-08
  start();
  Bytes too_short = stun(8).substr(0, 24);
  Bytes wrong_class = stun();
  wrong_class[0] = '\x40';
  Bytes half = stun().substr(0, 19);
  say(framed(too_short) + framed(wrong_class) + framed(half));
  EXPECT_EQ(heard.received, too_short + wrong_class + half);
  EXPECT_TRUE(asked.empty());
}

TEST_F(Rfc4571Test, NeverSaysWhatTheOtherSideWouldTakeForStun) {
  start();
  stream->write(stun(8));
  scheduler.run_due();
  EXPECT_EQ(seen.received, framed(stun(8).substr(0, 1)) + framed(stun(8).substr(1)));
}

TEST_F(Rfc4571Test, DropsAnswersThatNobodyFetches) {
  pipe.capacity = 1000;
  start();
  reply = Bytes(100, 'a');
  wire->set_listener(nullptr);
  Bytes storm;
  for (int i = 0; i < 50'000; ++i) storm += framed(stun());
  ByteView left = storm;
  for (int i = 0; i < 10'000 && !left.empty(); ++i) {
    left.remove_prefix(wire->write(left));
    scheduler.run_due();
  }
  EXPECT_TRUE(left.empty());
  EXPECT_LT(asked.size(), 3'000U);
  EXPECT_TRUE(heard.received.empty());
}

TEST_F(Rfc4571Test, SaysNothingAfterItsFirstFrameUntilItHearsSomething) {
  start(true);
  stream->write("first");
  scheduler.run_due();
  stream->write("second");
  scheduler.run_due();
  say(framed(stun()));
  EXPECT_EQ(seen.received, framed("first") + framed("answer"));
  say(framed("go on"));
  EXPECT_EQ(seen.received, framed("first") + framed("answer") + framed("second"));
}

TEST_F(Rfc4571Test, ClosesAfterAllIsSaidEvenIfItHeardNothing) {
  start(true);
  stream->write("first");
  scheduler.run_due();
  stream->write("second");
  stream->close();
  scheduler.run_due();
  EXPECT_EQ(seen.received, framed("first") + framed("second"));
  EXPECT_TRUE(seen.is_closed_in_order());
  wire->close();
  scheduler.run_due();
  EXPECT_TRUE(heard.is_closed_in_order());
}

TEST_F(Rfc4571Test, HandsOverFirstWhatCameBefore) {
  start(false, "early");
  say(framed(" and late"));
  EXPECT_EQ(heard.received, "early and late");
}

TEST_F(Rfc4571Test, TellsAnEndInsideAFrameFromOneAfterIt) {
  start();
  say(framed("whole") + framed("torn").substr(0, 4));
  wire->close();
  scheduler.run_due();
  EXPECT_EQ(heard.received,
            "wholeto"
            "");
  EXPECT_TRUE(heard.is_lost());
}

TEST_F(Rfc4571Test, EndsInOrderBetweenFrames) {
  start();
  say(framed("whole"));
  wire->close();
  scheduler.run_due();
  EXPECT_TRUE(heard.is_closed_in_order());
}

TEST_F(Rfc4571Test, AnswersWhileNobodyListensAndThenLetsThePeerWait) {
  start();
  stream->set_listener(nullptr);
  say(framed("kept") + framed(stun()));
  EXPECT_EQ(seen.received, framed("answer"));
  for (int i = 0; i < 100; ++i) say(framed(Bytes(60'000, 'w')));
  std::size_t waits = pipe.carried();
  EXPECT_LT(waits, 1'000'000U);
  stream->set_listener(&heard);
  scheduler.run_due();
  EXPECT_GT(heard.received.size(), 1'000'000U);
  EXPECT_EQ(heard.received.substr(0, 5), "keptw");
}

// Megabytes both ways through a wire that is always full.
TEST_F(Rfc4571Test, LosesNothingWhenTheWireIsNarrow) {
  pipe.capacity = 5000;
  pipe.chunk = 777;
  auto a = make(pipe.take_a(), true);
  auto b = make(pipe.take_b());
  Bytes sent;
  for (int i = 0; sent.size() < 1'500'000; ++i) sent += std::to_string(i) + ' ';
  struct Writer : Recorder {
    void on_writable() override { push(); }
    void push() { rest.remove_prefix(to->write(rest)); }
    ByteStream* to = nullptr;
    ByteView rest;
  } one, other;
  one.to = a.get(), other.to = b.get();
  one.rest = sent, other.rest = sent;
  a->set_listener(&one);
  b->set_listener(&other);
  one.push();
  scheduler.run_due();
  EXPECT_LE(other.received.size(), 63'488U);  // the first frame, alone
  other.push();
  scheduler.run_due();
  EXPECT_TRUE(one.received == sent);
  EXPECT_TRUE(other.received == sent);
}

}  // namespace
}  // namespace balcony
