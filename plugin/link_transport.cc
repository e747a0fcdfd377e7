// SPDX-License-Identifier: MIT
// Link, part 3: the ladder of transports, from offer to a byte stream (JGL-27 to -31 for set-up).
#include <utility>

#include "plugin/link.h"

namespace balcony {
namespace {

constexpr Duration kLadder = 60s;       // C-03: all methods together
constexpr Duration kReplaceWait = 15s;  // C-04

}  // namespace

// Makes the transport and starts it; its description comes by on_description_ready. False: it can't
// be.
bool Link::try_transport(std::string_view name_or_ns, Role offerer, Step step) {
  TransportFactory* factory = owner_.factory(name_or_ns);
  if (!factory) return false;
  method_ = factory->name();
  step_ = step;
  Role side = offerer == role_ ? Role::kInitiator : Role::kResponder;
  transport_ = factory->create(side, peers_, port_, owner_.reach_of(peers_.remote));
  transport_->start(this);
  return true;
}

// I: the first one is offered, those after it replace it once the offer was accepted (JGL-28).
void Link::next_method() {
  SessionState state = session_->state();
  Step step = state == SessionState::kNone ? Step::kOffer : Step::kReplace;
  bool may_try = role_ == Role::kInitiator && state != SessionState::kPending;
  while (may_try && next_method_ < methods_.size())
    if (try_transport(methods_[next_method_++], role_, step)) return;
  give_up("failed-transport", "no way to " + peers_.remote.full() + " worked");
}

void Link::give_up(const std::string& reason, const std::string& text) {
  over(reason, text);
  terminate({reason, text, {}});
  drive();
}

void Link::on_description_ready(Element transport) {
  if (is_over()) return;
  const std::string& digest = owner_.identity().certificate().digest;
  switch (step_) {
    case Step::kOffer:
      session_->initiate(xmlstream_content(std::move(transport), digest));
      break;
    case Step::kAccept:
      session_->accept(xmlstream_content(std::move(transport), digest));
      transport_->on_agreed();
      ladder_end_ = owner_.env().now() + kLadder;
      set_ladder_limit();
      break;
    case Step::kReplace:
      session_->replace_transport(std::move(transport));
      break;
    case Step::kAnswerReplace:
      session_->accept_transport(std::move(transport));
      transport_->on_agreed();
      break;
  }
  drive();
}

void Link::set_ladder_limit() {
  limit_.set(ladder_end_, [this] {
    give_up("failed-transport", "no path to " + peers_.remote.full() + " was found in time");
  });
}

void Link::on_transport_info(Element transport) {
  if (is_over() || session_->state() == SessionState::kNone) return;
  session_->send_transport_info(std::move(transport));
  drive();
}

void Link::on_accepted(const Content& content) {
  if (is_over()) return;
  phase_ = Phase::kConnecting;
  proven_ = true;
  peer_digest_ = content.fingerprint;
  ladder_end_ = owner_.env().now() + kLadder;
  set_ladder_limit();
  on_replace_accepted(content.transport);
}

void Link::on_replace_accepted(const Element& transport) {
  if (!transport_) return;
  if (auto usable = transport_->on_remote_description(transport); !usable)
    return on_failed(usable.error());
  transport_->on_agreed();
}

// A replace during set-up is followed; a living stream does not move in this version.
void Link::on_replace_offered(const Element& transport) {
  TransportFactory* factory = owner_.factory(transport.ns());
  if (channel_ || phase_ != Phase::kConnecting || !factory || !factory->check_offer(transport))
    return session_->reject_transport(transport);
  if (transport_)  // it has not said yet that it failed
    facts_.tried.push_back({method_, "neither side could reach the other in time"});
  try_transport(transport.ns(), other(role_), Step::kAnswerReplace);
  set_ladder_limit();
  if (auto usable = transport_->on_remote_description(transport); !usable)
    give_up("failed-transport", usable.error().text);
}

void Link::on_failed(Error error) {
  if (is_over()) return;
  failed_ = std::move(transport_);
  facts_.tried.push_back({method_, error.text});
  if (role_ == Role::kInitiator) return next_method();
  std::string text = "no path to " + peers_.remote.full() + " was found: " + error.text;
  limit_.set(owner_.env().now() + kReplaceWait,
             [this, text = std::move(text)] { give_up("failed-transport", text); });
}

void Link::on_connected(std::unique_ptr<ByteStream> stream, PathFacts facts) {
  if (is_over()) return;
  limit_.clear();
  phase_ = Phase::kSecuring;
  facts_.transport = facts.transport;
  facts_.local = facts.local;
  facts_.remote = facts.remote;
  facts_.pair = facts.pair;
  unconfirmed_.set_in_band(facts.in_band);
  open_channels(std::move(stream), facts);
}

XmlStream::Config Link::stream_config(bool in_band) const {
  const Settings& settings = owner_.settings();
  XmlStream::Config config;
  config.role = role_;
  config.local = peers_.local;
  config.peer = peers_.remote;
  config.full_addresses = settings.full_addresses;
  config.names_itself = owner_.identity().certificate().addresses.size() > 1;
  config.peer_takes_large = !peer_digest_.empty();
  config.limits = settings.xml;
  config.max_queue = settings.limit_queue;
  if (in_band) config.timers = XmlStream::Timers::slow();
  if (settings.limit_handshake > 0s) config.timers.header = settings.limit_handshake;
  if (settings.limit_total > 0s) config.timers.total = settings.limit_total;
  config.timers.close = settings.limit_close;
  return config;
}

}  // namespace balcony
