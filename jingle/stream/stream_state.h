// SPDX-License-Identifier: MIT
// The inside of XmlStream. A stream climbs three layers (in the clear, in TLS, authenticated), each
// with its own header, parser and features; within a layer it is in one Phase at a time. Which
// element may come in which phase is the table in negotiation.cc, consulted at one gate.
//
//   octets, outputs, deadlines: xml_stream.cc    up to Established: negotiation.cc
//   stanzas and keepalive: exchange.cc           closing tags, errors, loss: ending.cc
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "jingle/stream/stream_clocks.h"
#include "jingle/stream/xml_stream.h"

namespace balcony {

class XmlStream::State {
 public:
  State(Config config, Env& env);

  // xml_stream.cc
  void start();
  void on_bytes(ByteView octets);
  std::optional<Output> poll();
  Deadline next_deadline() const;
  void on_deadline();

  // negotiation.cc
  void on_tls_established();
  void accept_key(bool offer_external);
  void on_proven();

  // exchange.cc
  bool send(Element stanza);
  void ping();
  void space();
  void on_backlog(std::size_t octets) { backlog_ = octets; }
  std::size_t queued() const { return backlog_ + unsent_.size(); }
  bool is_writable() const { return is_open() && queued() < config_.max_queue; }

  // ending.cc
  void close();
  void hold_answer(bool held) { is_answer_held_ = held; }
  void excuse_silence();
  void fail(StreamError error, std::string_view reason = {});  // no reason: that of the condition
  void refuse_key(std::string text);
  void on_eof(const std::optional<Error>& error);
  void on_tls_failed(const Error& error);

  bool is_open() const { return phase_ == Phase::kOpen; }
  bool is_closing() const { return end_sent_ || end_received_; }
  TimePoint last_received() const { return last_received_; }

 private:
  enum class Layer { kClear, kSecured, kAuthenticated };
  enum class Phase {
    kIdle,      // the byte stream is not ready
    kHeader,    // the peer's header is awaited
    kFeatures,  // client: features are
    kProceed,   // client: <proceed/> is
    kStarttls,  // server: <starttls/> is
    kTls,       // the owner's TLS shakes hands: there is no XML
    kJudging,   // the owner judges the peer's key: octets are kept, none is parsed or sent
    kAuth,      // server: <auth/> is awaited
    kSasl,      // client: <success/> is
    kProof,     // all is negotiated; the signalling is not proven yet (STM-08)
    kOpen,      // stanzas go both ways, until both closing tags were exchanged
    kEnded,
  };
  enum class Kind {
    kStanza,
    kFeatures,
    kError,
    kStarttls,
    kProceed,
    kTlsFailure,
    kAuth,
    kResponse,
    kAbort,
    kSuccess,
    kSaslFailure,
    kOther,
  };
  struct Rule {
    Phase phase;
    Kind kind;
    void (State::*act)(Element);
  };
  static Kind kind_of(const Element& element);
  static const Rule* find_rule(Phase phase, Kind kind);

  // xml_stream.cc
  void begin_layer(Layer layer);
  void enter(Phase phase);
  void take(ByteView octets);
  void take_kept();
  void drain_parser();
  bool is_holding() const { return phase_ == Phase::kJudging || early_; }
  bool is_parsing() const;
  std::size_t allowance() const;
  void write(std::string_view octets) { unsent_ += octets; }
  template <class Fact>
  void tell(Fact fact) {
    outputs_.emplace_back(std::move(fact));
  }
  template <class Order>
  void order(Order wanted) {  // behind all octets written so far
    if (!unsent_.empty()) tell(SendBytes{std::exchange(unsent_, {})});
    tell(std::move(wanted));
  }

  // negotiation.cc
  void send_header();
  void on_header(const RootOpened& root);
  void answer_header();
  void on_element(ElementRead read);
  void refuse(const Element& element, Kind kind);
  void on_features(Element element);
  void on_starttls(Element element);
  void on_proceed(Element element);
  void hand_over_to_tls();
  void on_tls_refused(Element element);
  void on_auth(Element element);
  void on_response(Element element);
  void on_abort(Element element);
  void authorize(const std::string& response);
  void fail_sasl(std::string_view condition);
  void on_success(Element element);
  void on_sasl_failure(Element element);
  void on_early_stanza(Element element);
  bool is_last_octet();
  void settle();
  void establish();

  // exchange.cc
  void on_stanza(Element element);
  void on_misaddressed();
  void answer_on_stream(const Element& iq);
  bool is_answer_to_ping(const Element& stanza);
  void check_peer();

  // ending.cc
  void on_fault(const XmlFault& fault);
  void on_stream_error(const Element& element);
  void on_end_tag();
  void finish(std::string_view reason, std::string text, std::string condition = {});
  void abort(std::string_view reason, std::string text, std::string condition = {});
  void end(std::string_view reason, std::string text, std::string condition = {});
  void on_negotiation_timeout();

  bool is_client() const { return config_.role == Role::kInitiator; }

  Config config_;
  Env& env_;
  StreamEnds ends_;

  Layer layer_ = Layer::kClear;
  Phase phase_ = Phase::kIdle;
  std::optional<XmlParser> parser_;
  ByteView rest_;                    // what follows in the chunk that is being taken
  ByteQueue kept_;                   // octets that came while the stream was held
  std::size_t unproven_octets_ = 0;  // parsed before the stream was open
  bool header_sent_ = false;         // of this layer
  bool header_seen_ = false;
  bool end_sent_ = false;
  bool end_received_ = false;
  bool is_answer_held_ = false;
  bool offer_external_ = false;
  bool challenged_ = false;
  bool proven_ = false;
  int sasl_failures_ = 0;
  std::optional<Element> early_;  // a stanza instead of <auth/>, until the signalling is proven

  Bytes unsent_;
  std::deque<Output> outputs_;
  std::size_t backlog_ = 0;
  bool peer_takes_large_;
  std::deque<std::string> pings_;       // ids of ours that may still be answered
  std::deque<TimePoint> misaddressed_;  // the last ones (STZ-07)
  NegotiationClock clock_;
  Keepalive keepalive_;
  Deadline close_deadline_;
  TimePoint last_received_;
};

}  // namespace balcony
