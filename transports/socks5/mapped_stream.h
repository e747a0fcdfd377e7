// SPDX-License-Identifier: MIT
// A connection that came through a port of the router, which stays mapped as long as it lives:
// there are routers that cut what came through a port when its mapping goes.
#pragma once

#include <memory>
#include <utility>

#include "jingle/byte_stream.h"
#include "transports/net/gateway.h"

namespace balcony {

class MappedStream final : public ByteStream {
 public:
  MappedStream(std::unique_ptr<ByteStream> stream, std::unique_ptr<Gateway::Mapping> mapping)
      : mapping_(std::move(mapping)), stream_(std::move(stream)) {}

  void set_listener(Listener* listener) override { stream_->set_listener(listener); }
  std::size_t write(ByteView octets) override { return stream_->write(octets); }
  void close() override { stream_->close(); }

 private:
  std::unique_ptr<Gateway::Mapping> mapping_;
  std::unique_ptr<ByteStream> stream_;
};

}  // namespace balcony
