// SPDX-License-Identifier: MIT
// One peer with all its wiring: the Jingle session, the ladder of transports, the channel with TLS
// and the XML stream, and what must outlive a path: counters, and the stanzas that may not have
// arrived. From offer to burial; the agent owns it. Facts to the agent go by LinkOwner.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "jingle/session/session.h"
#include "jingle/transport.h"
#include "plugin/channel.h"
#include "plugin/host_events.h"
#include "plugin/link_owner.h"
#include "plugin/server_port.h"
#include "plugin/unconfirmed.h"

namespace balcony {

class Link : public Transport::Listener, public Channel::Facts {
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
  void answer_key(bool trusted);   // the user's word on a key that was asked about
  void close(const std::string& reason = "cancel");  // in order; the reason is for an attempt's end
  void end(const Reason& reason);                    // at once
  void hush() { told_ = false; }  // another link goes on in its place: tell the host nothing
  void revoke();                  // its key is trusted no more (TLS-21)
  // Whether the peer still answers: true if it spoke in the last 5 s, else a ping decides within 5
  // s (JGL-18).
  void check_alive(std::function<void(bool)> answer);

  // ---- stanzas ----
  void send(Element stanza);  // open links only; what can't be sent is reported
  void on_host_drained();

  Phase phase() const { return phase_; }
  Question question() const { return question_; }
  bool is_open() const { return phase_ == Phase::kOpen && !channel_->is_closing(); }
  bool is_over() const { return phase_ >= Phase::kLeaving; }
  bool is_writable() const { return is_open() && channel_->is_writable(); }
  bool is_acknowledged() const { return acknowledged_; }
  bool is_offer_ready() const { return offer_ready_; }  // R: proven where needed
  bool was_open() const { return was_open_; }
  Role role() const { return role_; }
  const Jid& peer() const { return peers_.remote; }
  const Jid& local() const { return peers_.local; }
  const std::string& sid() const { return session_->config().sid; }
  const Session& session() const { return *session_; }
  const StreamInfo& facts() const { return facts_; }
  StreamInfo status() const;  // with counters

 private:
  // What the transport's description, once it is ready, is for.
  enum class Step { kOffer, kAccept, kReplace, kAnswerReplace };

  Link(LinkOwner& owner, Role role, const Peers& peers, const std::string& sid);

  // link.cc: the session, and the life of the link
  void make_session(const std::string& sid);
  void drive();  // drains the session; ends every entry point
  void act(Session::Output& output);
  void request(Session::SendRequest order);
  void on_offer_proven(bool genuine);
  void on_session_ended(const Session::Ended& ended);
  bool retry_later(const Session::Ended& ended);
  void tell(const std::string& state);
  void over(const std::string& reason, const std::string& text);  // the one way to kLeaving
  void terminate(const Reason& reason);
  void finish_goodbye();
  void bury();

  // link_transport.cc: the ladder
  bool try_transport(std::string_view name_or_ns, Role offerer, Step step);
  void next_method();
  void give_up(const std::string& reason, const std::string& text);
  void on_accepted(const Content& content);
  void on_replace_offered(const Element& transport);
  void on_replace_accepted(const Element& transport);
  void on_description_ready(Element transport) override;
  void on_transport_info(Element transport) override;
  void on_connected(std::unique_ptr<ByteStream> stream, PathFacts facts) override;
  void on_failed(Error error) override;
  XmlStream::Config stream_config(bool in_band) const;

  // link_stream.cc: the peer's key, and stanzas
  void on_key(const TlsEngine::HandshakeDone& done) override;
  void accept_key(const std::string& trust, bool pin, const std::string& how);
  void reject_key(const TrustReject& verdict, const std::vector<Pin>& pins);
  void on_established() override;
  void on_received(Element stanza) override;
  void on_dropped(const std::string& why) override;
  void on_written() override;
  void on_peer_closing() override;
  void on_ended(const XmlStream::Ended& ended) override;
  void on_path_closed() override;
  void report_lost(const std::string& reason);
  void watch_liveness();

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
  std::vector<std::unique_ptr<Transport>> retired_;  // not destroyed inside their own calls
  std::unique_ptr<Channel> channel_;

  std::vector<std::string> methods_;  // I: in order to try
  std::size_t next_method_ = 0;
  std::string method_;         // the one being tried
  Element offered_transport_;  // R: of the offer
  bool must_prove_ = false;
  bool offer_ready_ = false;
  bool acknowledged_ = false;  // I: our session-initiate was
  bool proven_ = false;        // STM-08
  bool told_ = false;          // the host knows of us
  bool was_open_ = false;
  bool clean_ = false;         // both closing tags were exchanged
  bool closed_first_ = false;  // JGL-33: we said goodbye first
  bool session_over_ = false, path_gone_ = true;
  int retries_ = 0;            // JGL-38
  std::string peer_digest_;    // signalled, 0.1a
  std::string proved_digest_;  // of the certificate that the peer proved
  TellAsk changed_key_;        // to be asked once the refused stream is told closed
  StreamInfo facts_;
  TimePoint opened_;
  Unconfirmed unconfirmed_;
  std::deque<std::string> requests_;  // ids of iq requests that we put on the stream
  bool was_writable_ = false;
  std::function<void(bool)> liveness_;
  TimePoint liveness_asked_;

  Timer limit_;  // of the phase: ladder, question, goodbye
  Timer session_timer_, absence_, liveness_timer_;
};

}  // namespace balcony
