// SPDX-License-Identifier: MIT
// One Jingle session of one xmlstream content, in either role (XEP-0166, XEP-0247; JGL rows).
// Passive: plugin/link puts requests, replies and decisions in, then polls outputs until there are
// none. It keeps no timers but the waits for session-accept (C-02) and for the answer to a
// transport-replace (JGL-27); reply timers are the caller's.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "jingle/base/env.h"
#include "jingle/base/jid.h"
#include "jingle/base/stanza.h"
#include "jingle/role.h"
#include "jingle/session/action.h"
#include "jingle/session/jingle_request.h"

namespace balcony {

class Session {
 public:
  struct Config {
    Role role = Role::kInitiator;
    Jid local, peer;  // full JIDs
    std::string sid;  // ours: at least 128 random bits; the peer's: as offered

    // R: whether we can use an offered <transport/> (JGL-10). Errors are bad-request (answered as
    // such), incompatible-parameters or unsupported-transports (acknowledged, then terminated with
    // that reason). Without it every transport is usable.
    std::function<Result<void>(const Element& transport)> check_transport = {};
  };

  // ---- outputs: orders to the owner ----
  // An iq of type set to the peer; hand its reply to on_reply with this tag.
  struct SendRequest {
    Element jingle;
    std::uint32_t tag;
  };
  // A result or error, complete.
  struct SendReply {
    Element iq;
  };
  // ---- outputs: facts ----
  // R: usable and acknowledged; decide by accept() or terminate().
  struct Offered {
    Content content;
  };
  // R: the answer to prove(); false: drop silently (JGL-40).
  struct OfferProven {
    bool genuine;
  };
  // I: our session-initiate was acknowledged.
  struct Acknowledged {};
  // I: the peer's session-accept; proves the signalling.
  struct Accepted {
    Content content;
  };
  // R: the result of our session-accept; proves the signalling.
  struct AcceptProven {};
  struct TransportInfo {
    Element transport;
  };
  // Answer by accept_transport() or reject_transport().
  struct ReplaceOffered {
    Element transport;
  };
  struct TransportAccepted {
    Element transport;
  };
  // Also on an error, a lost tie or silence.
  struct TransportRejected {};
  // The answer to ping().
  struct Pong {
    bool alive;
    bool unknown_session = false;  // the peer has no such session: drop() it (JGL-26)
  };
  // I: our offer met conflict (JGL-15); the session is over, no Ended follows.
  struct LostTie {};
  // The last fact: later requests of the peer get unknown-session (JGL-32).
  struct Ended {
    Reason reason;
    // A session-terminate, an error to our session-initiate, or unknown-session to our
    // session-accept.
    bool by_peer;
    // Of a stanza error to our session-initiate (JGL-38), or `timeout` if that or our
    // session-accept got no reply; else empty.
    std::string condition;
    // What that error calls the peer's new address, as it came (JGL-12); mostly empty.
    std::string moved_to;
  };
  using Output = std::variant<SendRequest, SendReply, Offered, OfferProven, Acknowledged, Accepted,
                              AcceptProven, TransportInfo, ReplaceOffered, TransportAccepted,
                              TransportRejected, Pong, LostTie, Ended>;

  Session(Config config, Env& env);

  // ---- what the owner decides. Each asserts that the state allows it. ----
  void initiate(Content offer);  // I, once
  void prove();                  // R, pending: empty session-info to the claimed sender
  void accept(Content answer);   // R, once
  void send_transport_info(Element transport);
  void replace_transport(Element transport);
  void accept_transport(Element transport);
  void reject_transport(Element transport);
  void ping();                    // empty session-info (JGL-26)
  void terminate(Reason reason);  // any state; ends with Ended{by_peer=false}
  void drop();                    // ends locally, tells the peer nothing (forged offer,
                                  // unknown-session); the owner gets Ended all the same

  // ---- what comes from the peer ----
  // A Jingle iq set whose from and sid are this session's. `request` is its parsed <jingle/>.
  void on_request(const Element& iq, const JingleRequest& request);
  // The reply to SendRequest `tag`: the iq, or an Error (stanza condition, or `timeout`), and for
  // an error the jingle condition in `application`.
  void on_reply(std::uint32_t tag, const Result<Element>& reply, const Element& application = {});

  Deadline next_deadline() const;
  void on_deadline();  // when next_deadline() is due
  std::optional<Output> poll();

  SessionState state() const { return state_; }
  const Config& config() const { return config_; }
  const std::string& content_name() const { return content_name_; }

 private:
  // Which of our requests still wait for a reply that matters; 0: none.
  struct Tags {
    std::uint32_t initiate = 0, prove = 0, accept = 0, ping = 0, replace = 0;
  };

  // session.cc: requests of ours and their replies
  JingleRequest make(Action action) const;
  JingleRequest make(Action action, Element transport) const;
  std::uint32_t send(const JingleRequest& request);
  void on_initiate_reply(const Result<Element>& reply, const Element& application);
  void on_accept_reply(const Result<Element>& reply);
  void on_ping_reply(const Result<Element>& reply, const Element& application);
  void give_up_replace();
  void finish(Reason reason, std::string condition = {});  // tells the peer, then ends
  void end(Reason reason, bool by_peer, std::string condition = {}, std::string moved_to = {});
  void bury();

  // session_requests.cc: what the peer asks
  void process(const Element& iq, const JingleRequest& request);
  void on_initiate(const Element& iq, const JingleRequest& request);
  void on_accept(const Element& iq, const JingleRequest& request);
  void on_session_info(const Element& iq, const JingleRequest& request);
  void on_transport_info(const Element& iq, const JingleRequest& request);
  void on_transport_replace(const Element& iq, const JingleRequest& request);
  void on_transport_accept(const Element& iq, const JingleRequest& request);
  void on_content_modify(const Element& iq, const JingleRequest& request);
  void reject_contents(const Element& iq, const JingleRequest& request);
  Result<Content> choose(const std::vector<Content>& contents) const;
  bool is_peer(const std::string& party) const;
  void acknowledge(const Element& iq);
  void refuse(const Element& iq, const StanzaError& error);

  Config config_;
  Env& env_;
  SessionState state_ = SessionState::kNone;
  bool over_ = false;  // kNone: ended, not new
  std::string content_name_;
  std::string transport_ns_;                 // of the transport that both sides know last
  std::optional<std::string> replacing_ns_;  // kReplacing: of the one that we offered instead
  std::optional<std::string>
      offered_ns_;     // of the peer's transport-replace that waits for our answer
  Deadline deadline_;  // kPending: for session-accept; kReplacing: for the answer
  std::uint32_t last_tag_ = 0;
  Tags tags_;
  std::deque<Output> outputs_;
};

}  // namespace balcony
