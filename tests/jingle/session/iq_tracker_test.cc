// SPDX-License-Identifier: MIT
// Requests and their replies: who may answer, once, in time.
#include "jingle/session/iq_tracker.h"

#include "jingle/session/errors.h"
#include "tests/jingle/session/side.h"

namespace balcony {
namespace {

class IqTrackerTest : public testing::Test {
 protected:
  IqTracker::Handler note(std::string name = {}) {
    return [this, name](const Result<Element>& reply, const Element& application) {
      std::string text = name + (reply ? "result" : reply.error().condition);
      if (application) text += " " + std::string(application.name());
      seen.push_back(text);
    };
  }
  Element ask(std::string_view to) {
    return tracker.request("get", to, Element("ping", ns::kPing), note());
  }
  Element reply(const Element& iq, std::string_view from, std::string_view type = "result") {
    Element answer("iq", ns::kClient);
    answer.set_attr("type", type).set_attr("id", iq.attr("id"));
    if (!from.empty()) answer.set_attr("from", from);
    return answer;
  }
  bool counts(std::string_view to, std::string_view from) {
    return tracker.on_reply(reply(ask(to), from), local);
  }

  FakeEnv env;
  IqTracker tracker{env, "e2e-"};
  Jid local = jid(kAda);
  Events seen;
};

// covers JGL-06
TEST_F(IqTrackerTest, MarksItsIdsAndMakesThemUnguessable) {
  Element first = ask(kBen), second = ask(kBen);
  EXPECT_EQ(first.attr("to"), kBen);
  EXPECT_EQ(first.attr("id").size(), 4U + 32U);
  EXPECT_NE(first.attr("id"), second.attr("id"));
  EXPECT_TRUE(tracker.is_ours(first.attr("id")));
  EXPECT_FALSE(tracker.is_ours("prof-1"));
}

TEST_F(IqTrackerTest, HandsOverAResultOnce) {
  Element iq = ask(kBen);
  EXPECT_TRUE(tracker.on_reply(reply(iq, kBen), local));
  EXPECT_FALSE(tracker.on_reply(reply(iq, kBen), local));
  EXPECT_EQ(seen, (Events{"result"}));
  EXPECT_EQ(tracker.pending(), 0U);
}

TEST_F(IqTrackerTest, HandsOverAnErrorWithItsApplicationCondition) {
  Element iq = ask(kBen);
  iq.set_attr("from", kAda);
  EXPECT_TRUE(tracker.on_reply(error_of(iq, out_of_order()), local));
  EXPECT_EQ(seen, (Events{"unexpected-request out-of-order"}));
}

// covers JGL-06
TEST_F(IqTrackerTest, DropsAndCountsTheReplyOfSomebodyElse) {
  EXPECT_FALSE(counts(kBen, "mallory@example.net/lab"));
  EXPECT_FALSE(counts(kBen, "ben@example.net/other"));
  EXPECT_FALSE(counts(kBen, "ben@example.net"));
  EXPECT_FALSE(counts(kBen, ""));
  EXPECT_FALSE(counts(kBen, "example.org"));
  EXPECT_FALSE(counts("", kBen));
  EXPECT_EQ(seen, Events{});
  EXPECT_EQ(tracker.foreign(), 6U);
  EXPECT_EQ(tracker.pending(), 6U);
}

// covers JGL-06
TEST_F(IqTrackerTest, TakesTheOwnServersReplyOnlyIfItWasAsked) {
  for (std::string_view from : {"", "ada@example.org", "example.org", "ada@example.org/desk"})
    EXPECT_TRUE(counts("", from)) << from;
  for (std::string_view from : {"", "ada@example.org"})
    EXPECT_TRUE(counts("ada@example.org", from));
  for (std::string_view from : {"", "example.org"}) EXPECT_TRUE(counts("example.org", from));
  EXPECT_FALSE(counts("example.org", "ada@example.org"));
  EXPECT_FALSE(counts("proxy.example.org", ""));
}

TEST_F(IqTrackerTest, ComparesPreparedAddresses) {
  EXPECT_TRUE(counts("Ben@Example.NET/lab", kBen));
  EXPECT_TRUE(counts(kBen, "BEN@example.net/lab"));
  EXPECT_FALSE(counts(kBen, "@"));
}

TEST_F(IqTrackerTest, TakesNothingButRepliesToItsOwn) {
  Element iq = ask(kBen);
  EXPECT_FALSE(tracker.on_reply(reply(iq, kBen, "set"), local));
  iq.set_attr("id", "other");
  EXPECT_FALSE(tracker.on_reply(reply(iq, kBen), local));
  EXPECT_EQ(tracker.pending(), 1U);
}

TEST_F(IqTrackerTest, GivesUpWaitingAfter30Seconds) {
  Element iq = ask(kBen);
  ASSERT_EQ(tracker.next_deadline(), env.now() + 30s);
  env.advance(29s);
  tracker.on_deadline();
  EXPECT_EQ(seen, Events{});
  env.advance(1s);
  tracker.on_deadline();
  EXPECT_EQ(seen, (Events{"timeout"}));
  EXPECT_FALSE(tracker.on_reply(reply(iq, kBen), local));
  EXPECT_EQ(tracker.next_deadline(), std::nullopt);
}

TEST_F(IqTrackerTest, WaitsForTheEarliestDeadline) {
  ask(kBen);
  tracker.request("get", kBen, Element("ping", ns::kPing), note(), 5s);
  EXPECT_EQ(tracker.next_deadline(), env.now() + 5s);
}

TEST_F(IqTrackerTest, CallsNobodyForWhatIsForgotten) {
  std::string id;
  Element iq = tracker.request("get", kBen, Element("ping", ns::kPing), note(), id);
  EXPECT_EQ(iq.attr("id"), id);
  tracker.forget(id);
  EXPECT_FALSE(tracker.on_reply(reply(iq, kBen), local));
  EXPECT_EQ(seen, Events{});
}

TEST_F(IqTrackerTest, FailsAllWhenTheServerIsGone) {
  ask(kBen);
  ask("");
  tracker.fail_all({Blame::kEnvironment, "remote-connection-failed", ""});
  EXPECT_EQ(seen, (Events{"remote-connection-failed", "remote-connection-failed"}));
  EXPECT_EQ(tracker.pending(), 0U);
}

TEST_F(IqTrackerTest, LetsAHandlerAskAnewAndForgetOthers) {
  std::string one, two;
  auto forget_both_and_ask = [&](const Result<Element>&, const Element&) {
    seen.push_back("first");
    tracker.forget(one);
    tracker.forget(two);
    ask(kBen);
  };
  tracker.request("get", kBen, Element("ping", ns::kPing), forget_both_and_ask, one);
  tracker.request("get", kBen, Element("ping", ns::kPing), forget_both_and_ask, two);
  tracker.fail_all({Blame::kEnvironment, "gone", ""});
  EXPECT_EQ(seen, (Events{"first"}));
  EXPECT_EQ(tracker.pending(), 1U);

  tracker.request("get", kBen, Element("ping", ns::kPing), forget_both_and_ask, one);
  env.advance(30s);
  tracker.on_deadline();
  EXPECT_EQ(tracker.pending(), 1U);
}

TEST_F(IqTrackerTest, LetsAHandlerAskAnewFromAReply) {
  Element iq = tracker.request("get", kBen, Element("ping", ns::kPing),
                               [&](const Result<Element>&, const Element&) { ask(kBen); });
  EXPECT_TRUE(tracker.on_reply(reply(iq, kBen), local));
  EXPECT_EQ(tracker.pending(), 1U);
}

TEST_F(IqTrackerTest, GivesUpTheOldestWhenTooManyWait) {
  tracker.request("get", kBen, Element("ping", ns::kPing), note("oldest "), 10s);
  for (std::size_t i = 1; i < IqTracker::kMaxPending; ++i) ask(kBen);
  ask(kBen);
  EXPECT_EQ(seen, Events{});  // not from inside the request
  ASSERT_EQ(tracker.next_deadline(), env.now());
  tracker.on_deadline();
  EXPECT_EQ(seen, (Events{"oldest timeout"}));
  EXPECT_EQ(tracker.pending(), IqTracker::kMaxPending);
}

}  // namespace
}  // namespace balcony
