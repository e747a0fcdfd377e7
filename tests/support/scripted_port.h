// SPDX-License-Identifier: MIT
// An IqPort whose questions a test answers.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "jingle/base/stanza.h"
#include "jingle/transport.h"
#include "tests/support/fake_scheduler.h"

namespace balcony {

// What the transport asks the server, answered by the test.
class ScriptedPort : public IqPort {
 public:
  ScriptedPort(FakeScheduler& scheduler, FakeEnv& env) : scheduler_(scheduler), env_(env) {}

  void request(std::string_view type, Element payload, Reply reply, std::string_view to) override {
    Element iq = make_iq(type, to, "i", std::move(payload));
    asked.push_back(iq);
    scheduler_.run_at(env_.now() + 5ms, [this, iq, reply] {
      auto answer = answer_to ? answer_to(iq) : std::nullopt;
      if (answer) return reply(*answer);
      reply(tl::make_unexpected(otherwise));
    });
  }
  void answer(Element) override {}
  void claim(std::string_view, std::string_view, Handler*) override {}
  void release(std::string_view, std::string_view) override {}

  std::vector<Element> asked;
  std::function<std::optional<Element>(const Element& iq)> answer_to;
  Error otherwise{Blame::kPeer, "service-unavailable", "nobody there"};

 private:
  FakeScheduler& scheduler_;
  FakeEnv& env_;
};

}  // namespace balcony
