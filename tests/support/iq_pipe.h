// SPDX-License-Identifier: MIT
// Two IqPorts joined through an imaginary server, which the test can make slow, lossy or hostile.
// Stanzas are printed nowhere: each end keeps what it sent, as the wire would show it.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "jingle/base/ns.h"
#include "jingle/base/stanza.h"
#include "jingle/transport.h"
#include "tests/support/fake_scheduler.h"

namespace balcony {

class IqPipe {
 public:
  // What becomes of one stanza on its way; a test's rule changes it.
  struct Fate {
    Duration delay{0};
    int copies = 1;         // 0: lost; 2: comes twice
    std::string condition;  // of the stanza error that comes back to a request instead
  };
  using Rule = std::function<void(const Element& stanza, Fate& fate)>;

  class End : public IqPort {
   public:
    End(std::string address, std::string id_prefix, FakeScheduler& scheduler, FakeEnv& env)
        : address_(std::move(address)),
          id_prefix_(std::move(id_prefix)),
          scheduler_(scheduler),
          env_(env) {}

    void request(std::string_view type, Element payload, Reply reply,
                 std::string_view to) override {
      std::string id = id_prefix_ + std::to_string(++last_id_);
      waiting_.emplace(id, std::move(reply));
      scheduler_.run_at(env_.now() + 30s, [this, id] {  // C-01
        conclude(id, fail(Blame::kEnvironment, "timeout", "no reply"));
      });
      Element iq = make_iq(type, to.empty() ? other_->address_ : to, id, std::move(payload));
      iq.set_attr("from", address_);
      send(std::move(iq));
    }
    void answer(Element reply) override { send(std::move(reply)); }
    void claim(std::string_view payload_ns, std::string_view sid, Handler* handler) override {
      claims_[key(payload_ns, sid)] = handler;
    }
    void release(std::string_view payload_ns, std::string_view sid) override {
      claims_.erase(key(payload_ns, sid));
    }

    // For all that this end sends from now on.
    void set_rule(Rule rule) { rule_ = std::move(rule); }
    // As if the other end had sent it.
    void inject(const Element& stanza) { receive(stanza); }

    const std::vector<Element>& sent() const { return sent_; }
    // What it sent with that element inside, requests only.
    std::vector<Element> sent(std::string_view payload) const {
      std::vector<Element> found;
      for (const Element& iq : sent_)
        if (is_iq_request(iq) && iq.first_child()->name() == payload) found.push_back(iq);
      return found;
    }
    std::vector<std::string> errors_sent() const {
      std::vector<std::string> conditions;
      for (const Element& iq : sent_)
        if (iq.attr("type") == "error") conditions.push_back(stanza_error(iq).condition);
      return conditions;
    }
    std::size_t claims() const { return claims_.size(); }
    std::size_t unanswered() const { return unanswered_.size(); }  // requests to its handlers

   private:
    friend class IqPipe;

    static std::string key(std::string_view ns, std::string_view sid) {
      return std::string(ns) + ' ' + std::string(sid);
    }

    void send(Element iq) {
      if (is_iq_reply(iq)) unanswered_.erase(std::string(iq.attr("id")));
      sent_.push_back(iq);
      Fate fate;
      if (rule_) rule_(iq, fate);
      if (!fate.condition.empty() && is_iq_request(iq)) {
        Element bounced = error_of(iq, {fate.condition, {}, {}, {}});
        scheduler_.run_at(env_.now() + fate.delay, [this, bounced] { receive(bounced); });
        return;
      }
      for (int i = 0; i < fate.copies; ++i)
        scheduler_.run_at(env_.now() + fate.delay, [this, iq] { other_->receive(iq); });
    }

    void receive(const Element& iq) {
      if (is_iq_request(iq)) return serve(iq);
      std::string id(iq.attr("id"));
      if (iq.attr("type") == "result") return conclude(id, iq);
      conclude(id, fail(Blame::kPeer, stanza_error(iq).condition, {}));
    }

    void serve(const Element& iq) {
      const Element* payload = iq.first_child();
      auto claim = claims_.find(key(payload->ns(), payload->attr("sid")));
      if (claim == claims_.end())
        return answer(error_of(iq, {"not-acceptable", {}, {}, {}}));  // IBB-06
      unanswered_[std::string(iq.attr("id"))] = true;
      claim->second->on_request(iq);
    }

    void conclude(const std::string& id, Result<Element> reply) {
      auto node = waiting_.extract(id);
      if (node) node.mapped()(std::move(reply));
    }

    std::string address_, id_prefix_;
    FakeScheduler& scheduler_;
    FakeEnv& env_;
    End* other_ = nullptr;
    Rule rule_;
    int last_id_ = 0;
    std::map<std::string, Reply> waiting_;
    std::map<std::string, Handler*> claims_;
    std::map<std::string, bool> unanswered_;
    std::vector<Element> sent_;
  };

  IqPipe(FakeScheduler& scheduler, FakeEnv& env)
      : a_("ada@example.org/desk", "a", scheduler, env),
        b_("ben@example.net/lab", "b", scheduler, env) {
    a_.other_ = &b_;
    b_.other_ = &a_;
  }

  End& a() { return a_; }
  End& b() { return b_; }

 private:
  End a_, b_;
};

}  // namespace balcony
