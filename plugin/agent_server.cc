// SPDX-License-Identifier: MIT
// Agent, part 2: what comes from the server, and what we ask it.
#include <algorithm>
#include <utility>

#include "jingle/base/ns.h"
#include "plugin/agent.h"

namespace balcony {
namespace {

constexpr std::size_t kMaxEarlyPresence = 1000;  // a large roster online at once
constexpr std::size_t kAskAtOnce = 8;            // servers limit and delay floods
constexpr std::size_t kMaxToAsk = 1000;
constexpr Duration kRefetchGap = 1s;

Element query(std::string_view name, std::string_view query_ns) { return Element(name, query_ns); }

// Whether a push may be meant: the content of one can be forged, so it only makes us ask again.
bool is_own(std::string_view from, const Jid& local) {
  if (from.empty()) return true;
  auto jid = Jid::parse(from);
  return jid && (*jid == local.to_bare() || jid->full() == local.domain());
}

}  // namespace

void Agent::on(Incoming& event) {
  const Element& stanza = event.stanza;
  if (stanza.is("presence", ns::kClient)) return on_presence(stanza);
  if (stanza.is("message", ns::kClient)) {
    auto from = Jid::parse(stanza.attr("from"));
    if (from && !from->is_bare() && roster_.is_contact(*from)) peers_.mark_active(*from);
    return;
  }
  if (is_iq_reply(stanza)) {
    tracker_.on_reply(stanza, local_);
    return;
  }
  if (is_iq_request(stanza)) on_iq_request(stanza);
}

void Agent::on(DirectedPresence& event) { roster_.on_directed_presence(event.to, event.available); }

void Agent::on_iq_request(const Element& iq) {
  const Element* payload = iq.first_child();
  if (!payload || !is_online_) return;
  if (payload->ns() == ns::kRoster || payload->ns() == ns::kBlocking) {
    if (is_own(iq.attr("from"), local_)) on_push(payload->ns());
    return;
  }
  if (payload->is("jingle", ns::kJingle)) return on_jingle(iq);
  auto from = Jid::parse(iq.attr("from"));
  if (from) {
    auto claim =
        claims_.find({*from, std::string(payload->ns()), std::string(payload->attr("sid"))});
    if (claim != claims_.end() && claim->second->on_request(iq)) return;
  }
  bool known = from && may_offer(*from);
  if (!known) return send(error_of(iq, {"service-unavailable", "cancel", {}, {}}));
  // DSC-04, IBB-06: never saying whether the sid exists.
  bool opens = payload->is("open", ns::kIbb) || payload->ns() == ns::kBytestreams;
  send(error_of(iq, {opens ? "not-acceptable" : "item-not-found", "cancel", {}, {}}));
}

bool Agent::may_offer(const Jid& peer) const {
  bool own_mode = state_.contacts.choice(peer.to_bare()).mode.has_value();
  return identity_ && !closing_ && mode_of(peer) != Mode::kOff && !roster_.is_blocked(peer) &&
         !peer.same_bare(local_) && (own_mode || roster_.may_see_us(peer));
}

void Agent::on_jingle(const Element& iq) {
  auto from = Jid::parse(iq.attr("from"));
  bool has_link = from && std::any_of(links_.begin(), links_.end(),
                                      [&](const auto& link) { return link->peer() == *from; });
  if (!has_link && (!from || !may_offer(*from)))
    return send(error_of(iq, {"service-unavailable", "cancel", {}, {}}));
  Router::Route route = router_.route(iq);
  if (auto* answer = std::get_if<Router::Answer>(&route)) {
    send(answer->iq);
  } else if (auto* deliver = std::get_if<Router::Deliver>(&route)) {
    if (Link* link = link_of(deliver->session)) link->on_jingle(iq, deliver->request);
  } else {
    on_offer(iq, std::move(std::get<Router::NewOffer>(route)));
  }
}

void Agent::on_offer(const Element& iq, Router::NewOffer offer) {
  Jid peer = *Jid::parse(iq.attr("from"));
  if (!may_offer(peer)) return send(error_of(iq, {"service-unavailable", "cancel", {}, {}}));
  links_.push_back(Link::respond(*this, {local_, peer}, offer.request.sid, !parser_is_sound_));
  links_.back()->on_jingle(iq, offer.request);
}

void Agent::on_presence(const Element& presence) {
  auto from = Jid::parse(presence.attr("from"));
  std::string_view type = presence.attr("type");
  if (!from || from->same_bare(local_) || (!type.empty() && type != "unavailable")) return;
  if (type == "unavailable") {
    peers_.on_presence(presence);
    for (auto& link : links_)
      if (link->peer() == *from || from->is_bare()) {
        if (link->peer().same_bare(*from)) link->on_peer_unavailable();
      }
    return;
  }
  if (!roster_known_) {
    if (early_presence_.size() < kMaxEarlyPresence) early_presence_.push_back(presence);
    return;
  }
  bool known = roster_.is_contact(*from) || state_.contacts.choice(from->to_bare()).mode;
  if (from->is_bare() || !known) return;
  if (auto ask = peers_.on_presence(presence)) ask_features(std::move(*ask));
  tell_peer(*from);
}

void Agent::tell_peer(const Jid& full) {
  auto supports = peers_.supports(full);
  tell(TellPeer{full.full(), supports ? static_cast<int>(*supports) : -1});
  Jid contact = full.to_bare();
  if (supports == true && waiting_.contains(contact) && !is_quiet(contact))
    call({contact, {}, false});
}

void Agent::ask_features(PeerFeatures::Query ask) {
  bool waits =
      std::any_of(to_ask_.begin(), to_ask_.end(), [&](const auto& q) { return q.to == ask.to; });
  if (!waits && to_ask_.size() < kMaxToAsk) to_ask_.push_back(std::move(ask));
  ask_next_features();
}

void Agent::ask_next_features() {
  while (is_online_ && asking_ < kAskAtOnce && !to_ask_.empty()) {
    PeerFeatures::Query ask = std::move(to_ask_.front());
    to_ask_.pop_front();
    if (peers_.supports(ask.to)) {  // an answer to another client's hash said it meanwhile
      tell_peer(ask.to);
      continue;
    }
    Element info = query("query", ns::kDiscoInfo);
    if (!ask.node.empty()) info.set_attr("node", ask.node);
    ++asking_;
    send(tracker_.request("get", ask.to.full(), std::move(info),
                          [this, to = ask.to](Result<Element> reply, const Element&) {
                            --asking_;
                            const Element* answer =
                                reply ? reply->child("query", ns::kDiscoInfo) : nullptr;
                            peers_.on_features(to, answer);
                            tell_peer(to);
                            auto wanted = calls_.find(to.to_bare());
                            if (wanted != calls_.end()) {
                              Call again = wanted->second;
                              calls_.erase(wanted);
                              call(std::move(again));
                            }
                            ask_next_features();
                          }));
  }
}

void Agent::fetch_roster() {
  send(tracker_.request(
      "get", {}, query("query", ns::kRoster), [this](Result<Element> reply, const Element&) {
        if (!is_online_) return;
        const Element* items = reply ? reply->child("query", ns::kRoster) : nullptr;
        if (items) roster_.on_roster(*items);
        roster_known_ = true;
        auto early = std::exchange(early_presence_, {});
        for (const Element& presence : early) on_presence(presence);
      }));
}

void Agent::fetch_blocklist() {
  send(tracker_.request(
      "get", {}, query("blocklist", ns::kBlocking), [this](Result<Element> reply, const Element&) {
        const Element* items = reply ? reply->child("blocklist", ns::kBlocking) : nullptr;
        if (!items) return;
        roster_.on_blocklist(*items);
        for (auto& link : links_)  // STZ-19
          if (roster_.is_blocked(link->peer())) link->close("decline");
      }));
}

// A push only says that something changed; asking finds out what. A flood of them costs one request
// a second.
void Agent::on_push(std::string_view payload_ns) {
  pushed_.emplace(payload_ns);
  if (refetch_.is_set()) return;
  refetch_.set(std::max(env_.now(), refetched_ + kRefetchGap), [this] {
    refetched_ = env_.now();
    for (const std::string& pushed : std::exchange(pushed_, {})) {
      if (pushed == ns::kRoster) fetch_roster();
      if (pushed == ns::kBlocking) fetch_blocklist();
    }
    arm_timer();
  });
}

}  // namespace balcony
