// SPDX-License-Identifier: MIT
// Requests through the server that wait for their reply: matched by id and sender (JGL-06), each
// answered exactly once, by a reply or by C-01. Passive.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "jingle/base/env.h"
#include "jingle/base/jid.h"
#include "jingle/base/stanza.h"

namespace balcony {

class IqTracker {
 public:
  // The result iq, or an Error (stanza condition with blame kPeer, or `timeout`); for an error also
  // the application condition, else a nameless element.
  using Handler = std::function<void(Result<Element>, const Element& application)>;

  // `id_prefix` marks our ids, so that a host can tell them apart at a glance.
  IqTracker(Env& env, std::string id_prefix);

  // Makes the id, remembers who must answer, and returns the iq to send. `to` empty: our own server
  // or account answers, without or with our own address.
  Element request(std::string_view type, std::string_view to, Element payload, Handler handler,
                  Duration timeout = 30s);
  // As request(), and tells the id, by which forget() drops the handler.
  Element request(std::string_view type, std::string_view to, Element payload, Handler handler,
                  std::string& id, Duration timeout = 30s);
  void forget(const std::string& id);  // no handler call any more; a late reply is still swallowed

  const std::string& id_prefix() const { return id_prefix_; }
  bool is_ours(std::string_view id) const;  // by the prefix
  // A result or error. Calls the handler and returns true, or returns false: not for us, from a
  // stranger, or late; such a reply is dropped.
  bool on_reply(const Element& iq, const Jid& local);

  Deadline next_deadline() const;
  void on_deadline();                 // calls the handlers of what is overdue with `timeout`
  void fail_all(const Error& error);  // the server session is gone

  std::size_t pending() const { return pending_.size(); }
  std::uint64_t foreign() const {
    return foreign_;
  }  // replies to our ids from somebody else (JGL-06)

  // The bound on what may wait. A link has at most a few requests out (C-13: data IQs in flight),
  // 64 links may live (C-17), and a login asks about one disco#info for each contact that is
  // online. When it is reached, the request nearest to its timeout is given up early.
  static constexpr std::size_t kMaxPending = 1024;

 private:
  struct Pending {
    std::string to;  // prepared; empty: our own account
    TimePoint deadline;
    Handler handler;
  };
  void make_room();
  void answer(const std::vector<std::string>& ids, const Error& error);

  Env& env_;
  std::string id_prefix_;
  std::uint64_t foreign_ = 0;
  std::map<std::string, Pending, std::less<>> pending_;
};

}  // namespace balcony
