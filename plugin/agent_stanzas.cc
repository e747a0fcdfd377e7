// SPDX-License-Identifier: MIT
// Agent, part 5: stanzas on their way out and in, those that wait for a stream (C-19, STZ-21), and
// replies that are owed (STZ-11).
#include <algorithm>
#include <utility>

#include "jingle/base/ns.h"
#include "plugin/agent.h"

namespace balcony {
namespace {

constexpr Duration kReplyWithin = 60s;       // STZ-11
constexpr std::size_t kMaxOwed = 1024;       // more requests than any script answers late
constexpr std::size_t kMaxOwedToPeer = 128;  // so that one peer can't take the room of all

Element answer_by_ourselves(const Element& request) {
  const Element* payload = request.first_child();
  if (payload && payload->is("ping", ns::kPing) && request.attr("type") == "get")
    return result_of(request);
  return error_of(request, {"service-unavailable", {}, {}, {}});
}

}  // namespace

void Agent::on(Outgoing& event) {
  Element& stanza = event.stanza;
  auto to = Jid::parse(stanza.attr("to"));
  if (!to) return;  // the host's side took it for an address that it could read
  if (is_iq_reply(stanza)) {
    RequestKey request(*to, stanza.attr("id"));
    if (owed_.contains(request)) {
      mailbox_.with_snapshot([&](Snapshot& snapshot) { snapshot.owed.erase(request); });
      pay(request, std::move(stanza));
    }
    return;
  }
  if (Link* link = find_link(*to, Which::kOpen)) return link->send(std::move(stanza));
  if (stanza.is("message", ns::kClient) && mode_of(*to) == Mode::kRequire)
    return wait_for_stream(*to, std::move(stanza));
  undelivered(*to, KeptStanza(stanza), false, "the stream was closed before it could be sent");
}

void Agent::on_received(Link& link, Element stanza) {
  if (stanza.child("body", ns::kClient)) peers_.mark_active(link.peer());
  StanzaInfo info;
  info.local = link.local().full();
  info.peer = link.peer().full();
  info.id = stanza.attr("id");
  info.xml = to_xml(stanza, ns::kClient);
  info.transport = link.facts().transport;
  info.tls = link.facts().tls;
  info.trust = link.facts().trust;
  bool request = is_iq_request(stanza);
  if (request && !owe_reply(link.peer(), info.id, stanza))
    return link.send(error_of(stanza, {"resource-constraint", "wait", {}, {}}));
  tell(TellReceive{std::move(info), request});
}

// ---- waiting for a stream ----

void Agent::wait_for_stream(Jid to, Element stanza) {
  // As the server would do it for a client that is gone (RFC 6121 section 8.5.3.2).
  if (!to.is_bare() && !peers_.is_online(to) && !is_trying(to)) to = to.to_bare();
  if (Link* link = find_link(to, Which::kOpen)) return link->send(std::move(stanza));
  KeptStanza kept(stanza);
  if (std::string why = why_not_wait(to); !why.empty()) return undelivered(to, kept, false, why);
  TimePoint until = env_.now() + settings().require_wait;
  if (!waiting_[to].add(std::move(stanza), until))
    return undelivered(to, kept, false, "too much is waiting for a stream to " + to.full());
  call_for_waiting(to);
  if (!is_trying(to)) arm_timer(until);
}

std::string Agent::why_not_wait(const Jid& to) const {
  if (closing_) return "the program is closing";
  if (was_online_ && !identity_)
    return "end-to-end streams are off, and the mode of this contact requires one";
  if (roster_.is_blocked(to)) return "you have blocked " + to.full();
  if (!is_trying(to) && is_quiet(to)) return "the last attempt to reach " + to.full() + " failed";
  return {};
}

void Agent::call_for_waiting(const Jid& contact) {
  if (is_quiet(contact)) return;
  std::vector<Jid> waiting;
  for (const auto& [to, stanzas] : waiting_)
    if (to.same_bare(contact) && !is_trying(to)) waiting.push_back(to);
  for (const Jid& to : waiting) call({to, {}, false});
}

void Agent::send_waiting(Link& link) {
  for (const Jid& to : {link.peer().to_bare(), link.peer()}) {
    auto found = waiting_.find(to);
    if (found == waiting_.end()) continue;
    std::vector<Element> stanzas = found->second.take_all();
    waiting_.erase(found);
    for (Element& stanza : stanzas) link.send(std::move(stanza));
  }
}

void Agent::give_up_waiting(const Jid& contact, const std::string& reason) {
  std::vector<std::pair<Jid, Waiting>> given_up;
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    auto next = std::next(it);
    if (it->first.same_bare(contact)) {
      given_up.emplace_back(it->first, std::move(it->second));
      waiting_.erase(it);
    }
    it = next;
  }
  for (auto& [to, waiting] : given_up)
    for (const Element& stanza : waiting.take_all())
      undelivered(to, KeptStanza(stanza), false, reason);
}

void Agent::give_up_overdue() {
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    auto& [to, waiting] = *it;
    if (!is_trying(to)) {
      for (const Element& stanza : waiting.take_overdue(env_.now()))
        undelivered(to, KeptStanza(stanza), false,
                    "no end-to-end stream to " + to.full() + " came in time");
    }
    it = waiting.empty() ? waiting_.erase(it) : std::next(it);
  }
}

void Agent::undelivered(const Link& link, const KeptStanza& stanza, bool unknown,
                        const std::string& reason) {
  undelivered(link.peer(), stanza, unknown, reason);
}

void Agent::undelivered(const Jid& peer, const KeptStanza& stanza, bool unknown,
                        const std::string& reason) {
  StanzaInfo info;
  info.local = local_.full();
  info.peer = peer.full();
  info.id = stanza.id;
  info.xml = stanza.xml;
  tell(TellUndelivered{std::move(info), unknown, reason});
}

// ---- requests that came end to end ----

bool Agent::owe_reply(const Jid& peer, const std::string& id, Element request) {
  auto first = owed_.lower_bound({peer, {}}), last = first;
  std::size_t of_peer = 0;
  for (; last != owed_.end() && last->first.first == peer; ++last) ++of_peer;
  if (owed_.size() >= kMaxOwed || of_peer >= kMaxOwedToPeer) return false;
  std::pair key(peer, id);
  TimePoint until = env_.now() + kReplyWithin;
  owed_[key] = {std::move(request), until};
  mailbox_.with_snapshot([&](Snapshot& snapshot) { snapshot.owed.insert(key); });
  arm_timer(until);
  return true;
}

// Exactly one reply.
void Agent::pay(const RequestKey& request, Element reply) {
  owed_.erase(request);
  if (Link* link = find_link(request.first, Which::kOpen)) link->send(std::move(reply));
}

// In the host's stead: if it replies after all, that is dropped.
void Agent::pay_for_host(const RequestKey& request, Element reply) {
  if (!owed_.contains(request)) return;
  mailbox_.with_snapshot([&](Snapshot& snapshot) { snapshot.settle(request); });
  pay(request, std::move(reply));
}

void Agent::on(Unhandled& event) {
  pay_for_host({event.peer, event.id}, answer_by_ourselves(event.request));
}

// The stream is gone by which the replies would have gone back (SMX-12).
void Agent::forget_owed(const Jid& peer) {
  mailbox_.with_snapshot([&](Snapshot& snapshot) {
    for (const auto& [request, owed] : owed_)
      if (request.first == peer) snapshot.settle(request);
  });
  std::erase_if(owed_, [&](const auto& entry) { return entry.first.first == peer; });
}

}  // namespace balcony
