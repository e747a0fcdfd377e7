// SPDX-License-Identifier: MIT
#include "plugin/cli/outbox.h"

#include <algorithm>
#include <utility>

#include "plugin/strophe/balcony_strophe.h"

namespace balcony_cli {
Outbox::Outbox(Send send, Events& events) : send_(std::move(send)), events_(events) {}

void Outbox::send(Outgoing stanza) {
  auto is_same_contact = [to = bare(stanza.to)](const Outgoing& w) { return bare(w.to) == to; };
  bool must_wait = std::any_of(waiting_.begin(), waiting_.end(), is_same_contact);
  if (!must_wait && try_send(stanza)) return;
  if (waiting_.size() < kMaxWaiting) {
    waiting_.push_back(std::move(stanza));
  } else {
    undelivered(stanza, "too many stanzas are waiting");
  }
}

void Outbox::on_writable() {
  std::set<std::string> busy;
  for (auto next = waiting_.begin(); next != waiting_.end();) {
    if (!busy.contains(bare(next->to)) && try_send(*next)) {
      next = waiting_.erase(next);
    } else {
      busy.insert(bare(next->to));
      ++next;
    }
  }
}

void Outbox::give_up(std::string_view reason) {
  for (const Outgoing& stanza : waiting_) undelivered(stanza, reason);
  waiting_.clear();
}

bool Outbox::try_send(const Outgoing& stanza) {
  std::string reason;
  int answer = send_(stanza.xml, reason);
  switch (answer) {
    case BALCONY_STROPHE_BUSY:
      return false;
    case BALCONY_STROPHE_REFUSED:
      undelivered(stanza, reason.empty() ? "refused" : reason);
      return true;
    case BALCONY_STROPHE_OFFLINE:
      undelivered(stanza, "offline");
      return true;
    default:
      bool is_e2e = answer == BALCONY_STROPHE_TAKEN;
      if (!stanza.is_own) events_.sent(is_e2e ? "e2e" : "server", stanza.to, stanza.id);
      return true;
  }
}

void Outbox::undelivered(const Outgoing& stanza, std::string_view reason) {
  if (!stanza.is_own) events_.undelivered(stanza.to, stanza.id, false, reason, stanza.xml);
}

}  // namespace balcony_cli
