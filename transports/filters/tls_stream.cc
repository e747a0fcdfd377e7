// SPDX-License-Identifier: MIT
#include "transports/filters/tls_stream.h"

#include <algorithm>
#include <utility>

#include "jingle/base/bytes.h"

namespace balcony {
namespace {

constexpr std::size_t kMaxHandshake = 64 * 1024;  // C-09: all that a stranger may send
constexpr std::size_t kMaxInput = 64 * 1024;      // waits while paused (PROTOCOL.md section 2)
constexpr std::size_t kMaxOutput = 256 * 1024;    // sixteen full records: keeps a fast path busy
constexpr std::size_t kRecord = 16 * 1024;        // RFC 8446 section 5.1
// How long an alert may take to leave before a failure is reported all the same.
constexpr Duration kFarewell = 2s;
// For the peer's close_notify, where it is awaited. With TcpStream's linger less than C-08.
constexpr Duration kGoodbye = 4s;

Error broken(std::string text) {
  return {Blame::kEnvironment, "connectivity-error", std::move(text)};
}

}  // namespace

// What works: it listens to the stream below and drains the engine.
class TlsStream::Channel final : private ByteStream::Listener {
 public:
  Channel(std::unique_ptr<ByteStream> below, Role role, const Identity& identity,
          Scheduler& scheduler, const Env& env, HandshakeListener* handshake)
      : below_(std::move(below)),
        engine_(role, identity),
        env_(env),
        turn_(scheduler, env),
        farewell_(scheduler, env),
        handshake_(handshake) {
    below_->set_listener(this);
    if (role == Role::kInitiator) engine_.start();
    turn_soon();
  }
  ~Channel() { below_->set_listener(nullptr); }

  void set_listener(Listener* listener);
  std::size_t write(ByteView octets);
  void close();
  void refuse_certificate();
  void set_closes_last() { closes_last_ = true; }
  bool is_flushed() const { return has_left_ || (plaintext_.empty() && ciphertext_.empty()); }
  bool has_goodbye() const { return peer_closed_; }
  ByteStream& below() { return *below_; }
  std::size_t raw_received() const { return received_ + below_->received_overhead(); }

 private:
  void on_bytes(ByteView octets) override;
  void on_writable() override;
  void on_closed(std::optional<Error> error) override;

  void turn_soon() {
    if (!turn_.is_set()) turn_.soon([this] { turn(); });
  }
  void turn();
  ByteView shake_hands(ByteView octets);
  std::size_t encrypt_full_records(ByteView octets);
  void drain();
  void take(TlsEngine::Output output);
  void receive(Bytes octets);
  void send(ByteView ciphertext);
  void close_below_when_sent();
  void close_below();
  void pause_or_go_on();
  void fail(Error error);
  void end(std::optional<Error> error);

  void deliver();  // one call of a listener, which may destroy us
  bool deliver_handshake();
  bool has_more() const { return !input_.empty() || is_writable_due() || is_ended_; }
  std::size_t output() const { return plaintext_.size() + ciphertext_.size(); }
  bool is_writable_due() const {
    return is_short_ && !is_closing_ && !is_ended_ && output() <= kMaxOutput / 2;
  }

  std::unique_ptr<ByteStream> below_;
  TlsEngine engine_;
  const Env& env_;
  Timer turn_, farewell_;
  HandshakeListener* handshake_;  // null once the handshake was reported
  Listener* listener_ = nullptr;
  std::optional<TlsEngine::HandshakeDone> done_;  // to report
  std::size_t received_ = 0;
  Bytes input_;                   // decrypted, for the listener
  ByteQueue plaintext_;           // written in this turn, less than a record, not yet encrypted
  ByteQueue ciphertext_;          // what the stream below has not taken
  bool is_short_ = false;         // a write() took less
  bool is_paused_ = false;        // the stream below is
  bool closes_last_ = false;      // the stream below, behind both goodbyes
  bool is_closing_ = false;       // nothing more is written
  bool owes_notify_ = false;      // close_notify is to be sent
  bool has_left_ = false;         // all that was written, before close_notify was
  bool is_below_closed_ = false;  // or told to
  bool peer_closed_ = false;      // close_notify came
  bool is_ended_ = false;         // only the last call is left
  std::optional<Error> error_;
};

// ---- from above ----

void TlsStream::Channel::set_listener(Listener* listener) {
  listener_ = listener;
  if (listener_) turn_soon();
}

std::size_t TlsStream::Channel::write(ByteView octets) {
  if (is_closing_ || is_ended_ || !engine_.is_established()) return 0;
  std::size_t room = kMaxOutput - std::min(output(), kMaxOutput);
  std::size_t taken = std::min(octets.size(), room);
  is_short_ = taken < octets.size();
  octets = octets.substr(0, taken);
  if (plaintext_.empty()) octets.remove_prefix(encrypt_full_records(octets));
  plaintext_.append(octets);
  plaintext_.consume(encrypt_full_records(plaintext_.view()));
  turn_soon();
  return taken;
}

// What fills records gains nothing by waiting for the turn, and would only lie about in memory.
std::size_t TlsStream::Channel::encrypt_full_records(ByteView octets) {
  std::size_t full = octets.size() / kRecord * kRecord;
  if (full == 0 || error_) return 0;
  engine_.write(octets.substr(0, full));
  while (auto output = engine_.poll()) take(std::move(*output));
  return full;
}

void TlsStream::Channel::close() {
  if (is_closing_ || is_ended_) return;
  is_closing_ = true;
  owes_notify_ = engine_.is_established();
  turn_soon();
}

void TlsStream::Channel::refuse_certificate() {
  if (is_closing_ || is_ended_) return;
  engine_.refuse_certificate();
  fail({Blame::kPeer, "security-error", "the peer's certificate was refused"});
  turn_soon();
}

// What one turn wrote and filled no record leaves as one.
void TlsStream::Channel::turn() {
  if (!plaintext_.empty() && !error_) engine_.write(plaintext_.view());
  plaintext_.clear();
  if (std::exchange(owes_notify_, false) && !error_) {
    while (auto output = engine_.poll()) take(std::move(*output));
    has_left_ = ciphertext_.empty();
    engine_.close();
  }
  drain();
  deliver();
}

// ---- from below ----

void TlsStream::Channel::on_bytes(ByteView octets) {
  if (!engine_.is_established() && !error_) octets = shake_hands(octets);
  received_ += octets.size();
  if (!octets.empty() && !error_) engine_.on_ciphertext(octets);  // else our alert is on its way
  drain();
  deliver();
}

// Gives the handshake as much as it may have in all, and returns what came glued behind that.
ByteView TlsStream::Channel::shake_hands(ByteView octets) {
  ByteView given = octets.substr(0, kMaxHandshake - std::min(raw_received(), kMaxHandshake));
  octets.remove_prefix(given.size());
  received_ += given.size();
  engine_.on_ciphertext(given);
  drain();
  if (!octets.empty() && !engine_.is_established())
    fail({Blame::kPeer, "security-error", "the TLS handshake is too long"});
  return octets;
}

void TlsStream::Channel::on_writable() {
  send({});
  close_below_when_sent();
  deliver();
}

void TlsStream::Channel::on_closed(std::optional<Error> error) {
  is_below_closed_ = true;
  if (error_) {
    end(std::move(error_));
  } else if (error) {
    end(std::move(error));
  } else if (peer_closed_ || is_closing_) {
    end(std::nullopt);
  } else if (!engine_.is_established()) {
    end(broken("the peer hung up during the TLS handshake"));
  } else {
    end(broken("the end came without close_notify: something may be missing"));
  }
  deliver();
}

// ---- the engine ----

void TlsStream::Channel::drain() {
  while (auto output = engine_.poll()) take(std::move(*output));
  close_below_when_sent();
  pause_or_go_on();
}

void TlsStream::Channel::take(TlsEngine::Output output) {
  if (auto* ciphertext = std::get_if<TlsEngine::SendCiphertext>(&output)) send(ciphertext->octets);
  if (auto* plaintext = std::get_if<TlsEngine::Plaintext>(&output))
    receive(std::move(plaintext->octets));
  if (auto* done = std::get_if<TlsEngine::HandshakeDone>(&output)) done_ = std::move(*done);
  if (std::holds_alternative<TlsEngine::PeerClosed>(output)) peer_closed_ = true;
  if (auto* failed = std::get_if<TlsEngine::Failed>(&output)) fail(std::move(failed->error));
}

void TlsStream::Channel::receive(Bytes octets) {
  if (input_.empty())
    input_ = std::move(octets);
  else
    input_ += octets;
}

void TlsStream::Channel::send(ByteView ciphertext) {
  if (!ciphertext_.empty()) ciphertext_.consume(below_->write(ciphertext_.view()));
  if (ciphertext_.empty()) ciphertext.remove_prefix(below_->write(ciphertext));
  ciphertext_.append(ciphertext);
}

void TlsStream::Channel::close_below_when_sent() {
  if (!is_closing_ || is_below_closed_ || !plaintext_.empty() || !ciphertext_.empty()) return;
  if (!closes_last_ || peer_closed_ || error_ || !engine_.is_established()) return close_below();
  if (!farewell_.is_set()) farewell_.set(env_.now() + kGoodbye, [this] { close_below(); });
}

void TlsStream::Channel::close_below() {
  if (!error_) farewell_.clear();
  is_below_closed_ = true;
  below_->close();
}

// Reads on while the listener is behind, but not without end.
void TlsStream::Channel::pause_or_go_on() {
  bool is_full = input_.size() > kMaxInput;
  if (is_full == is_paused_) return;
  is_paused_ = is_full;
  below_->set_listener(is_full ? nullptr : this);
  if (is_full) return;
  send({});  // room may have come meanwhile, unheard
  close_below_when_sent();
}

// An alert is on its way (TLS-10). Whoever is told may cut us at once: first let the alert leave.
void TlsStream::Channel::fail(Error error) {
  if (error_ || is_ended_) return;
  error_ = std::move(error);
  is_closing_ = true;
  farewell_.set(env_.now() + kFarewell, [this] {
    end(std::move(error_));
    deliver();
  });
}

void TlsStream::Channel::end(std::optional<Error> error) {
  farewell_.clear();
  is_ended_ = true;
  error_ = std::move(error);
}

// ---- to above ----

void TlsStream::Channel::deliver() {
  if (handshake_) {
    if (deliver_handshake()) return;
  }
  if (!listener_ || handshake_) return;
  if (!input_.empty()) {
    Bytes octets = std::exchange(input_, {});
    pause_or_go_on();
    if (has_more()) turn_soon();
    return listener_->on_bytes(octets);
  }
  if (is_writable_due()) {
    is_short_ = false;
    if (has_more()) turn_soon();
    return listener_->on_writable();
  }
  if (is_ended_) std::exchange(listener_, nullptr)->on_closed(error_);
}

bool TlsStream::Channel::deliver_handshake() {
  if (done_) {
    TlsEngine::HandshakeDone done = std::move(*done_);
    done_.reset();
    std::exchange(handshake_, nullptr)->on_handshake_done(done);
    return true;
  }
  if (!is_ended_) return false;
  std::exchange(handshake_, nullptr)
      ->on_handshake_failed(error_.value_or(broken("closed during the handshake")));
  return true;
}

// ---- the public face ----

TlsStream::TlsStream(std::unique_ptr<ByteStream> below, Role role, const Identity& identity,
                     Scheduler& scheduler, const Env& env, HandshakeListener* handshake)
    : channel_(
          std::make_unique<Channel>(std::move(below), role, identity, scheduler, env, handshake)) {}
TlsStream::~TlsStream() = default;

void TlsStream::set_listener(Listener* listener) { channel_->set_listener(listener); }
std::size_t TlsStream::write(ByteView octets) { return channel_->write(octets); }
void TlsStream::close() { channel_->close(); }
void TlsStream::set_closes_last() { channel_->set_closes_last(); }
bool TlsStream::is_flushed() const { return channel_->is_flushed(); }
bool TlsStream::has_goodbye() const { return channel_->has_goodbye(); }
void TlsStream::refuse_certificate() { channel_->refuse_certificate(); }
void TlsStream::on_server_session(ServerSession state) {
  channel_->below().on_server_session(state);
}
std::size_t TlsStream::received_overhead() const { return channel_->below().received_overhead(); }
std::size_t TlsStream::raw_received() const { return channel_->raw_received(); }

}  // namespace balcony
