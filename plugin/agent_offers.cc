// SPDX-License-Identifier: MIT
// Agent, part 3: offers of peers, and what becomes of ours when they meet (JGL-14 to -18, -40).
#include <algorithm>
#include <utility>

#include "plugin/agent.h"

namespace balcony {

void Agent::on_jingle(const Element& iq) {
  auto from = Jid::parse(iq.attr("from"));
  bool has_link = from && std::any_of(links_.begin(), links_.end(),
                                      [&](const auto& link) { return link->peer() == *from; });
  if (!has_link && (!from || !may_offer(*from)))
    return send(error_of(iq, {"service-unavailable", "cancel", {}, {}}));
  if (iq.first_child()->attr("action") == "session-initiate") {
    for (auto& link : links_)
      if (link->peer() == *from) link->doubt_offer();
  }
  Router::Route route = router_.route(iq);
  if (auto* answer = std::get_if<Router::Answer>(&route)) {
    send(answer->iq);
  } else if (auto* deliver = std::get_if<Router::Deliver>(&route)) {
    if (Link* link = find_link(deliver->session)) link->on_jingle(iq, deliver->request);
  } else {
    on_offer(iq, std::get<Router::NewOffer>(route));
  }
}

void Agent::on_offer(const Element& iq, const Router::NewOffer& offer) {
  Jid peer = *Jid::parse(iq.attr("from"));
  if (!may_offer(peer)) return send(error_of(iq, {"service-unavailable", "cancel", {}, {}}));
  if (has_enough_half_open(peer))
    return send(error_of(iq, {"resource-constraint", "wait", {}, {}}));
  links_.push_back(Link::respond(*this, {local_, peer}, offer.request.sid, !parser_is_sound_));
  links_.back()->on_jingle(iq, offer.request);
}

// C-17: one contact's attempts must not take all the places there are. Of those that a client gave
// up its next offer takes the place; this is about several clients.
bool Agent::has_enough_half_open(const Jid& peer) const {
  auto count = std::count_if(links_.begin(), links_.end(), [&](const auto& link) {
    bool is_half_open = link->role() == Role::kResponder && !link->was_open() && !link->is_over() &&
                        link->phase() != Link::Phase::kSignalling;
    return is_half_open && link->peer() != peer && link->peer().same_bare(peer);
  });
  return static_cast<std::size_t>(count) >= settings().sessions.pending_per_peer;
}

Link* Agent::find_link(const Session* session) const {
  auto found = std::find_if(links_.begin(), links_.end(),
                            [&](const auto& link) { return &link->session() == session; });
  return found == links_.end() ? nullptr : found->get();
}

// Here it is known to be the peer's own offer.
void Agent::on_offer_ready(Link& theirs) {
  Link* living = nullptr;
  for (auto& link : links_) {
    if (link->peer() != theirs.peer()) continue;
    if (link->is_own_offer()) return on_glare(*link, theirs);
    if (link->is_open()) living = link.get();
  }
  if (living) return living->check_alive();
  consider_offer(theirs);
}

// JGL-14 to -16: the lower sid stays, of equal ones that of the lower address. The peer answers our
// higher one with conflict; if it has acknowledged it, it does not know the rule.
void Agent::on_glare(Link& own, Link& theirs) {
  int order = own.sid().compare(theirs.sid());
  bool ours_stays = order != 0 ? order < 0 : own.local() < own.peer();
  bool is_sent = own.session().state() == SessionState::kPending;  // or waits to be tried again
  if (is_sent && ours_stays) return theirs.end({"alternative-session", {}, own.sid()});
  if (is_sent && !own.is_acknowledged()) return;
  theirs.take_place_of(own);
  theirs.expect();
  own.end({"alternative-session", {}, theirs.sid()});
}

void Agent::on_offer_acknowledged(Link& own) {
  for (auto& link : links_)
    if (link->peer() == own.peer() && link->is_undecided()) return on_glare(own, *link);
}

// What the peer offers is what our user wanted. As long as it is not proven whose offers they are,
// any of them may be it; one stands in for ours.
void Agent::on_lost_offer(Link& own) {
  Link* heir = nullptr;
  for (auto& link : links_) {
    bool theirs = link->peer() == own.peer() && link->role() == Role::kResponder &&
                  link->phase() == Link::Phase::kSignalling;
    if (!theirs) continue;
    link->expect();
    if (!heir || link->is_undecided()) heir = link.get();
  }
  if (heir) heir->take_place_of(own);
}

// JGL-18: an offer beside a living stream.
void Agent::on_alive(Link& living, bool alive) {
  for (auto& link : links_) {
    if (link->peer() != living.peer() || !link->is_undecided()) continue;
    if (alive) {
      link->end({"alternative-session", {}, living.sid()});
    } else {
      consider_offer(*link);
    }
  }
}

// What stood in the way of these offers is over.
void Agent::reconsider_offers(const Jid& peer) {
  for (auto& link : links_)
    if (link->peer() == peer && link->is_undecided()) on_offer_ready(*link);
}

void Agent::consider_offer(Link& link) {
  Mode mode = mode_of(link.peer());
  if (mode == Mode::kOff || closing_) return link.decide_offer(false);
  Link* earlier = earlier_attempt(link);
  if (earlier) link.take_place_of(*earlier);  // the peer calls anew: one question is enough
  bool is_asked = earlier && earlier->question() == Link::Question::kOffer;
  if (mode != Mode::kAsk || link.is_expected() || (earlier && !is_asked)) {
    link.decide_offer(true);
  } else if (!is_asked && is_asking(link.peer())) {
    link.decide_offer(false);
  } else {
    link.ask_about_offer();
  }
  if (earlier) earlier->end({"alternative-session", {}, link.sid()});
}

// What was decided or asked about before with the same client, but did not open: it has forgotten
// that.
Link* Agent::earlier_attempt(const Link& link) const {
  auto found = std::find_if(links_.begin(), links_.end(), [&](const auto& other) {
    return other.get() != &link && other->peer() == link.peer() && other->is_shown() &&
           !other->was_open() && !other->is_undecided() && !other->is_own_offer();
  });
  return found == links_.end() ? nullptr : found->get();
}

bool Agent::is_asking(const Jid& contact) const {
  return std::any_of(links_.begin(), links_.end(), [&](const auto& link) {
    return link->question() != Link::Question::kNone && link->peer().same_bare(contact);
  });
}

// One question is open for each contact (SECURITY.md, "Limits").
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

}  // namespace balcony
