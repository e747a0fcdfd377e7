// SPDX-License-Identifier: MIT
// One connected byte stream with what runs on it: TLS from STARTTLS on, and the XML stream inside.
// From "connected" to "ended"; a link has one, or while its stream moves, two.
// Calls on it never call back: facts come from the scheduler's turns.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "jingle/byte_stream.h"
#include "jingle/security/identity.h"
#include "jingle/stream/xml_stream.h"
#include "transports/filters/tls_stream.h"
#include "transports/net/scheduler.h"

namespace balcony {

class Channel final : public ByteStream::Listener, public TlsStream::HandshakeListener {
 public:
  class Facts {
   public:
    // The peer proved this key. Answer by accept_key, refuse_key or reject_key, now or later; until
    // then nothing is read and no timer of ours runs.
    virtual void on_key(const TlsEngine::HandshakeDone& done) = 0;
    virtual void on_established() = 0;
    virtual void on_received(Element stanza) = 0;
    virtual void on_dropped(const std::string& why) = 0;  // an inbound stanza; for the log
    virtual void on_written() = 0;                        // octets_written() grew
    virtual void on_peer_closing() = 0;
    virtual void on_ended(const XmlStream::Ended& ended) = 0;  // the XML stream is over
    // And so is what is below; the last one. In order: all that was sent has arrived.
    virtual void on_path_closed(bool in_order) = 0;

   protected:
    ~Facts() = default;
  };

  struct Kind {
    bool in_band = false;  // acknowledged by itself
    // Keeps the end of a burst to itself until more comes, as Prosody 0.12's proxy does when it has
    // paused: behind each burst a few spaces follow, each of which pushes on what waits.
    bool by_proxy = false;
  };

  // Borrows all but `path`. Destroying it cuts the path.
  Channel(Facts& facts, XmlStream::Config config, std::unique_ptr<ByteStream> path, Kind kind,
          const Identity& identity, Env& env, Scheduler& scheduler);
  ~Channel();

  void start();

  void accept_key(bool offer_external);
  void refuse_key(std::string text);  // after a question: in XML, inside TLS (TLS-11)
  void reject_key(std::string text);  // by policy: an alert, no XML (9.7)
  void on_proven();

  bool send(Element stanza);     // false: it may not cross (see XmlStream::send)
  void close();                  // in order
  void fail(StreamError error);  // with a stream error
  void cut();  // without a goodbye: what has come is still told, then on_path_closed
  void ping();
  void pause(bool paused);                                  // reading, while the host is behind
  void on_server_session(ByteStream::ServerSession state);  // JGL-37

  bool is_open() const {  // stanzas can be sent
    return xml_.is_established() && !is_closing() && !path_gone_ && !cut_wanted_;
  }
  bool is_closing() const { return xml_.is_closing() || close_after_pushes_; }
  bool still_sends() const {  // what was written before may still leave
    return !path_gone_ && !cut_wanted_ && !outbound_.empty();
  }
  bool is_writable() const { return is_open() && xml_.is_writable(); }
  TimePoint last_received() const { return xml_.last_received(); }
  std::uint64_t octets_made() const { return made_; }  // of XML, before TLS
  std::uint64_t octets_written() const { return made_ - outbound_.size(); }
  std::uint64_t octets_read() const { return clear_read_ + read_; }

 private:
  // ByteStream::Listener, of whatever is topmost
  void on_bytes(ByteView octets) override;
  void on_writable() override;
  void on_closed(std::optional<Error> error) override;
  // TlsStream::HandshakeListener
  void on_handshake_done(const TlsEngine::HandshakeDone& done) override;
  void on_handshake_failed(const Error& error) override;

  void after();  // every call and event ends here
  void turn();
  void act_on_outputs();
  void act(XmlStream::Output& output);
  void flush();
  void arm_deadline();
  void push_soon();
  void take_over_with_tls();
  void drop_path();
  bool is_over_budget() const;
  bool has_arrived(bool has_failed) const;

  Facts& facts_;
  Env& env_;
  Scheduler& scheduler_;
  const Identity& identity_;
  const Kind kind_;
  const Role role_;
  const std::size_t max_unauthenticated_;  // octets on the byte stream, TLS included (C-09)
  XmlStream xml_;
  std::unique_ptr<ByteStream> path_;  // topmost: the byte stream, or TLS over it
  TlsStream* tls_ = nullptr;          // path_, once it is TLS
  ByteQueue outbound_;
  std::deque<XmlStream::Output> outputs_;
  std::optional<TlsEngine::HandshakeDone> key_;  // to be told
  bool path_gone_ = false, path_gone_told_ = false, in_order_ = false;
  bool close_wanted_ = false, cut_wanted_ = false, paused_ = false, judging_ = false;
  bool written_ = false;
  std::uint64_t made_ = 0, read_ = 0, clear_read_ = 0;
  bool answers_goodbye_ = false;  // the peer's closing tag came before ours
  bool close_after_pushes_ = false;
  int pushes_left_ = 0;
  Timer turn_, deadline_, push_;
  TimePoint deadline_at_;  // of deadline_, while it is set
};

}  // namespace balcony
