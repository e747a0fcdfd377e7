// SPDX-License-Identifier: MIT
// OpenSSL on two pieces of memory: it reads straight from the octets that on_ciphertext() borrows,
// and appends to what poll() hands out next. Nothing is buffered twice.
#include "jingle/security/tls_engine.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cassert>
#include <deque>
#include <utility>

#include "jingle/security/owned.h"
#include "jingle/security/tls_alert.h"
#include "jingle/security/tls_context.h"

namespace balcony {
namespace {

constexpr std::size_t kRecord = 16 * 1024;  // RFC 8446 section 5.1
constexpr std::size_t kOverhead = 64;       // more than any record's header, nonce, padding and tag
constexpr std::size_t kMiB = 1024 * 1024;

// Requests that cost us work after the handshake (KeyUpdate, tickets, renegotiation): 32 for each
// MiB begun. An honest peer needs a few at the start, and then one in gigabytes.
constexpr std::size_t kRequestsPerMiB = 32;

constexpr unsigned char kHandshakeRecord = 22;
constexpr unsigned char kAlertRecord = 21;
constexpr unsigned char kClientHello = 1;

}  // namespace

class TlsEngine::Engine {
 public:
  Engine(Role role, const Identity& identity);

  void start();
  void on_ciphertext(ByteView octets);
  void write(ByteView plaintext);
  void close();
  void refuse_certificate();
  std::optional<Output> poll();
  bool is_established() const { return phase_ == Phase::kEstablished; }

 private:
  enum class Phase { kHandshake, kEstablished, kOver };

  static int read_bio(BIO* bio, char* to, int size);
  static int write_bio(BIO* bio, const char* from, int size);
  static long control_bio(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH; }
  static void on_message(int written, int version, int type, const void* octets, std::size_t size,
                         SSL*, void* engine);

  void shake_hands();
  void decrypt();
  void on_handshake_done();
  void end_with_an_alert();
  void fail();
  void fail(std::string text);
  std::string reason() const;
  bool is_flooded() const;

  const Role role_;
  Owned<BIO_METHOD, BIO_meth_free> method_;
  Owned<SSL, SSL_free> ssl_;  // owns the BIO, so it goes before its method
  TlsFacts facts_;

  Phase phase_ = Phase::kHandshake;
  bool peer_closed_ = false;
  bool closed_ = false;
  Bytes opening_;   // the first octets of the peer, to tell what they are if they are not TLS
  int alert_ = -1;  // the fatal one that came
  std::size_t received_ = 0;  // octets since the handshake
  std::size_t requests_ = 0;  // since then, too

  ByteView incoming_;  // borrowed, while on_ciphertext() runs
  Bytes outgoing_;
  std::deque<Output> outputs_;
};

TlsEngine::Engine::Engine(Role role, const Identity& identity)
    : role_(role),
      method_(BIO_meth_new(BIO_TYPE_SOURCE_SINK, "memory")),
      ssl_(SSL_new(identity.tls_context().get())) {
  BIO_meth_set_read(method_.get(), read_bio);
  BIO_meth_set_write(method_.get(), write_bio);
  BIO_meth_set_ctrl(method_.get(), control_bio);
  BIO* bio = BIO_new(method_.get());
  assert(ssl_ && bio);
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  TlsContext::watch(ssl_.get(), &facts_);
  SSL_set_msg_callback(ssl_.get(), on_message);
  SSL_set_msg_callback_arg(ssl_.get(), this);
  if (role_ == Role::kInitiator)
    SSL_set_connect_state(ssl_.get());
  else
    SSL_set_accept_state(ssl_.get());
}

int TlsEngine::Engine::read_bio(BIO* bio, char* to, int size) {
  auto& engine = *static_cast<Engine*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (engine.is_flooded()) return -1;  // not "later": an error
  if (engine.incoming_.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  std::size_t count = engine.incoming_.copy(to, static_cast<std::size_t>(size));
  engine.incoming_.remove_prefix(count);
  return static_cast<int>(count);
}

int TlsEngine::Engine::write_bio(BIO* bio, const char* from, int size) {
  BIO_clear_retry_flags(bio);
  static_cast<Engine*>(BIO_get_data(bio))->outgoing_.append(from, static_cast<std::size_t>(size));
  return size;
}

void TlsEngine::Engine::on_message(int written, int, int type, const void* octets, std::size_t size,
                                   SSL*, void* engine) {
  auto& self = *static_cast<Engine*>(engine);
  const auto* alert = static_cast<const unsigned char*>(octets);
  bool is_alert = type == SSL3_RT_ALERT && size == 2;
  if (is_alert && !written && alert[0] == SSL3_AL_FATAL) self.alert_ = alert[1];
  bool is_request = written ? is_alert : type == SSL3_RT_HANDSHAKE;
  if (is_request && self.is_established()) ++self.requests_;
}

bool TlsEngine::Engine::is_flooded() const {
  return requests_ > kRequestsPerMiB * (1 + received_ / kMiB);
}

void TlsEngine::Engine::start() {
  if (role_ == Role::kInitiator && phase_ == Phase::kHandshake) shake_hands();
}

void TlsEngine::Engine::on_ciphertext(ByteView octets) {
  if (phase_ == Phase::kOver || peer_closed_) return;  // what follows a close_notify is nobody's
  if (opening_.size() < 6) opening_.append(octets.substr(0, 6 - opening_.size()));
  if (is_established()) received_ += octets.size();
  incoming_ = octets;
  if (phase_ == Phase::kHandshake) shake_hands();
  if (is_established()) decrypt();
  incoming_ = {};
}

void TlsEngine::Engine::shake_hands() {
  ERR_clear_error();
  int done = SSL_do_handshake(ssl_.get());
  if (done == 1)
    on_handshake_done();
  else if (SSL_get_error(ssl_.get(), done) != SSL_ERROR_WANT_READ)
    fail();
}

void TlsEngine::Engine::on_handshake_done() {
  assert(facts_.leaf);
  if (SSL_version(ssl_.get()) == TLS1_2_VERSION && SSL_get_extms_support(ssl_.get()) != 1) {
    end_with_an_alert();
    return fail("The peer's TLS 1.2 has no extended master secret");  // TLS-06
  }
  phase_ = Phase::kEstablished;
  // Only our own direction is ever sealed by hand.
  (role_ == Role::kInitiator ? facts_.server_secret : facts_.client_secret) = Redacted();
  outputs_.push_back(HandshakeDone{*std::move(facts_.leaf), std::move(facts_.chain),
                                   SSL_get_version(ssl_.get()), SSL_get_cipher_name(ssl_.get())});
  facts_.leaf.reset();
  facts_.chain.clear();
}

void TlsEngine::Engine::decrypt() {
  Bytes plaintext;
  char buffer[kRecord];
  std::size_t size = 0;
  ERR_clear_error();
  int done = 1;
  while ((done = SSL_read_ex(ssl_.get(), buffer, sizeof buffer, &size)) == 1) {
    if (plaintext.empty()) plaintext.reserve(size + incoming_.size());
    plaintext.append(buffer, size);
  }
  int error = SSL_get_error(ssl_.get(), done);
  if (!plaintext.empty()) outputs_.push_back(Plaintext{std::move(plaintext)});
  if (error == SSL_ERROR_ZERO_RETURN) {
    peer_closed_ = true;
    outputs_.push_back(PeerClosed{});
  } else if (error != SSL_ERROR_WANT_READ) {
    fail();
  }
}

void TlsEngine::Engine::write(ByteView plaintext) {
  assert(phase_ != Phase::kHandshake);
  if (phase_ == Phase::kOver || closed_ || plaintext.empty()) return;
  facts_.client_secret = facts_.server_secret = Redacted();  // too late for refuse_certificate()
  outgoing_.reserve(outgoing_.size() + plaintext.size() +
                    (plaintext.size() / kRecord + 1) * kOverhead);
  std::size_t written = 0;
  ERR_clear_error();
  if (SSL_write_ex(ssl_.get(), plaintext.data(), plaintext.size(), &written) != 1) fail();
}

void TlsEngine::Engine::close() {
  if (!is_established() || closed_) return;
  closed_ = true;
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

void TlsEngine::Engine::refuse_certificate() {
  if (!is_established() || closed_) return;
  const Redacted& secret = role_ == Role::kInitiator ? facts_.client_secret : facts_.server_secret;
  auto record = seal_alert(secret, SSL_get_cipher_name(ssl_.get()), SSL_AD_BAD_CERTIFICATE);
  if (record)
    outgoing_ += *record;
  else
    end_with_an_alert();
  phase_ = Phase::kOver;
}

// OpenSSL sends an alert only on its own account: give it a record that no key has sealed. The
// octets are enough to complete any record that may be half read.
void TlsEngine::Engine::end_with_an_alert() {
  Bytes forged("\x17\x03\x03\x00\x20", 5);
  forged.resize(forged.size() + kRecord + 256);
  incoming_ = forged;
  char octet = 0;
  std::size_t size = 0;
  while (SSL_read_ex(ssl_.get(), &octet, 1, &size) == 1) {
  }
  incoming_ = {};
  ERR_clear_error();
}

void TlsEngine::Engine::fail() { fail(reason()); }

void TlsEngine::Engine::fail(std::string text) {
  phase_ = Phase::kOver;
  facts_ = TlsFacts();
  ERR_clear_error();
  outputs_.push_back(Failed{Error{Blame::kPeer, "security-error", std::move(text)}});
}

// For people, the most telling reason first.
std::string TlsEngine::Engine::reason() const {
  if (!facts_.refusal.empty()) return "The peer's certificate can't be accepted: " + facts_.refusal;
  if (alert_ >= 0)
    return "The peer ended the TLS connection with the alert '" +
           std::string(SSL_alert_desc_string_long(alert_)) + "' (" + std::to_string(alert_) + ")";
  if (is_flooded()) return "The peer floods the TLS connection with requests";
  auto type = opening_.empty() ? kHandshakeRecord : static_cast<unsigned char>(opening_[0]);
  if (type != kHandshakeRecord && type != kAlertRecord)
    return "The peer sent something else than TLS";
  if (role_ == Role::kInitiator && opening_.size() == 6 &&
      static_cast<unsigned char>(opening_[5]) == kClientHello)
    return "The peer takes itself for the TLS client, as we do";
  const char* why = ERR_reason_error_string(ERR_peek_error());
  return "TLS failed: " + std::string(why ? why : "the peer closed it too early");
}

std::optional<TlsEngine::Output> TlsEngine::Engine::poll() {
  if (!outgoing_.empty()) return SendCiphertext{std::exchange(outgoing_, Bytes())};
  if (outputs_.empty()) return std::nullopt;
  Output next = std::move(outputs_.front());
  outputs_.pop_front();
  return next;
}

TlsEngine::TlsEngine(Role role, const Identity& identity)
    : engine_(std::make_unique<Engine>(role, identity)) {}
TlsEngine::~TlsEngine() = default;

void TlsEngine::start() { engine_->start(); }
void TlsEngine::on_ciphertext(ByteView octets) { engine_->on_ciphertext(octets); }
void TlsEngine::write(ByteView plaintext) { engine_->write(plaintext); }
void TlsEngine::close() { engine_->close(); }
void TlsEngine::refuse_certificate() { engine_->refuse_certificate(); }
std::optional<TlsEngine::Output> TlsEngine::poll() { return engine_->poll(); }
bool TlsEngine::is_established() const { return engine_->is_established(); }

}  // namespace balcony
