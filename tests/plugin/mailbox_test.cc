// SPDX-License-Identifier: MIT
// The two queues between host and core: in order, bounded, and each side is told when there is room
// again.
#include "plugin/mailbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace balcony {
namespace {

using ::testing::ElementsAre;

constexpr std::size_t kMost = Mailbox::kMaxOctets;

struct MailboxTest : ::testing::Test {
  int core_wakes = 0, host_wakes = 0;
  Mailbox mailbox{[this] { ++core_wakes; }, [this] { ++host_wakes; }};

  bool put(std::size_t octets) { return mailbox.to_core(Outgoing{}, octets); }
  void tell(std::size_t octets) { mailbox.to_host(TellSend{std::string(octets, 'x')}); }
  // Takes all that is there, and counts the events of one kind.
  template <class Event>
  int take_for_host() {
    int count = 0;
    while (auto event = mailbox.next_for_host()) count += std::holds_alternative<Event>(*event);
    return count;
  }
  template <class Event>
  int take_for_core() {
    int count = 0;
    while (auto event = mailbox.next_for_core()) count += std::holds_alternative<Event>(*event);
    return count;
  }
};

TEST_F(MailboxTest, IsEmptyAtFirst) {
  EXPECT_FALSE(mailbox.next_for_core());
  EXPECT_FALSE(mailbox.next_for_host());
  EXPECT_FALSE(mailbox.has_host_events());
  EXPECT_FALSE(mailbox.is_host_behind());
}

TEST_F(MailboxTest, KeepsTheOrderEachWay) {
  for (const char* line : {"one", "two", "three"}) {
    mailbox.to_core(CommandLine{line});
    mailbox.to_host(TellNotice{{}, line});
  }
  std::vector<std::string> lines, notices;
  while (auto event = mailbox.next_for_core()) lines.push_back(std::get<CommandLine>(*event).line);
  while (auto event = mailbox.next_for_host()) notices.push_back(std::get<TellNotice>(*event).text);
  EXPECT_THAT(lines, ElementsAre("one", "two", "three"));
  EXPECT_THAT(notices, ElementsAre("one", "two", "three"));
}

TEST_F(MailboxTest, WakesTheCoreForEachEventAndTheHostForTheFirst) {
  put(1);
  put(1);
  EXPECT_EQ(core_wakes, 2);
  tell(1);
  tell(1);
  EXPECT_EQ(host_wakes, 1);
  take_for_host<TellSend>();
  tell(1);
  EXPECT_EQ(host_wakes, 2);
}

TEST_F(MailboxTest, HoldsNoLockWhenItWakes) {
  Mailbox* self = nullptr;
  Mailbox locking([&] { self->has_host_events(); }, [&] { self->with_snapshot([](Snapshot&) {}); });
  self = &locking;
  EXPECT_TRUE(locking.to_core(Offline{}));
  locking.to_host(TellNotice{});
  EXPECT_TRUE(locking.has_host_events());
}

TEST_F(MailboxTest, TakesNoMoreOctetsForTheCoreThanItsBound) {
  EXPECT_TRUE(put(kMost - 1));
  EXPECT_TRUE(put(1));
  int wakes = core_wakes;
  EXPECT_FALSE(put(1));
  EXPECT_EQ(core_wakes, wakes);
  EXPECT_EQ(take_for_core<Outgoing>(), 2);
  EXPECT_TRUE(put(kMost));
}

TEST_F(MailboxTest, TakesWhatChangesASessionsLifeEvenWhenItIsFull) {
  ASSERT_TRUE(put(kMost));
  EXPECT_TRUE(mailbox.to_core(Offline{}));
  EXPECT_TRUE(mailbox.to_core(CommandLine{"stop juliet@example.net"}));
  EXPECT_TRUE(mailbox.to_core(Shutdown{}));
}

TEST_F(MailboxTest, TellsTheHostOnceWhenThereIsRoomAfterARefusal) {
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(put(kMost / 4));
  EXPECT_FALSE(put(1));
  EXPECT_FALSE(put(1));
  mailbox.next_for_core();
  mailbox.next_for_core();
  EXPECT_FALSE(mailbox.has_host_events());  // half full still
  mailbox.next_for_core();
  EXPECT_TRUE(mailbox.has_host_events());
  mailbox.next_for_core();
  EXPECT_EQ(take_for_host<TellWritable>(), 1);
}

TEST_F(MailboxTest, TellsNothingOfRoomWhenNothingWasRefused) {
  ASSERT_TRUE(put(kMost));
  take_for_core<Outgoing>();
  EXPECT_FALSE(mailbox.has_host_events());
}

TEST_F(MailboxTest, AlwaysTakesWhatTheCoreTells) {
  tell(kMost);
  tell(kMost);
  EXPECT_EQ(take_for_host<TellSend>(), 2);
}

TEST_F(MailboxTest, TellsTheCoreOnceWhenTheHostHasCaughtUp) {
  for (int i = 0; i < 8; ++i) tell(kMost / 8);
  EXPECT_TRUE(mailbox.is_host_behind());
  for (int i = 0; i < 6; ++i) mailbox.next_for_host();
  EXPECT_TRUE(mailbox.is_host_behind());
  EXPECT_EQ(take_for_core<HostDrained>(), 0);
  mailbox.next_for_host();
  EXPECT_FALSE(mailbox.is_host_behind());
  mailbox.next_for_host();
  EXPECT_EQ(take_for_core<HostDrained>(), 1);
}

TEST_F(MailboxTest, CountsEveryKindOfStanzaForTheHost) {
  StanzaInfo big;
  big.xml = std::string(kMost, 'x');
  for (const HostEvent& event : {HostEvent(TellSend{big.xml}), HostEvent(TellReceive{big, false}),
                                 HostEvent(TellUndelivered{big, false, {}})}) {
    Mailbox fresh([] {}, [] {});
    fresh.to_host(event);
    EXPECT_TRUE(fresh.is_host_behind()) << event.index();
  }
}

TEST_F(MailboxTest, CountsSmallEventsToo) {
  for (std::size_t i = 0; i < kMost / 200; ++i) mailbox.to_host(TellNotice{});
  EXPECT_TRUE(mailbox.is_host_behind());
}

TEST_F(MailboxTest, AsksNothingOfTheCoreThatNeverLooked) {
  for (int i = 0; i < 8; ++i) tell(kMost / 8);
  take_for_host<TellSend>();
  EXPECT_FALSE(mailbox.next_for_core());
}

TEST_F(MailboxTest, ShowsOneSnapshotToBothSides) {
  mailbox.with_snapshot([](Snapshot& s) { s.id_prefix = "balcony-"; });
  EXPECT_EQ(mailbox.with_snapshot([](const Snapshot& s) { return s.id_prefix; }), "balcony-");
}

TEST_F(MailboxTest, IsClosedInTheMomentOfItsLastEvent) {
  bool closed_at_wake = false;
  Mailbox closing{
      [] {}, [&] { closed_at_wake = closing.with_snapshot([](auto& s) { return s.closed; }); }};
  closing.to_host_last(TellNotice{{}, "the end"});
  EXPECT_TRUE(closed_at_wake);
  EXPECT_TRUE(closing.has_host_events());
}

}  // namespace
}  // namespace balcony
