// SPDX-License-Identifier: MIT
// One peer with all its wiring: the Jingle session, the ladder of transports, the channel with TLS
// and the XML stream, and what must outlive a path: counters, and the stanzas that may not have
// arrived. From offer to burial; the agent owns it. Facts to the agent go by LinkOwner.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "jingle/session/session.h"
#include "jingle/transport.h"
#include "plugin/channel.h"
#include "plugin/host_events.h"
#include "plugin/link_owner.h"
#include "plugin/reason_text.h"
#include "plugin/server_port.h"
#include "plugin/unconfirmed.h"

namespace balcony {

class Link final : public Transport::Listener, public Channel::Facts {
 public:
  enum class Phase {
    kSignalling,  // I: offered, no accept yet. R: the offer is being proven and decided
    kConnecting,  // accepted: the ladder of transports
    kSecuring,    // a byte stream is there: headers, TLS, the key's trial, SASL
    kOpen,        // stanzas go both ways
    kLeaving,     // over and told; the rest of the goodbye goes on
    kDead,        // nothing is left
  };
  enum class Question { kNone, kOffer, kKey };

  // As initiator, `methods` are the names of the transports to try, in order, at least one.
  static std::unique_ptr<Link> initiate(LinkOwner& owner, const Peers& peers,
                                        std::vector<std::string> methods);
  // `must_prove`: the host's word on who offers can be forged (JGL-40). Hand the offer to
  // on_jingle().
  static std::unique_ptr<Link> respond(LinkOwner& owner, const Peers& peers, const std::string& sid,
                                       bool must_prove);
  ~Link();

  // ---- what comes from the server ----
  void on_jingle(const Element& iq, const JingleRequest& request);
  void on_peer_unavailable();  // JGL-36
  void on_offline();           // our session with the server dropped
  void on_online(bool kept);   // it is back: the same login, or a new one

  // ---- what the user or a policy decides ----
  void decide_offer(bool accept);  // R, after LinkOwner::on_offer_ready
  void ask_about_offer();          // the user decides: tells `ask`
  Result<void> trust_key();        // the user's word on a key that was asked about; fails if it
  void refuse_key();               // can't be kept
  // In order if the stream is open, else at once. The reason is for an attempt's end.
  void close(const std::string& reason, const std::string& text);
  void end(const Reason& reason);         // at once
  void revoke(const std::string& text);   // its peer is trusted no more: at once (TLS-21)
  void abandon(const std::string& text);  // at once, and without waiting for the goodbye's rest
  void expect() { expected_ = true; }     // R: we wanted a stream too (JGL-16): nobody is asked
  void take_place_of(Link& other);        // as far as the host knows, it was this one all along
  void check_alive();                     // whether the peer still answers (JGL-18): on_alive
  void doubt_offer();  // I: the peer's client calls; has it our offer, which it did not answer?
  void doubt_no_more() { doubt_ = Doubt::kOver; }          // I: it is the answer to such a doubt
  void refuse_redirects() { follows_redirects_ = false; }  // I: it is the answer to one
  void enroll() { owner_.router().add(session_.get()); }   // with a new router

  // ---- stanzas ----
  void send(Element stanza);  // what can't be sent is reported
  void on_host_drained();

  Phase phase() const { return phase_; }
  Question question() const { return question_; }
  bool is_open() const { return phase_ == Phase::kOpen && !ending_ && channel_->is_open(); }
  bool is_over() const { return phase_ >= Phase::kLeaving; }
  bool is_writable() const { return is_open() && channel_->is_writable(); }
  bool is_acknowledged() const { return acknowledged_; }
  bool is_expected() const { return expected_; }
  bool is_shown() const { return told_ && !is_over(); }  // the host knows of it
  // A stream may come of it, or is there. Not so an offer of which nobody knows whose it is: a
  // forged one keeps us from nothing.
  bool is_going() const {
    return !is_over() && (role_ == Role::kInitiator || offer_ready_ || expected_);
  }
  bool is_undecided() const {  // R: decide_offer() is awaited, and nobody was asked
    return phase_ == Phase::kSignalling && offer_ready_ && question_ == Question::kNone;
  }
  bool was_open() const { return was_open_; }
  const std::vector<std::string>& methods() const { return methods_; }  // I: in order to try
  bool follows_redirects() const { return follows_redirects_; }
  // I: the client of the same account that the offer was redirected to (JGL-12).
  const std::optional<Jid>& redirect() const { return redirect_; }
  // I: a new one is due: it ended by `reset` (STE-16), or its offer never reached the peer.
  bool is_to_be_renewed() const { return renews_; }
  Role role() const { return role_; }
  const Jid& peer() const { return peers_.remote; }
  bool is_own_offer() const { return role_ == Role::kInitiator && phase_ == Phase::kSignalling; }
  const Jid& local() const { return peers_.local; }
  const std::string& sid() const { return session_->config().sid; }
  const Session& session() const { return *session_; }
  const StreamInfo& facts() const { return facts_; }
  StreamInfo status() const;  // with counters

 private:
  // What the transport's description, once it is ready, is for.
  enum class Step { kOffer, kAccept, kReplace, kAnswerReplace };
  // I: whether the peer's client has our offer; once for each attempt of the user.
  enum class Doubt { kNone, kAsked, kOver };
  class Contender;

  Link(LinkOwner& owner, Role role, const Peers& peers, const std::string& sid);

  // link.cc: the session
  void make_session(const std::string& sid);
  void drive();  // drains the session; ends every entry point
  void act(Session::Output& output);
  void request(Session::SendRequest order);
  std::optional<Error> objection_to(const JingleRequest& request);
  void keep_early(Element info);
  void on_offer_proven(bool genuine);
  void on_accept_proven();
  void on_lost_tie();
  void on_pong(const Session::Pong& pong);
  bool is_unanswered_offer() const { return is_own_offer() && !acknowledged_; }
  void watch_liveness();
  void answer_alive(bool alive);
  void show();  // to the host, as negotiating
  void tell(const std::string& state);

  // link_end.cc: how it ends
  void on_session_ended(const Session::Ended& ended);
  EndReason reason_of(const Session::Ended& ended) const;
  bool retry_later(const Session::Ended& ended);
  void offer_again();
  void over(const std::string& reason, const std::string& text);  // the one way to kLeaving
  void await_reason();
  std::optional<Jid> address_of(std::string_view uri) const;
  void terminate(const Reason& reason);
  void finish_goodbye();
  void bury();
  void report_lost(const std::string& reason);

  // link_transport.cc: the ladder
  bool try_transport(std::string_view name_or_ns, Role offerer, Step step);
  void next_method();
  void give_up(const std::string& reason, const std::string& text);
  void set_ladder_limit();
  void on_accepted(const Content& content);
  void on_replace_offered(const Element& transport);
  void on_replace_accepted(const Element& transport);
  void on_description_ready(Element transport) override;
  void on_transport_info(Element transport) override;
  void on_connected(std::unique_ptr<ByteStream> stream, PathFacts facts) override;
  void on_rival(std::unique_ptr<ByteStream> stream) override;
  void on_failed(Error error) override;
  XmlStream::Config stream_config(bool in_band) const;

  // link_contest.cc: which of several connections is the peer's
  void open_channels(std::unique_ptr<ByteStream> first, const PathFacts& facts);
  bool is_peers(const TlsEngine::HandshakeDone& done) const;
  void choose(Contender& winner);
  void on_contender_lost();
  void lose_contest();
  void prove_contenders();

  // link_key.cc: the trial of the peer's key
  void on_key(const TlsEngine::HandshakeDone& done) override;
  void judge_key(const TlsEngine::HandshakeDone& done);
  Result<void> accept_key(const std::string& trust, bool pin, const std::string& how);
  void reject_key(const TrustReject& verdict, const std::vector<Pin>& pins);
  void ask_about_key();
  void watch_key();
  void answered(Question question);

  // link_stream.cc: stanzas
  void on_established() override;
  void on_received(Element stanza) override;
  void on_dropped(const std::string& why) override;
  void on_written() override;
  void on_peer_closing() override;
  void on_ended(const XmlStream::Ended& ended) override;
  void on_path_closed(bool in_order) override;
  EndReason reason_of(const XmlStream::Ended& ended) const;
  bool is_answer_to_us(const Element& reply);
  void wait_for_host();

  LinkOwner& owner_;
  const Role role_;
  const Peers peers_;
  const TimePoint started_;
  Phase phase_ = Phase::kSignalling;
  Question question_ = Question::kNone;
  Step step_ = Step::kOffer;
  ServerPort port_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<Transport> failed_;                   // not destroyed inside its own call
  std::vector<std::unique_ptr<ByteStream>> rivals_;     // of the path that is coming
  std::vector<std::unique_ptr<Contender>> contenders_;  // then one: what channel_ tells goes by it
  std::unique_ptr<Channel> channel_;

  std::vector<std::string> methods_;  // I: in order to try
  std::size_t next_method_ = 0;
  std::string method_;                // the one being tried
  Element offered_transport_;         // R: of the offer
  std::vector<Element> early_infos_;  // R: transport-infos before our user has accepted
  TimePoint ladder_end_;              // C-03, once both sides agreed
  bool must_prove_ = false;
  bool offer_ready_ = false;   // R: usable, and proven where needed
  bool expected_ = false;      // R: we wanted a stream too
  bool acknowledged_ = false;  // I: our session-initiate was
  bool proven_ = false;        // STM-08
  bool told_ = false;          // the host knows of us
  bool was_open_ = false;
  bool clean_ = false;         // both closing tags were exchanged
  bool closed_first_ = false;  // JGL-33: we said goodbye first
  bool session_over_ = false, path_gone_ = true;
  std::optional<EndReason> ending_;  // over once what has come is told
  bool awaits_reason_ = false;       // the session may say why the path is gone
  std::optional<Reason> farewell_;   // terminate with it once the path is closed
  int retries_ = 0;                  // JGL-38
  bool follows_redirects_ = true;
  std::optional<Jid> redirect_;
  bool renews_ = false;
  Doubt doubt_ = Doubt::kNone;
  std::string peer_digest_;                           // signalled, 0.1a
  std::optional<TlsEngine::HandshakeDone> unjudged_;  // until the signalling is proven
  TellAsk changed_key_;  // to be asked once the refused stream is told closed
  StreamInfo facts_;
  TimePoint opened_;
  Unconfirmed unconfirmed_;
  std::deque<std::string> requests_;  // ids of iq requests that we put on the stream
  bool was_writable_ = false;
  TimePoint liveness_asked_;
  std::int64_t key_until_ = 0;  // the peer's certificate is valid; unix time

  Timer limit_;  // of the phase: ladder, question, goodbye
  Timer session_timer_, absence_, liveness_timer_, expiry_, contest_, doubt_timer_;
};

}  // namespace balcony
