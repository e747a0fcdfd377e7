// SPDX-License-Identifier: MIT
// Two negotiations and an imaginary network between them; and one against a peer that does not keep
// the rules.
#include "transports/socks5/negotiation.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/fake_scheduler.h"

namespace balcony {
namespace {

Candidate candidate(std::string cid, std::uint32_t priority,
                    CandidateType type = CandidateType::kDirect) {
  Candidate made;
  made.host = "192.0.2." + cid;
  made.cid = std::move(cid);
  made.priority = priority;
  made.type = type;
  return made;
}
Candidate a_proxy(std::string cid, std::uint32_t priority) {
  return candidate(std::move(cid), priority, CandidateType::kProxy);
}

// One side with its owner: what it connects to works if `reachable` says so.
struct Party {
  Party(Role role, Candidates own, FakeScheduler& to_scheduler, FakeEnv& to_env)
      : scheduler(to_scheduler),
        env(to_env),
        negotiation({.role = role, .ours = own}, to_env),
        ours(std::move(own)),
        timer(to_scheduler, to_env) {}

  void drain() {
    while (auto output = negotiation.poll()) std::visit([this](auto& o) { on(o); }, *output);
    if (auto next = negotiation.next_deadline())
      timer.set(*next, [this] { negotiation.on_deadline(), drain(); });
    else
      timer.clear();
  }
  void on(Race::Begin& begin) {
    bool works = reachable.contains(begin.candidate.cid);
    log += begin.candidate.cid + "? ";
    scheduler.run_at(env.now() + 10ms, [this, works, cid = begin.candidate.cid] {
      works ? negotiation.on_connected(cid) : negotiation.on_failed(cid);
      drain();
    });
  }
  void on(Race::Abandon& abandon) { log += abandon.cid + "- "; }
  void on(Socks5Negotiation::SendInfo& send) {
    if (std::holds_alternative<CandidateUsed>(send.info)) log += "used ";
    if (std::holds_alternative<CandidateError>(send.info)) log += "error ";
    if (std::holds_alternative<Activated>(send.info)) log += "activated ";
    if (std::holds_alternative<ProxyError>(send.info)) log += "proxy-error ";
    if (is_mute) return;
    scheduler.run_at(env.now() + 20ms, [this, info = send.info] {
      EXPECT_TRUE(other->negotiation.on_info(info));
      other->drain();
    });
  }
  void on(Socks5Negotiation::Activate& activate) {
    log += "activate-" + activate.proxy.cid + ' ';
    scheduler.run_at(env.now() + 10ms, [this] {
      proxy_works ? negotiation.on_activated() : negotiation.on_activation_failed();
      drain();
    });
  }
  void on(Socks5Negotiation::Await& await) { log += "await-" + await.proxy.cid + ' '; }
  void on(Socks5Negotiation::Use& use) {
    used = use.candidate.cid + (use.is_ours ? " ours" : " theirs");
  }
  void on(Socks5Negotiation::Failed& failed) {
    EXPECT_TRUE(used.empty());
    used = "failed";
    why = failed.error.text;
  }
  std::string tell(const Socks5Info& info) {
    auto told = negotiation.on_info(info);
    drain();
    return told ? "" : told.error().condition;
  }

  FakeScheduler& scheduler;
  FakeEnv& env;
  Socks5Negotiation negotiation;
  Candidates ours;
  Timer timer;
  Party* other = nullptr;
  std::set<std::string> reachable;
  bool proxy_works = true, is_mute = false;
  std::string log, used, why;
};

class NegotiationTest : public testing::Test {
 protected:
  void run(Candidates of_a, Candidates of_b, std::set<std::string> a_reaches,
           std::set<std::string> b_reaches) {
    set_up(std::move(of_a), std::move(of_b), std::move(a_reaches), std::move(b_reaches));
    begin();
    scheduler.advance(30s);
  }
  void set_up(Candidates of_a, Candidates of_b, std::set<std::string> a_reaches,
              std::set<std::string> b_reaches) {
    a.emplace(Role::kInitiator, std::move(of_a), scheduler, env);
    b.emplace(Role::kResponder, std::move(of_b), scheduler, env);
    a->other = &*b;
    b->other = &*a;
    a->reachable = std::move(a_reaches);
    b->reachable = std::move(b_reaches);
  }
  void begin() {
    b->negotiation.on_candidates(a->ours);
    a->negotiation.on_candidates(b->ours);
    b->negotiation.start();
    b->drain();
    scheduler.advance(20ms);
    a->negotiation.start();
    a->drain();
  }
  std::string agreed() const {  // by whom the candidate was offered, if both agree
    std::string of_a = a->used, of_b = b->used;
    if (of_a.ends_with(" ours"))
      return of_b == of_a.substr(0, of_a.size() - 4) + "theirs" ? of_a : "split";
    if (of_a.ends_with(" theirs"))
      return of_b == of_a.substr(0, of_a.size() - 6) + "ours" ? of_a : "split";
    return of_a == of_b ? of_a : "split";
  }

  FakeEnv env;
  FakeScheduler scheduler{env};
  std::optional<Party> a, b;
};

TEST_F(NegotiationTest, HigherPriorityOfTwoWins) {  // covers S5B-15
  run({candidate("a1", 8)}, {candidate("b1", 9)}, {"b1"}, {"a1"});
  EXPECT_EQ(agreed(), "b1 theirs");
}

TEST_F(NegotiationTest, OneThatWorksIsEnough) {  // covers S5B-15
  run({candidate("a1", 8)}, {candidate("b1", 9)}, {}, {"a1"});
  EXPECT_EQ(agreed(), "a1 ours");
}

TEST_F(NegotiationTest, FailsIfNeitherWorks) {  // covers S5B-15, 9.4
  run({candidate("a1", 8)}, {candidate("b1", 9)}, {}, {});
  EXPECT_EQ(agreed(), "failed");
  EXPECT_EQ(a->log, "b1? error ");
}

TEST_F(NegotiationTest, FailsIfNobodyOffersAnything) {  // covers S5B-14
  set_up({}, {}, {}, {});
  begin();
  scheduler.advance(3'050ms);
  EXPECT_EQ(agreed(), "failed");
}

TEST_F(NegotiationTest, OfferersReportCountsInATie) {  // covers S5B-16
  run({candidate("a1", 9)}, {candidate("b1", 9)}, {"b1"}, {"a1"});
  EXPECT_EQ(agreed(), "b1 theirs");
}

TEST_F(NegotiationTest, FollowsTheExampleFlow) {  // golden: PROTOCOL.md 9.2; covers S5B-17
  run({candidate("a-d1", 8297536), a_proxy("a-p1", 675360)},
      {candidate("b-d1", 8297537), candidate("b-n1", 7894320), a_proxy("b-p1", 675361)}, {"b-p1"},
      {"a-p1"});
  EXPECT_EQ(agreed(), "b-p1 theirs");
  EXPECT_EQ(a->log, "b-d1? b-n1? b-p1? used await-b-p1 ");
  EXPECT_EQ(b->log, "a-d1? a-p1? used a-p1- activate-b-p1 activated ");
}

TEST_F(NegotiationTest, ProxyThatDoesNotActivateFailsBoth) {  // covers S5B-18
  set_up({}, {a_proxy("p", 9)}, {"p"}, {});
  b->proxy_works = false;
  begin();
  scheduler.advance(5s);
  EXPECT_EQ(agreed(), "failed");
  EXPECT_NE(b->log.find("proxy-error"), std::string::npos);
  EXPECT_NE(a->why.find("could not use the proxy"), std::string::npos);
}

TEST_F(NegotiationTest, SilenceAboutTheProxyEndsAfter15Seconds) {  // covers S5B-17
  set_up({}, {a_proxy("p", 9)}, {"p"}, {});
  begin();
  scheduler.advance(35ms);  // b has reported, and is about to activate
  a->is_mute = b->is_mute = true;
  scheduler.advance(14'900ms);
  EXPECT_EQ(a->used, "");
  scheduler.advance(200ms);
  EXPECT_EQ(a->used, "failed");
}

TEST_F(NegotiationTest, OctetsFromTheProxyCountAsActivated) {  // PEERS.md: no <activated/>
  set_up({}, {a_proxy("p", 9)}, {"p"}, {});
  a->negotiation.on_candidates(b->ours);
  a->negotiation.start();
  a->drain();
  b->is_mute = true;
  scheduler.advance(100ms);
  EXPECT_EQ(a->tell(CandidateError{}), "");
  a->negotiation.on_first_octets();
  a->drain();
  EXPECT_EQ(a->used, "p theirs");
}

TEST_F(NegotiationTest, PeerWithoutAReportEndsInTime) {  // covers C-03
  set_up({candidate("a1", 8)}, {candidate("b1", 9)}, {"b1"}, {});
  a->negotiation.on_candidates(b->ours);
  a->negotiation.start();
  a->drain();
  b->is_mute = true;
  scheduler.advance(19'999ms);
  EXPECT_EQ(a->used, "");
  scheduler.advance(1ms);
  EXPECT_EQ(a->used, "failed");
}

TEST_F(NegotiationTest, ReportBeforeTheAcceptIsKept) {  // covers S5B-13
  set_up({candidate("a1", 8)}, {}, {}, {});
  EXPECT_EQ(a->tell(CandidateUsed{"a1"}), "");
  EXPECT_EQ(a->used, "");
  a->negotiation.start();
  a->drain();
  EXPECT_EQ(a->used, "a1 ours");
}

class BadReports : public NegotiationTest {
 protected:
  void SetUp() override {
    set_up({candidate("a1", 8)}, {candidate("b1", 9)}, {}, {});
    a->other = &*b;
    a->negotiation.on_candidates(b->ours);
    a->negotiation.start();
    a->drain();
  }
};

TEST_F(BadReports, UnknownCandidateIsABadRequestAndTheEnd) {  // covers S5B-12
  EXPECT_EQ(a->tell(CandidateUsed{"b1"}), "bad-request");
  EXPECT_EQ(a->used, "failed");
}

TEST_F(BadReports, SecondReportIsABadRequestAndTheEnd) {  // covers S5B-12
  EXPECT_EQ(a->tell(CandidateError{}), "");
  EXPECT_EQ(a->tell(CandidateUsed{"a1"}), "bad-request");
  EXPECT_EQ(a->used, "failed");
}

TEST_F(BadReports, UnexpectedProxyWordsChangeNothing) {  // covers S5B-18
  EXPECT_EQ(a->tell(ProxyError{}), "bad-request");
  EXPECT_EQ(a->tell(Activated{"a1"}), "bad-request");
  EXPECT_EQ(a->used, "");
  EXPECT_EQ(a->tell(CandidateUsed{"a1"}), "");
  scheduler.advance(1s);
  EXPECT_EQ(a->used, "a1 ours");
  EXPECT_EQ(a->tell(ProxyError{}), "bad-request");
  EXPECT_EQ(a->used, "a1 ours");
}

TEST_F(BadReports, CandidatesAfterOurErrorAreIgnored) {  // covers S5B-14
  scheduler.advance(5s);
  EXPECT_NE(a->log.find("error"), std::string::npos);
  EXPECT_EQ(a->tell(Candidates{candidate("b9", 99)}), "");
  scheduler.advance(1s);
  EXPECT_EQ(a->log.find("b9"), std::string::npos);
}

TEST_F(NegotiationTest, PlaceThatWeOfferedOurselvesIsNotTried) {  // covers S5B-05
  Candidate same = a_proxy("b1", 9), own = a_proxy("a1", 8);
  same.host = own.host;
  run({own}, {same}, {"b1"}, {"a1"});
  EXPECT_EQ(a->log.find("b1?"), std::string::npos);
  EXPECT_EQ(agreed(), "a1 ours");
}

}  // namespace
}  // namespace balcony
