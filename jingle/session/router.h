// SPDX-License-Identifier: MIT
// Which session a Jingle request belongs to, and what becomes of a new offer: unknown sessions,
// duplicates, limits, glare (JGL-02, -11, -14 to -21 column N, -23). Passive: it holds borrowed
// pointers to the sessions that links own, and decides; the caller acts.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <variant>

#include "jingle/session/session.h"

namespace balcony {

class Router {
 public:
  struct Limits {                      // C-17
    std::size_t pending_per_peer = 3;  // offers of one bare JID that wait for our decision
    std::size_t pending = 16;          // of all peers
    std::size_t alive = 64;            // sessions of any role and state
  };

  // What to do with a request.
  struct Deliver {
    Session* session;
    JingleRequest request;
  };  // session->on_request(iq, request)
  struct Answer {
    Element iq;
  };                 // send this error
  struct NewOffer {  // make a Session (responder) and deliver the request to it
    JingleRequest request;
    Session* glare = nullptr;   // our own pending offer that this one beats (JGL-15): it ends
                                // when its own iq comes back with conflict, not before
    Session* living = nullptr;  // our active session with the same full JID (JGL-18)
  };
  using Route = std::variant<Deliver, Answer, NewOffer>;

  Router(Jid local, Limits limits);

  void set_local(Jid local);   // after a login with another resource
  void add(Session* session);  // from creation to its end; outlives its entry
  void remove(Session* session);

  Route route(const Element& iq) const;  // an iq set with a <jingle/> child
  Session* find(const Jid& peer, std::string_view sid) const;

 private:
  using Key = std::pair<std::string, std::string>;  // peer full JID, sid

  bool is_for_us(const Element& iq) const;
  Route route_offer(const Element& iq, const Jid& peer, JingleRequest request) const;
  bool is_full(const Jid& peer) const;
  bool survives(const Session& ours, const Jid& peer, const std::string& sid) const;

  Jid local_;
  Limits limits_;
  // One sid twice: only while an offer of ours has met one with the same sid (JGL-14).
  std::multimap<Key, Session*> sessions_;
};

}  // namespace balcony
