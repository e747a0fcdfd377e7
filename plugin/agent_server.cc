// SPDX-License-Identifier: MIT
// Agent, part 2: what comes from the server, and what we ask it.
#include <algorithm>
#include <utility>

#include "jingle/base/ns.h"
#include "plugin/agent.h"

namespace balcony {
namespace {

constexpr std::size_t kMaxEarlyPresence = 1000;  // a large roster online at once
constexpr std::size_t kMaxEarlyOffers = 16;      // C-17: pending in all
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

// Asked before this login began; nobody will answer.
bool is_of_another_login(const Result<Element>& reply) {
  return !reply && reply.error().condition == "connectivity-error";
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

void Agent::on(DirectedPresence& event) {
  roster_.on_directed_presence(event.to, event.available);
  mailbox_.with_snapshot([&](Snapshot& snapshot) {
    if (snapshot.roster) snapshot.roster->on_directed_presence(event.to, event.available);
  });
}

void Agent::on_iq_request(const Element& iq) {
  const Element* payload = iq.first_child();
  if (!payload || !is_online_) return;
  if (payload->ns() == ns::kRoster || payload->ns() == ns::kBlocking) {
    if (is_own(iq.attr("from"), local_)) on_push(payload->ns());
    return;
  }
  if (payload->is("jingle", ns::kJingle)) {
    bool is_offer = payload->attr("action") == "session-initiate";
    if (is_offer && !roster_known_) return keep_early(iq, early_offers_, kMaxEarlyOffers);
    return on_jingle(iq);
  }
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
  return identity_ && !closing_ && !peer.is_bare() && mode_of(peer) != Mode::kOff &&
         !peer.same_bare(local_) && roster_.admits(peer, own_mode);
}

void Agent::on_presence(const Element& presence) {
  auto from = Jid::parse(presence.attr("from"));
  std::string_view type = presence.attr("type");
  if (!from || from->same_bare(local_) || (!type.empty() && type != "unavailable")) return;
  if (type == "unavailable") {
    peers_.on_presence(presence);
    for (auto& link : links_) {
      if (from->covers(link->peer())) link->on_peer_unavailable();
    }
    return;
  }
  if (!roster_known_) return keep_early(presence, early_presence_, kMaxEarlyPresence);
  bool known = roster_.is_contact(*from) || state_.contacts.choice(from->to_bare()).mode;
  if (from->is_bare() || !known) return;
  if (!peers_.is_online(*from)) quiet_until_.erase(from->to_bare());  // it has just come
  if (auto ask = peers_.on_presence(presence)) ask_features(std::move(*ask));
  tell_peer(*from);
}

void Agent::tell_peer(const Jid& full) {
  auto supports = peers_.supports(full);
  tell(TellPeer{full.full(), supports ? static_cast<int>(*supports) : -1});
  if (supports == true) call_for_waiting(full);
}

// ---- what the contacts' clients can ----

void Agent::ask_features(PeerFeatures::Query ask) {
  bool waits = std::any_of(to_ask_.begin(), to_ask_.end(),
                           [&](const auto& query) { return query.to == ask.to; });
  if (!waits && !asked_.contains(ask.to) && to_ask_.size() < kMaxToAsk)
    to_ask_.push_back(std::move(ask));
  ask_next_features();
}

void Agent::ask_next_features() {
  while (is_online_ && asked_.size() < kAskAtOnce && !to_ask_.empty()) {
    PeerFeatures::Query ask = std::move(to_ask_.front());
    to_ask_.pop_front();
    if (peers_.supports(ask.to)) {  // an answer to another client's hash said it meanwhile
      tell_peer(ask.to);
      continue;
    }
    if (!asked_.insert(ask.to).second) continue;
    Element info = query("query", ns::kDiscoInfo);
    if (!ask.node.empty()) info.set_attr("node", ask.node);
    auto on_reply = [this, to = ask.to](const Result<Element>& reply, const Element&) {
      on_features(to, reply);
    };
    send(tracker_.request("get", ask.to.full(), std::move(info), std::move(on_reply)));
  }
}

void Agent::on_features(const Jid& full, const Result<Element>& reply) {
  asked_.erase(full);
  // After a new login nobody is known yet: no answer says nothing then.
  if (is_of_another_login(reply)) return;
  peers_.on_features(full, reply ? reply->child("query", ns::kDiscoInfo) : nullptr);
  tell_peer(full);
  call_again([&](const Jid& target) { return target.same_bare(full); });
  ask_next_features();
}

// ---- our roster and blocklist ----

void Agent::keep_early(const Element& stanza, std::size_t& count, std::size_t most) {
  if (count == most) return;
  ++count;
  early_.push_back(stanza);
}

void Agent::on_roster_known() {
  roster_known_ = true;
  publish_roster();
  early_presence_ = early_offers_ = 0;
  for (const Element& stanza : std::exchange(early_, {}))
    stanza.is("presence", ns::kClient) ? on_presence(stanza) : on_jingle(stanza);
  call_again([](const Jid&) { return true; });
}

void Agent::fetch_roster() {
  send(tracker_.request(
      "get", {}, query("query", ns::kRoster), [this](const Result<Element>& reply, const Element&) {
        if (!is_online_ || is_of_another_login(reply)) return;
        const Element* items = reply ? reply->child("query", ns::kRoster) : nullptr;
        if (items) roster_.on_roster(*items);
        on_roster_known();
      }));
}

void Agent::fetch_blocklist() {
  send(tracker_.request("get", {}, query("blocklist", ns::kBlocking),
                        [this](const Result<Element>& reply, const Element&) {
                          const Element* items =
                              reply ? reply->child("blocklist", ns::kBlocking) : nullptr;
                          if (!items) return;
                          roster_.on_blocklist(*items);
                          publish_roster();
                          end_blocked();
                        }));
}

// It may be large: it is copied, and the old one freed, while nobody waits for the snapshot.
void Agent::publish_roster() {
  std::optional<Roster> roster;
  if (roster_known_) roster = roster_;
  mailbox_.with_snapshot([&](Snapshot& snapshot) {
    snapshot.local = local_;
    snapshot.roster.swap(roster);
  });
}

// STZ-19, TLS-21.
void Agent::end_blocked() {
  for (auto& link : links_) {
    if (roster_.is_blocked(link->peer()))
      link->revoke("you have blocked " + std::string(link->peer().bare()));
  }
  std::set<Jid> contacts;
  for (const auto& [to, waiting] : waiting_)
    if (roster_.is_blocked(to)) contacts.insert(to.to_bare());
  for (const Jid& contact : contacts)
    give_up_waiting(contact, "you have blocked " + contact.full());
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
  });
}

}  // namespace balcony
