// SPDX-License-Identifier: MIT
// The ICE library's pseudo-TCP as a ByteStream: ordered octets over UDP between the nominated pair,
// the way between two people who are both behind NATs (PROTOCOL.md section 0.1a). Owns the agent,
// in which it runs for as long as it lives. Driven by the reactor.
//
// Memory: 256 KiB wait to be sent, then write() takes less, beside what the library keeps (some
// 100 KiB each way); 64 KiB that nobody listens to are kept, then the peer has to wait.
//
// The end: the library tells of none in order, and keeps to itself what has arrived. So close()
// goes on to repeat what was sent for a second, in which the streams above have long said goodbye
// both ways (JGL-33), and a peer that goes ends the stream in order: whether all was said, TLS can
// tell.
#pragma once

#include <memory>
#include <optional>

#include "jingle/byte_stream.h"
#include "transports/ice_tcp/ice_agent.h"
#include "transports/net/scheduler.h"

namespace balcony {

class PseudoTcpStream final : public ByteStream {
 public:
  // `agent` is connected. The rest is borrowed.
  PseudoTcpStream(std::unique_ptr<IceAgent> agent, Scheduler& scheduler, const Env& env);

  void set_listener(Listener* listener) override;
  std::size_t write(ByteView octets) override;
  void close() override;

 private:
  void turn_soon();
  void turn();
  void send();
  void receive();
  void deliver();
  bool is_writable_due() const;

  std::unique_ptr<IceAgent> agent_;
  const Env& env_;
  Timer turn_, linger_;
  Listener* listener_ = nullptr;
  ByteQueue output_;
  Bytes input_;
  bool is_reading_ = true, is_short_ = false, is_closing_ = false, is_ended_ = false;
  std::optional<Error> error_;
};

}  // namespace balcony
