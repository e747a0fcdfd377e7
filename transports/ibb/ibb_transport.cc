// SPDX-License-Identifier: MIT
#include "transports/ibb/ibb_transport.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "jingle/base/ns.h"
#include "transports/ibb/ibb_element.h"
#include "transports/ibb/ibb_stream.h"

namespace balcony {
namespace {

// IBB-02: more does not pass every server, whatever the setting says.
constexpr std::size_t kMaxBlockSize = 16384;

Result<InBand> read_transport(const Element& transport) {
  if (!transport.is("transport", ns::kJingleIbb))
    return fail(Blame::kPeer, "bad-request", "in-band: not its transport");
  return read_in_band(transport);
}

// One agreement (XEP-0261 section 2.2). The offerer of the transport opens (IBB-04).
class IbbTransport : public Transport, private IbbStream::Opening {
 public:
  IbbTransport(Role role, std::size_t block_size, IqPort& port, Scheduler& scheduler, Env& env)
      : is_offerer_(role == Role::kInitiator),
        port_(port),
        scheduler_(scheduler),
        env_(env),
        turn_(scheduler, env) {
    ours_.block_size = block_size;
    if (is_offerer_) ours_.sid = env.token();
  }

  void start(Listener* listener) override {
    listener_ = listener;
    if (is_offerer_) describe();
  }

  Result<void> on_remote_description(const Element& transport) override {
    auto theirs = read_transport(transport);
    if (!theirs && theirs.error().condition == "incompatible-parameters")
      return fail(Blame::kPeer, "not-acceptable", theirs.error().text);
    if (!theirs) return tl::make_unexpected(theirs.error());
    if (is_offerer_ && theirs->sid != ours_.sid)
      return fail(Blame::kPeer, "bad-request", "in-band: another sid than offered");
    ours_.sid = theirs->sid;
    ours_.block_size = std::min(ours_.block_size, theirs->block_size);  // IBB-03
    if (!is_offerer_) describe();
    return {};
  }

  Result<void> on_remote_info(const Element&) override {  // IBB-17
    return fail(Blame::kPeer, "feature-not-implemented", "in-band: one bytestream a session");
  }

  void on_agreed() override {
    assert(!stream_);
    IbbSession::Config config;
    config.opener = is_offerer_;
    config.sid = ours_.sid;
    config.block_size = ours_.block_size;
    IbbStream::Opening* opening = this;
    stream_ = std::make_unique<IbbStream>(std::move(config), port_, scheduler_, env_, opening);
  }

 private:
  void describe() {
    turn_.soon([this] { listener_->on_description_ready(ibb_transport(ours_)); });
  }

  void on_opened() override {
    PathFacts facts;
    facts.transport = "ibb";
    facts.in_band = true;
    listener_->on_connected(std::move(stream_), std::move(facts));
  }
  void on_open_failed(Error error) override { listener_->on_failed(std::move(error)); }

  bool is_offerer_;
  IqPort& port_;
  Scheduler& scheduler_;
  Env& env_;
  Timer turn_;
  Listener* listener_ = nullptr;
  InBand ours_;  // then what is agreed
  std::unique_ptr<IbbStream> stream_;
};

}  // namespace

IbbFactory::IbbFactory(Env& env, Scheduler& scheduler, Settings settings)
    : env_(env), scheduler_(scheduler), settings_(settings) {}

std::string_view IbbFactory::ns() const { return ns::kJingleIbb; }

Result<void> IbbFactory::check_offer(const Element& transport) const {
  auto offer = read_transport(transport);
  if (!offer) return tl::make_unexpected(offer.error());
  return {};
}

std::unique_ptr<Transport> IbbFactory::create(Role role, const Peers&, IqPort& port, Reach) {
  std::size_t block_size = std::clamp<std::size_t>(settings_.block_size, 1, kMaxBlockSize);
  return std::make_unique<IbbTransport>(role, block_size, port, scheduler_, env_);
}

}  // namespace balcony
