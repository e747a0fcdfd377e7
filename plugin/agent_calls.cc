// SPDX-License-Identifier: MIT
// Agent, part 3: streams that are wanted, stanzas that wait for them, and the facts of links.
#include <algorithm>
#include <utility>

#include "jingle/base/ns.h"
#include "plugin/agent.h"

namespace balcony {
namespace {

constexpr Duration kReplyWithin = 60s;  // STZ-11
constexpr std::size_t kMaxOwed = 1024;  // per account; more requests than any script answers late
constexpr Duration kQuiet = 60s;        // after a failed attempt nothing starts by itself

Element answer_by_ourselves(const Element& request) {
  const Element* payload = request.first_child();
  if (payload && payload->is("ping", ns::kPing) && request.attr("type") == "get")
    return result_of(request);
  return error_of(request, {"service-unavailable", {}, {}, {}});
}

}  // namespace

// ---- streams that are wanted ----

void Agent::call(Call wanted) {
  Jid contact = wanted.target.to_bare();
  if (find_link(wanted.target, false) || calls_.contains(contact)) return;
  std::vector<Jid> candidates =
      wanted.target.is_bare() ? peers_.resources(contact) : std::vector<Jid>{wanted.target};
  for (const Jid& full : candidates)
    if (peers_.supports(full) == true) return open_link(full, usable_methods(full, wanted.methods));
  bool asks = false;
  for (const Jid& full : candidates) {
    if (auto ask = peers_.query_for(full)) {
      asks = true;
      to_ask_.push_front(std::move(*ask));
    }
  }
  if (asks) {
    calls_[contact] = std::move(wanted);
    return ask_next_features();
  }
  if (candidates.empty()) return fail_call(wanted, "gone", contact.full() + " is not online");
  fail_call(wanted, "unsupported-applications",
            wanted.target.full() + " has no client that can talk end to end");
}

void Agent::fail_call(const Call& wanted, const std::string& reason, const std::string& text) {
  if (!wanted.by_user) return;  // stanzas that wait, wait on (require.wait)
  StreamInfo info;
  info.peer = wanted.target.full();
  info.state = "closed";
  info.role = "initiator";
  info.reason = reason;
  info.text = text;
  tell(TellStream{std::move(info)});
}

std::vector<std::string> Agent::usable_methods(const Jid& full,
                                               const std::vector<std::string>& wanted) const {
  const Features* features = peers_.features(full);
  const std::vector<std::string>& order = wanted.empty() ? settings().transports : wanted;
  std::vector<std::string> usable;
  for (const std::string& name : order) {
    auto method = std::find_if(factories_.begin(), factories_.end(),
                               [&](const TransportFactory* f) { return f->name() == name; });
    bool listed = method != factories_.end() && features && features->contains((*method)->ns());
    if (listed) usable.push_back(name);
  }
  return usable;
}

void Agent::open_link(const Jid& full, std::vector<std::string> methods) {
  if (methods.empty()) {
    fail_call({full, {}, true}, "unsupported-transports",
              "no method that both sides have is enabled");
    return give_up_waiting(full, "no transport method that both sides have is enabled");
  }
  links_.push_back(Link::initiate(*this, {local_, full}, std::move(methods)));
}

void Agent::on(WantStream& event) {
  if (is_online_ && identity_ && !closing_ && !is_quiet(event.contact) &&
      !roster_.is_blocked(event.contact))
    call({event.contact, {}, false});
}

bool Agent::is_quiet(const Jid& contact) const {
  auto found = quiet_until_.find(contact.to_bare());
  return found != quiet_until_.end() && found->second > env_.now();
}

// ---- stanzas on their way out ----

void Agent::on(Outgoing& event) {
  Element& stanza = event.stanza;
  auto to = Jid::parse(stanza.attr("to"));
  if (!to) return;  // the host's side took it for an address that it could read
  if (is_iq_reply(stanza)) {
    std::string id(stanza.attr("id"));
    return reply_owed(*to, id, std::move(stanza));
  }
  if (Link* link = find_link(*to, true)) return link->send(std::move(stanza));
  if (stanza.is("message", ns::kClient) && mode_of(*to) == Mode::kRequire)
    return wait_for_stream(*to, std::move(stanza));
  undelivered(*to, stanza, false, "the stream was closed before it could be sent");
}

void Agent::wait_for_stream(const Jid& to, Element stanza) {
  Jid contact = to.to_bare();
  std::string objection;
  if (!identity_)
    objection = "end-to-end streams are off, and the mode of this contact requires one";
  if (closing_) objection = "the program is closing";
  if (roster_.is_blocked(contact)) objection = "you have blocked " + contact.full();
  bool trying = find_link(contact, false) || calls_.contains(contact);
  if (!trying && is_quiet(contact))
    objection = "the last attempt to reach " + contact.full() + " failed";
  if (!objection.empty()) return undelivered(to, stanza, false, objection);
  Element kept = stanza;
  if (!waiting_[contact].add(std::move(stanza), env_.now() + settings().require_wait))
    return undelivered(to, kept, false, "too much is waiting for a stream to " + contact.full());
  if (is_online_ && !trying) call({contact, {}, false});
}

void Agent::give_up_waiting(const Jid& contact, const std::string& reason) {
  auto found = waiting_.find(contact.to_bare());
  if (found == waiting_.end()) return;
  std::vector<Element> stanzas = found->second.take_all();
  waiting_.erase(found);
  for (const Element& stanza : stanzas) undelivered(contact, stanza, false, reason);
}

void Agent::undelivered(const Link& link, const Element& stanza, bool unknown,
                        const std::string& reason) {
  undelivered(link.peer(), stanza, unknown, reason);
}

void Agent::undelivered(const Jid& peer, const Element& stanza, bool unknown,
                        const std::string& reason) {
  StanzaInfo info;
  info.local = local_.full();
  info.peer = peer.full();
  info.id = stanza.attr("id");
  info.xml = to_xml(stanza, ns::kClient);
  tell(TellUndelivered{std::move(info), unknown, reason});
}

// ---- requests that came end to end ----

void Agent::reply_owed(const Jid& peer, const std::string& id, Element reply) {
  owed_.erase({peer, id});
  mailbox_.with_snapshot([&](Snapshot& snapshot) { snapshot.owed.erase({peer, id}); });
  if (Link* link = find_link(peer, true)) link->send(std::move(reply));
}

void Agent::on(Unhandled& event) {
  reply_owed(event.peer, event.id, answer_by_ourselves(event.request));
}

// ---- facts of links ----

Link* Agent::link_of(const Session* session) const {
  auto found = std::find_if(links_.begin(), links_.end(),
                            [&](const auto& link) { return &link->session() == session; });
  return found == links_.end() ? nullptr : found->get();
}

// A full address: its own link. A bare one: the best of the contact's, an open one first.
Link* Agent::find_link(const Jid& jid, bool open_only) const {
  Link* best = nullptr;
  std::vector<Jid> ranking = jid.is_bare() ? peers_.resources(jid) : std::vector<Jid>();
  auto rank = [&](const Link& link) {
    return std::pair(!link.is_open(), std::find(ranking.begin(), ranking.end(), link.peer()));
  };
  for (const auto& link : links_) {
    bool meant = jid.is_bare() ? link->peer().same_bare(jid) : link->peer() == jid;
    bool usable = open_only ? link->is_open() : !link->is_over();
    if (meant && usable && (!best || rank(*link) < rank(*best))) best = link.get();
  }
  return best;
}

bool Agent::ask(TellAsk question) {
  Jid peer = *Jid::parse(question.peer);
  if (!question.known.empty()) {  // the stream is over: this question holds nothing up
    changed_keys_[peer.to_bare()] = question;
    tell(std::move(question));
    return true;
  }
  auto asking = std::count_if(links_.begin(), links_.end(), [&](const auto& link) {
    return link->question() != Link::Question::kNone && link->peer().same_bare(peer);
  });
  if (asking > 1) return false;  // the one that asks now counts
  tell(std::move(question));
  return true;
}

void Agent::on_offer_ready(Link& link) {
  auto own = std::find_if(links_.begin(), links_.end(), [&](const auto& other) {
    return other->peer() == link.peer() && other->role() == Role::kInitiator &&
           other->phase() == Link::Phase::kSignalling;
  });
  if (own != links_.end()) {  // glare: our own offer's fate decides (JGL-15, JGL-16)
    if ((*own)->is_acknowledged()) on_offer_acknowledged(**own);
    return;
  }
  auto living = std::find_if(links_.begin(), links_.end(), [&](const auto& other) {
    return other.get() != &link && other->peer() == link.peer() && other->is_open();
  });
  if (living == links_.end()) return consider_offer(link);
  std::string sid = link.sid(), living_sid = (*living)->sid();
  Jid peer = link.peer();
  (*living)->check_alive([this, sid, living_sid, peer](bool alive) {  // JGL-18
    Session* session = router_.find(peer, sid);
    Link* offered = session ? link_of(session) : nullptr;
    if (!offered || offered->is_over()) return;
    if (alive) return offered->end({"alternative-session", {}, living_sid});
    consider_offer(*offered);
  });
}

// The peer takes our offer as if its own did not exist: both want a stream, the lower sid stays.
void Agent::on_offer_acknowledged(Link& own) {
  auto theirs = std::find_if(links_.begin(), links_.end(), [&](const auto& other) {
    return other->peer() == own.peer() && other->role() == Role::kResponder &&
           other->phase() == Link::Phase::kSignalling && other->question() == Link::Question::kNone;
  });
  if (theirs == links_.end() || !(*theirs)->is_offer_ready()) return;
  Link& survivor = **theirs;
  own.hush();
  own.end({"alternative-session", {}, survivor.sid()});
  survivor.decide_offer(true);
}

bool Agent::on_lost_tie(Link& own) {
  auto theirs = std::find_if(links_.begin(), links_.end(), [&](const auto& other) {
    return other->peer() == own.peer() && other->role() == Role::kResponder && !other->is_over();
  });
  if (theirs == links_.end()) return false;
  if ((*theirs)->is_offer_ready()) (*theirs)->decide_offer(true);
  return true;
}

void Agent::consider_offer(Link& link) {
  Mode mode = mode_of(link.peer());
  if (mode == Mode::kAsk) return link.ask_about_offer();
  link.decide_offer(mode != Mode::kOff);
}

void Agent::on_open(Link& link) {
  quiet_until_.erase(link.peer().to_bare());
  for (auto& other :
       links_) {  // JGL-18: a restarted peer replaces its old stream, by the same key only
    bool same = other.get() != &link && other->peer() == link.peer() && !other->is_over() &&
                other->facts().fingerprint == link.facts().fingerprint;
    if (same) other->end({"alternative-session", "a newer stream took its place", link.sid()});
  }
  publish(link.peer());
  auto found = waiting_.find(link.peer().to_bare());
  if (found == waiting_.end()) return;
  std::vector<Element> stanzas = found->second.take_all();
  waiting_.erase(found);
  for (Element& stanza : stanzas) link.send(std::move(stanza));
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
  if (request && owed_.size() >= kMaxOwed)
    return link.send(error_of(stanza, {"resource-constraint", "wait", {}, {}}));
  if (request) {
    std::pair key(link.peer(), info.id);
    owed_[key] = {std::move(stanza), env_.now() + kReplyWithin};
    mailbox_.with_snapshot([&](Snapshot& snapshot) { snapshot.owed.insert(key); });
    arm_timer();
  }
  tell(TellReceive{std::move(info), request});
}

void Agent::on_changed(Link& link) {
  publish(link.peer());
  if (link.is_writable()) tell(TellWritable{link.peer().full()});
}

void Agent::on_over(Link& link) {
  const Jid contact = link.peer().to_bare();
  publish(contact);
  std::erase_if(owed_, [&](const auto& entry) { return entry.first.first == link.peer(); });
  mailbox_.with_snapshot([&](Snapshot& snapshot) {
    std::erase_if(snapshot.owed, [&](const auto& key) { return key.first == link.peer(); });
  });
  if (link.was_open()) tell(TellWritable{link.peer().full()});
  if (find_link(contact, false)) return;  // another attempt or stream goes on
  bool failed_attempt = link.role() == Role::kInitiator && !link.was_open();
  if (failed_attempt) {  // of ours: a stranger's forged offer must not keep us from calling
    quiet_until_[contact] = env_.now() + kQuiet;
    give_up_waiting(contact, link.facts().text);
  }
  arm_timer();
}

void Agent::on_dead(Link&) { bury_soon(); }

}  // namespace balcony
