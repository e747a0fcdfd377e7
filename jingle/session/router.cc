// SPDX-License-Identifier: MIT
#include "jingle/session/router.h"

#include <algorithm>
#include <cassert>

#include "jingle/base/ns.h"
#include "jingle/session/errors.h"

namespace balcony {
namespace {

bool is_about_xml_streams(const JingleRequest& request) {
  return std::any_of(request.contents.begin(), request.contents.end(), [](const Content& c) {
    return c.description.is("description", ns::kXmlStream);
  });
}

bool is_own_pending_offer(const Session& session) {
  return session.config().role == Role::kInitiator && session.state() == SessionState::kPending;
}

bool is_active(const Session& session) {
  return session.state() == SessionState::kActive || session.state() == SessionState::kReplacing;
}

}  // namespace

Router::Router(Jid local, Limits limits) : local_(std::move(local)), limits_(limits) {}

void Router::set_local(Jid local) { local_ = std::move(local); }

void Router::add(Session* session) {
  assert(session);
  sessions_.emplace(Key(session->config().peer.full(), session->config().sid), session);
}

void Router::remove(Session* session) {
  std::erase_if(sessions_, [session](const auto& entry) { return entry.second == session; });
}

Router::Route Router::route(const Element& iq) const {
  const Element* jingle = iq.child("jingle", ns::kJingle);
  if (!jingle || iq.children().size() != 1)
    return Answer{error_of(iq, bad_request("not one jingle element"))};
  Result<JingleRequest> request = read_jingle(*jingle);
  if (!request) return Answer{error_of(iq, bad_request(request.error().text))};
  Result<Jid> peer = Jid::parse(iq.attr("from"));
  if (!peer || !is_for_us(iq)) return Answer{error_of(iq, unknown_session())};  // JGL-02

  if (request->action == Action::kSessionInitiate)
    return route_offer(iq, *peer, std::move(*request));
  Session* session = find(*peer, request->sid);
  if (!session) return Answer{error_of(iq, unknown_session())};
  return Deliver{session, std::move(*request)};
}

Router::Route Router::route_offer(const Element& iq, const Jid& peer, JingleRequest request) const {
  Session* same = find(peer, request.sid);
  bool may_meet = is_about_xml_streams(request);
  if (same && !(may_meet && is_own_pending_offer(*same)))
    return Answer{error_of(iq, out_of_order())};  // JGL-19

  NewOffer offer;
  for (auto it = sessions_.lower_bound(Key(peer.full(), {}));
       it != sessions_.end() && it->first.first == peer.full(); ++it) {
    Session* session = it->second;
    if (is_active(*session)) offer.living = session;
    if (!may_meet || !is_own_pending_offer(*session)) continue;
    if (survives(*session, peer, request.sid)) return Answer{error_of(iq, tie_break())};
    offer.glare = session;
  }
  if (is_full(peer))  // JGL-11
    return Answer{error_of(
        iq, {.condition = "resource-constraint", .type = "wait", .application = {}, .text = {}})};
  offer.request = std::move(request);
  return offer;
}

// JGL-14: the lower sid, of equal ones that of the lower JID. Two different offers never tie there;
// our own one, sent back to us, stays.
bool Router::survives(const Session& ours, const Jid& peer, const std::string& sid) const {
  int order = ours.config().sid.compare(sid);
  return order != 0 ? order < 0 : local_ <= peer;
}

// Only offers of peers count as pending: what we have on offer ourselves is no stranger's doing.
bool Router::is_full(const Jid& peer) const {
  std::size_t pending = 0, of_peer = 0;
  for (const auto& [key, session] : sessions_) {
    if (session->config().role != Role::kResponder || is_active(*session)) continue;
    ++pending;
    if (session->config().peer.same_bare(peer)) ++of_peer;
  }
  return of_peer >= limits_.pending_per_peer || pending >= limits_.pending ||
         sessions_.size() >= limits_.alive;
}

bool Router::is_for_us(const Element& iq) const {
  if (!iq.has_attr("to")) return true;
  Result<Jid> to = Jid::parse(iq.attr("to"));
  return to && *to == local_;
}

Session* Router::find(const Jid& peer, std::string_view sid) const {
  auto [first, last] = sessions_.equal_range(Key(peer.full(), std::string(sid)));
  return first == last ? nullptr : std::prev(last)->second;  // of two, the one that survived
}

}  // namespace balcony
