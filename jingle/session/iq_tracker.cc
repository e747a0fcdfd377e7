// SPDX-License-Identifier: MIT
#include "jingle/session/iq_tracker.h"

#include <utility>

namespace balcony {
namespace {

constexpr std::size_t kIdOctets = 16;  // SECURITY.md: at least 128 random bits

std::string prepared(std::string_view address) {
  Result<Jid> jid = Jid::parse(address);
  return jid ? jid->full() : std::string(address);
}

// RFC 6120 sections 8.1.2.1 and 10.3.3: an account's own server answers for it with no address, the
// account's, or its own; every other reply comes from whom the request went to.
bool may_answer(std::string_view to, std::string_view from, const Jid& local) {
  bool is_bare = from == local.bare(), is_server = from == local.domain();
  if (to.empty()) return from.empty() || is_bare || is_server || from == local.full();
  if (from.empty()) return to == local.bare() || to == local.domain();
  return from == to;
}

}  // namespace

IqTracker::IqTracker(Env& env, std::string id_prefix)
    : env_(env), id_prefix_(std::move(id_prefix)) {}

Element IqTracker::request(std::string_view type, std::string_view to, Element payload,
                           Handler handler, Duration timeout) {
  std::string id;
  return request(type, to, std::move(payload), std::move(handler), id, timeout);
}

Element IqTracker::request(std::string_view type, std::string_view to, Element payload,
                           Handler handler, std::string& id, Duration timeout) {
  if (pending_.size() >= kMaxPending) make_room();
  id = id_prefix_ + hex(env_.random(kIdOctets));
  pending_.emplace(id, Pending{to.empty() ? std::string() : prepared(to), env_.now() + timeout,
                               std::move(handler)});
  return make_iq(type, to, id, std::move(payload));
}

void IqTracker::forget(const std::string& id) { pending_.erase(id); }

bool IqTracker::is_ours(std::string_view id) const { return id.starts_with(id_prefix_); }

bool IqTracker::on_reply(const Element& iq, const Jid& local) {
  if (!is_iq_reply(iq)) return false;
  auto found = pending_.find(iq.attr("id"));
  if (found == pending_.end()) return false;
  std::string from = iq.has_attr("from") ? prepared(iq.attr("from")) : std::string();
  if (!may_answer(found->second.to, from, local)) {
    ++foreign_;
    return false;
  }
  Handler handler = std::move(pending_.extract(found).mapped().handler);
  if (iq.attr("type") == "result") {
    handler(iq, Element());
  } else {
    StanzaError error = stanza_error(iq);
    handler(fail(Blame::kPeer, error.condition, error.text), error.application);
  }
  return true;
}

Deadline IqTracker::next_deadline() const {
  Deadline next;
  for (const auto& [id, pending] : pending_) next = earliest(next, pending.deadline);
  return next;
}

void IqTracker::on_deadline() {
  std::vector<std::string> overdue;
  for (const auto& [id, pending] : pending_)
    if (is_due(pending.deadline, env_.now())) overdue.push_back(id);
  answer(overdue, {Blame::kEnvironment, "timeout", "no reply came in time"});
}

void IqTracker::fail_all(const Error& error) {
  std::vector<std::string> ids;
  for (const auto& [id, pending] : pending_) ids.push_back(id);
  answer(ids, error);
}

// A handler may forget what stands further down the list, and ask anew.
void IqTracker::answer(const std::vector<std::string>& ids, const Error& error) {
  for (const std::string& id : ids) {
    auto node = pending_.extract(id);
    if (node) node.mapped().handler(tl::make_unexpected(error), Element());
  }
}

// Its handler is called by the next on_deadline(), not from inside somebody's request().
void IqTracker::make_room() {
  Pending* next = nullptr;
  for (auto& [id, pending] : pending_)
    if (pending.deadline > env_.now() && (!next || pending.deadline < next->deadline))
      next = &pending;
  if (next) next->deadline = env_.now();
}

}  // namespace balcony
