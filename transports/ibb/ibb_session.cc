// SPDX-License-Identifier: MIT
#include "transports/ibb/ibb_session.h"

#include <cassert>
#include <deque>
#include <utility>

#include "jingle/base/ns.h"
#include "transports/ibb/block_receiver.h"
#include "transports/ibb/block_sender.h"
#include "transports/ibb/ibb_element.h"

namespace balcony {

class IbbSession::State {
 public:
  State(Config config, Env& env)
      : config_(std::move(config)), env_(env), sender_(config_, env), receiver_(config_, env) {}

  void start();
  void on_request(const Element& iq);
  void on_reply(std::uint32_t tag, const Result<Element>& reply);
  std::size_t write(ByteView octets) {
    return phase_ == Phase::kOpen && !wants_close_ ? sender_.write(octets) : 0;
  }
  void consumed(std::size_t octets) { receiver_.consumed(octets); }
  void close();
  void on_server_away() { sender_.on_server_away(); }
  void on_server_resumed();
  void on_server_lost();
  void cut();
  Deadline next_deadline() const;
  void on_deadline();
  std::optional<Output> poll();
  std::size_t blocks_received() const { return receiver_.blocks(); }

 private:
  enum class Phase {
    kIdle,
    kOpening,       // our <open/> waits for its result
    kAwaitingOpen,  // the peer's <open/> has not come
    kOpen,
    kPeerClosing,  // the peer's <close/> waits for what we have left to say
    kClosing,      // our <close/> waits for its result
    kClosed,
  };

  void on_open(const Element& iq, const Element& open);
  void on_data(const Element& iq, const Element& data);
  void on_close(const Element& iq);
  void on_opened();

  std::uint32_t send(Element payload);
  void refuse(const Element& iq, std::string condition, std::string type = {});
  void step();
  void break_off(Error error);  // tells the peer by <close/>
  void end(std::optional<Error> error);

  Config config_;
  Env& env_;
  Phase phase_ = Phase::kIdle;
  BlockSender sender_;
  BlockReceiver receiver_;
  bool wants_close_ = false;
  Element peer_close_;  // its request, until it is answered
  std::uint32_t next_tag_ = 1;
  std::uint32_t phase_tag_ = 0;  // of our <open/> or <close/>
  Deadline phase_deadline_;
  std::deque<Output> outputs_;
};

void IbbSession::State::start() {
  assert(phase_ == Phase::kIdle);
  phase_ = config_.opener ? Phase::kOpening : Phase::kAwaitingOpen;
  phase_deadline_ = env_.now() + config_.open_timeout;
  if (config_.opener) phase_tag_ = send(ibb_open({config_.sid, config_.block_size}));
}

// ---- what the peer asks ----

void IbbSession::State::on_request(const Element& iq) {
  const Element* payload = iq.first_child();
  bool is_ibb = payload && payload->ns() == ns::kIbb && iq.attr("type") == "set";
  if (is_ibb && payload->name() == "open") {
    on_open(iq, *payload);
  } else if (is_ibb && payload->name() == "data") {
    on_data(iq, *payload);
  } else if (is_ibb && payload->name() == "close") {
    on_close(iq);
  } else {
    refuse(iq, "bad-request");
  }
}

// IBB-05, IBB-06.
void IbbSession::State::on_open(const Element& iq, const Element& open) {
  if (phase_ == Phase::kOpen || phase_ == Phase::kPeerClosing || phase_ == Phase::kClosing)
    return refuse(iq, "unexpected-request", "cancel");
  if (phase_ != Phase::kAwaitingOpen || open.attr("sid") != config_.sid)
    return refuse(iq, "not-acceptable");
  auto asked = read_in_band(open);
  if (!asked) {
    refuse(iq, "bad-request");
    return end(asked.error());
  }
  if (asked->block_size > config_.block_size) {
    refuse(iq, "resource-constraint", "modify");
    return end(Error{Blame::kPeer, "resource-constraint", "in-band: larger blocks than agreed"});
  }
  sender_.set_block_size(asked->block_size);
  receiver_.set_block_size(asked->block_size);
  outputs_.push_back(SendReply{result_of(iq)});
  on_opened();
}

void IbbSession::State::on_opened() {
  phase_ = Phase::kOpen;
  phase_deadline_.reset();
  outputs_.push_back(Opened{});
}

void IbbSession::State::on_data(const Element& iq, const Element& data) {
  bool is_readable =
      phase_ == Phase::kOpening || phase_ == Phase::kOpen || phase_ == Phase::kClosing;
  if (!is_readable) return refuse(iq, "item-not-found");
  auto octets = receiver_.on_data(iq, data);
  if (octets) {
    if (!octets->empty()) outputs_.push_back(Received{std::move(*octets)});
    return;
  }
  const StanzaError& fault = octets.error();
  refuse(iq, fault.condition, fault.type);
  // Too much at once is our own limit; the rest are broken rules.
  Blame blame = fault.type == "wait" ? Blame::kEnvironment : Blame::kPeer;
  break_off({blame, "connectivity-error", "in-band data was refused: " + fault.condition});
}

// IBB-15.
void IbbSession::State::on_close(const Element& iq) {
  switch (phase_) {
    case Phase::kOpen:
      phase_ = Phase::kPeerClosing;
      phase_deadline_ = env_.now() + config_.close_timeout;
      peer_close_ = iq;
      receiver_.release();
      sender_.flush();
      return;
    case Phase::kPeerClosing:
      outputs_.push_back(SendReply{result_of(iq)});
      return;
    case Phase::kClosing:
      outputs_.push_back(SendReply{result_of(iq)});
      return end(std::nullopt);
    case Phase::kOpening:
      outputs_.push_back(SendReply{result_of(iq)});
      return end(Error{Blame::kPeer, "connectivity-error", "in-band: closed before it was open"});
    default:
      return refuse(iq, "item-not-found");
  }
}

// ---- what the peer answers ----

void IbbSession::State::on_reply(std::uint32_t tag, const Result<Element>& reply) {
  if (phase_ == Phase::kOpening && tag == phase_tag_) {
    if (reply) return on_opened();
    // After silence the peer may think that it is open.
    return reply.error().blame == Blame::kPeer ? end(reply.error()) : break_off(reply.error());
  }
  if (phase_ == Phase::kClosing && tag == phase_tag_) return end(std::nullopt);
  if (phase_ != Phase::kOpen && phase_ != Phase::kPeerClosing) return;
  Result<void> sent = sender_.on_reply(tag, reply);
  if (sent) return;
  if (phase_ == Phase::kPeerClosing) return end(sent.error());  // it does not listen any more
  break_off(sent.error());
}

// ---- what the owner wants ----

void IbbSession::State::close() {
  if (phase_ == Phase::kOpen) {
    wants_close_ = true;
    sender_.flush();
  } else if (phase_ == Phase::kOpening) {
    send(ibb_close(config_.sid));
    end(std::nullopt);
  } else if (phase_ == Phase::kAwaitingOpen) {
    end(std::nullopt);
  }
}

void IbbSession::State::on_server_resumed() {
  Result<void> kept = sender_.on_server_resumed();
  bool sends = phase_ == Phase::kOpen || phase_ == Phase::kPeerClosing;
  if (!kept && sends) break_off(kept.error());
}

void IbbSession::State::on_server_lost() {
  if (phase_ != Phase::kClosed)
    end(Error{Blame::kEnvironment, "connectivity-error", "in-band: the server session is lost"});
}

void IbbSession::State::cut() {
  if (phase_ != Phase::kClosed) end(std::nullopt);
}

// ---- time and outputs ----

Deadline IbbSession::State::next_deadline() const {
  Deadline deadline = earliest(phase_deadline_, receiver_.next_deadline());
  bool sends = phase_ == Phase::kOpen || phase_ == Phase::kPeerClosing;
  return sends ? earliest(deadline, sender_.next_deadline()) : deadline;
}

// The blocks' own deadlines are looked at in step().
void IbbSession::State::on_deadline() {
  if (!is_due(phase_deadline_, env_.now())) return;
  Error late{Blame::kEnvironment, "timeout", "in-band: not opened in time"};
  switch (phase_) {
    case Phase::kOpening:
      return break_off(std::move(late));
    case Phase::kAwaitingOpen:
      return end(std::move(late));
    case Phase::kPeerClosing:
      return end(Error{Blame::kPeer, "connectivity-error", "in-band: closed before all was read"});
    default:
      return end(std::nullopt);
  }
}

std::optional<IbbSession::Output> IbbSession::State::poll() {
  if (outputs_.empty()) step();
  if (outputs_.empty()) return std::nullopt;
  Output output = std::move(outputs_.front());
  outputs_.pop_front();
  return output;
}

void IbbSession::State::step() {
  while (auto result = receiver_.next_result()) outputs_.push_back(SendReply{std::move(*result)});
  if (phase_ != Phase::kOpen && phase_ != Phase::kPeerClosing) return;
  while (auto data = sender_.next(next_tag_))
    outputs_.push_back(SendRequest{std::move(*data), next_tag_++});
  if (sender_.take_writable()) outputs_.push_back(Writable{});
  if (!sender_.is_flushed()) return;
  if (phase_ == Phase::kPeerClosing) {
    end(std::nullopt);
  } else if (wants_close_) {
    phase_ = Phase::kClosing;
    phase_deadline_ = env_.now() + config_.close_timeout;
    phase_tag_ = send(ibb_close(config_.sid));
  }
}

std::uint32_t IbbSession::State::send(Element payload) {
  outputs_.push_back(SendRequest{std::move(payload), next_tag_});
  return next_tag_++;
}

void IbbSession::State::refuse(const Element& iq, std::string condition, std::string type) {
  StanzaError error{
      .condition = std::move(condition), .type = std::move(type), .application = {}, .text = {}};
  outputs_.push_back(SendReply{error_of(iq, error)});
}

void IbbSession::State::break_off(Error error) {
  send(ibb_close(config_.sid));
  end(std::move(error));
}

void IbbSession::State::end(std::optional<Error> error) {
  phase_ = Phase::kClosed;
  phase_deadline_.reset();
  receiver_.release();
  while (auto result = receiver_.next_result()) outputs_.push_back(SendReply{std::move(*result)});
  if (peer_close_) outputs_.push_back(SendReply{result_of(std::exchange(peer_close_, {}))});
  outputs_.push_back(Closed{std::move(error)});
}

// ---- the public face ----

IbbSession::IbbSession(Config config, Env& env)
    : state_(std::make_unique<State>(std::move(config), env)) {}
IbbSession::~IbbSession() = default;

void IbbSession::start() { state_->start(); }
void IbbSession::on_request(const Element& iq) { state_->on_request(iq); }
void IbbSession::on_reply(std::uint32_t tag, const Result<Element>& reply) {
  state_->on_reply(tag, reply);
}
std::size_t IbbSession::write(ByteView octets) { return state_->write(octets); }
void IbbSession::consumed(std::size_t octets) { state_->consumed(octets); }
void IbbSession::close() { state_->close(); }
void IbbSession::on_server_away() { state_->on_server_away(); }
void IbbSession::on_server_resumed() { state_->on_server_resumed(); }
void IbbSession::on_server_lost() { state_->on_server_lost(); }
void IbbSession::cut() { state_->cut(); }
Deadline IbbSession::next_deadline() const { return state_->next_deadline(); }
void IbbSession::on_deadline() { state_->on_deadline(); }
std::optional<IbbSession::Output> IbbSession::poll() { return state_->poll(); }
std::size_t IbbSession::blocks_received() const { return state_->blocks_received(); }

}  // namespace balcony
