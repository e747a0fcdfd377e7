// SPDX-License-Identifier: MIT
// One of several connections that may be the peer's (link_contest.cc); for the parts of Link alone.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "plugin/link.h"

namespace balcony {

// Stands between a channel and the link: hears it alone until it is chosen, then passes all on.
class Link::Contender final : public Channel::Facts {
 public:
  Contender(Link& link, XmlStream::Config config, std::unique_ptr<ByteStream> path,
            Channel::Kind kind)
      : link_(link),
        channel_(std::make_unique<Channel>(*this, std::move(config), std::move(path), kind,
                                           link.owner_.identity(), link.owner_.env(),
                                           link.owner_.scheduler())) {
    channel_->start();
    if (link.proven_) channel_->on_proven();
  }

  bool is_running() const { return channel_ != nullptr && !is_lost_; }
  void on_proven() { channel_->on_proven(); }
  std::unique_ptr<Channel> take() {
    is_chosen_ = true;
    return std::move(channel_);
  }

  void on_key(const TlsEngine::HandshakeDone& done) override {
    if (!is_chosen_ && (link_.is_over() || !link_.is_peers(done))) return channel_->cut();
    if (!is_chosen_) link_.choose(*this);
    link_.on_key(done);
  }
  void on_established() override { link_.on_established(); }
  void on_received(Element stanza) override { link_.on_received(std::move(stanza)); }
  void on_dropped(const std::string& why) override { link_.on_dropped(why); }
  void on_written() override {
    if (is_chosen_) link_.on_written();
  }
  void on_peer_closing() override {
    if (is_chosen_) link_.on_peer_closing();
  }
  void on_ended(const XmlStream::Ended& ended) override {
    if (is_chosen_) link_.on_ended(ended);
  }
  void on_path_closed(bool in_order) override {
    if (is_chosen_) return link_.on_path_closed(in_order);
    is_lost_ = true;
    link_.on_contender_lost();
  }

 private:
  Link& link_;
  std::unique_ptr<Channel> channel_;
  bool is_chosen_ = false, is_lost_ = false;
};

}  // namespace balcony
