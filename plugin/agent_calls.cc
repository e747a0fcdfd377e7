// SPDX-License-Identifier: MIT
// Agent, part 4: streams that are wanted, and what becomes of them.
#include <algorithm>
#include <utility>

#include "plugin/agent.h"

namespace balcony {
namespace {

constexpr Duration kQuiet = 60s;  // after a failed attempt nothing starts by itself

}  // namespace

// ---- streams that are wanted ----

bool Agent::may_call(const Jid& contact) const {
  return is_online_ && identity_ && !closing_ && mode_of(contact) != Mode::kOff &&
         !roster_.is_blocked(contact);
}

void Agent::on(WantStream& event) {
  if (!is_quiet(event.contact)) call({event.contact, {}, false});
}

void Agent::call(Call wanted) {
  const Jid target = wanted.target;
  if (!may_call(target) || find_link(target, Which::kGoing)) return;
  if (auto before = calls_.find(target); before != calls_.end()) {
    before->second.by_user = before->second.by_user || wanted.by_user;
    return;
  }
  std::vector<Jid> candidates =
      target.is_bare() ? peers_.resources(target) : std::vector<Jid>{target};
  for (const Jid& full : candidates)
    if (roster_known_ && peers_.supports(full) == true) return open_link(wanted, full);
  bool asks = false;
  for (const Jid& full : candidates) {
    auto ask = peers_.query_for(full);
    if (!ask) continue;
    asks = true;
    to_ask_.push_front(std::move(*ask));
  }
  if (asks || !roster_known_) {
    calls_[target] = std::move(wanted);
    return ask_next_features();
  }
  if (candidates.empty()) return fail_call(wanted, "gone", target.full() + " is not online");
  fail_call(wanted, "unsupported-applications",
            target.full() + (target.is_bare() ? " has no client that can talk end to end"
                                              : " can't talk end to end, or is not online"));
}

// Something was learned that they may have waited for.
void Agent::call_again(const std::function<bool(const Jid& target)>& concerns) {
  std::vector<Call> wanted;
  for (const auto& [target, call] : calls_)
    if (concerns(target)) wanted.push_back(call);
  for (Call& again : wanted) {
    calls_.erase(again.target);
    call_if_allowed(std::move(again));
  }
}

void Agent::call_if_allowed(Call wanted) {
  if (may_call(wanted.target)) return call(std::move(wanted));
  if (closing_) return fail_call(wanted, "gone", "the program is closing");
  fail_call(wanted, "cancel",
            "streams with " + wanted.target.full() + " are off, or it is blocked");
}

// Stanzas that wait, wait on (require.wait). If the peer has called meanwhile, that is the answer.
void Agent::fail_call(const Call& wanted, const std::string& reason, const std::string& text) {
  arm_timer();  // nothing is tried for them any more: their time runs
  if (!wanted.by_user || find_link(wanted.target, Which::kGoing)) return;
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
  std::vector<std::string> order = wanted.empty() ? settings().methods() : wanted;
  std::vector<std::string> usable;
  for (const std::string& name : order) {
    const TransportFactory* method = find_method(name);
    bool listed =
        method && is_enabled(*method) && features && features->contains(method->feature());
    bool may = listed && !(method->shows_addresses() && reach_of(full) == Reach::kRelay);
    if (may) usable.push_back(name);
  }
  // JGL-30: in band last.
  std::stable_partition(usable.begin(), usable.end(),
                        [](const std::string& name) { return name != "ibb"; });
  return usable;
}

void Agent::open_link(const Call& wanted, const Jid& full) {
  std::vector<std::string> methods = usable_methods(full, wanted.methods);
  EndReason objection;
  if (methods.empty()) {
    objection = {"unsupported-transports",
                 "no method of connecting that both you and " + full.full() + " have is enabled"};
  } else if (links_.size() >= settings().sessions.alive) {  // C-17
    objection = {"busy", "too many streams are open to call " + full.full() + " as well"};
  }
  if (objection.reason.empty()) {
    links_.push_back(Link::initiate(*this, {local_, full}, std::move(methods)));
    if (wanted.is_redirected) links_.back()->refuse_redirects();
    if (wanted.is_renewed) links_.back()->doubt_no_more();
    return;
  }
  fail_call(wanted, objection.reason, objection.text);
  give_up_waiting(full.to_bare(), objection.text);
}

bool Agent::is_quiet(const Jid& contact) const {
  auto found = quiet_until_.find(contact.to_bare());
  return found != quiet_until_.end() && found->second > env_.now();
}

bool Agent::is_trying(const Jid& jid) const {
  if (find_link(jid, Which::kGoing)) return true;
  if (!jid.is_bare()) return calls_.contains(jid);
  return std::any_of(calls_.begin(), calls_.end(),
                     [&](const auto& call) { return call.first.same_bare(jid); });
}

// A full address: its own link. A bare one: the best of the contact's, an open one first. Of two
// with the same peer the newer one.
Link* Agent::find_link(const Jid& jid, Which which) const {
  std::vector<Link*> found;
  for (const auto& link : links_) {
    bool meant = jid.covers(link->peer());
    bool usable = which == Which::kOpen ? link->is_open() : link->is_going();
    if (meant && usable) found.push_back(link.get());
  }
  if (found.size() < 2) return found.empty() ? nullptr : found.front();
  std::vector<Jid> ranking = jid.is_bare() ? peers_.resources(jid) : std::vector<Jid>();
  auto rank = [&](const Link* link) {
    return std::pair(!link->is_open(), std::find(ranking.begin(), ranking.end(), link->peer()));
  };
  return *std::min_element(found.rbegin(), found.rend(),
                           [&](const Link* a, const Link* b) { return rank(a) < rank(b); });
}

// ---- facts of links ----

// The host is told of one stream with each peer. A restarted peer's old stream goes when a new one
// was opened with the same key (JGL-18).
void Agent::on_open(Link& link) {
  quiet_until_.erase(link.peer().to_bare());
  for (auto& other : links_) {
    if (other.get() == &link || other->peer() != link.peer() || other->is_over()) continue;
    bool is_attempt = !other->was_open() && (other->role() == Role::kInitiator ||
                                             other->phase() != Link::Phase::kSignalling);
    bool is_old = other->was_open() && other->facts().fingerprint == link.facts().fingerprint;
    if (is_attempt || is_old) {
      other->end({"alternative-session",
                  "a newer stream with " + link.peer().full() + " took its place", link.sid()});
    }
  }
  publish(link.peer());
  send_waiting(link);
}

void Agent::on_changed(Link& link) {
  publish(link.peer());
  if (link.is_writable()) tell(TellWritable{link.peer().full()});
}

void Agent::on_over(Link& link) {
  if (link.was_open()) {
    publish(link.peer());
    forget_owed(link.peer());
    tell(TellWritable{link.peer().full()});
  }
  reconsider_offers(link.peer());
  if (link.is_to_be_renewed())
    call({.target = link.peer(),
          .methods = link.methods(),
          .by_user = true,
          .is_redirected = !link.follows_redirects(),
          .is_renewed = true});
  if (auto next = next_calls_.extract(link.peer())) call_if_allowed(std::move(next.mapped()));
  bool failed = link.role() == Role::kInitiator && !link.was_open();
  if (failed) {
    on_failed_attempt(link);
  } else {
    call_for_waiting(link.peer());
  }
  arm_timer();
}

// Of ours: a stranger's forged offer must not keep us from calling.
void Agent::on_failed_attempt(const Link& link) {
  const Jid contact = link.peer().to_bare();
  if (link.facts().reason == "unsupported-applications") {  // JGL-38
    peers_.mark_unsupported(link.peer());
    tell_peer(link.peer());
  }
  if (link.redirect()) call({*link.redirect(), {}, true, true});
  if (is_trying(contact)) return;
  if (is_online_) quiet_until_[contact] = env_.now() + kQuiet;
  give_up_waiting(contact, link.facts().text);
}

void Agent::on_dead(Link&) { bury_soon(); }

}  // namespace balcony
