// SPDX-License-Identifier: MIT
// An in-band bytestream (XEP-0047) as a ByteStream: drives an IbbSession with the requests and
// replies of an IqPort and the turns of a Scheduler. IbbTransport makes it and hands it on once it
// is open.
#pragma once

#include <optional>

#include "jingle/transport.h"
#include "transports/ibb/ibb_session.h"
#include "transports/net/lifeline.h"
#include "transports/net/scheduler.h"

namespace balcony {

class IbbStream : public ByteStream, private IqPort::Handler {
 public:
  // Told once, from the scheduler, how the opening went; may destroy the stream then.
  class Opening {
   public:
    virtual void on_opened() = 0;
    virtual void on_open_failed(Error error) = 0;

   protected:
    ~Opening() = default;
  };

  // Claims the sid and starts. All borrowed; `opening` until it was told, the others for life.
  IbbStream(IbbSession::Config config, IqPort& port, Scheduler& scheduler, Env& env,
            Opening* opening);
  ~IbbStream() override;

  void set_listener(Listener* listener) override;
  std::size_t write(ByteView octets) override;
  void close() override;
  void on_server_session(ServerSession state) override;
  std::size_t received_overhead() const override;

 private:
  void on_request(const Element& iq) override;

  void turn_soon();
  void turn();
  void deliver();  // one call of a listener, which may destroy the stream
  void drain();
  void take(IbbSession::Output output);
  void request(IbbSession::SendRequest request);

  IqPort& port_;
  std::string sid_;
  IbbSession session_;
  Timer turn_, deadline_;
  Opening* opening_;  // null once it was told
  Listener* listener_ = nullptr;
  bool is_opened_ = false;
  Bytes input_;  // received, not yet taken by the listener; bounded by the session
  bool is_writable_ = false;
  bool is_closed_ = false;
  std::optional<Error> error_;  // why it closed
  Lifeline replies_;
};

}  // namespace balcony
