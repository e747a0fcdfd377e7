// SPDX-License-Identifier: MIT
// One in-band bytestream (XEP-0047; IBB-01 to -19), either side, without any I/O: blocks, sequence
// numbers, the adaptive window, acknowledgements as back-pressure, retries, close.
// Passive: its owner (IbbTransport) feeds requests, replies and octets, polls outputs until there
// are none, and calls on_deadline() when next_deadline() is due.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "jingle/base/element.h"
#include "jingle/base/env.h"
#include "jingle/base/result.h"
#include "jingle/base/stanza.h"

namespace balcony {

class IbbSession {
 public:
  struct Config {
    bool opener = false;  // the offerer of the transport sends <open/> (IBB-04)
    std::string sid;
    std::size_t block_size = 4096;  // as agreed (IBB-03)
    std::size_t window_start = 2;   // C-13
    std::size_t window_max = 16;
    std::size_t max_input = 64 * 1024;    // delivered octets that the owner has not consumed
    std::size_t max_output = 256 * 1024;  // octets taken by write() and not yet acknowledged
    Duration open_timeout = 30s;          // C-03
    Duration close_timeout = 10s;         // C-08
    Duration hold = 10s;                  // longest delay of an acknowledgement (IBB-11)
    Duration coalesce = 20ms;  // IBB-12: wait for a fuller block while others are in flight
  };

  // ---- outputs ----
  struct SendRequest {
    Element payload;
    std::uint32_t tag;
  };  // iq set; reply to on_reply(tag)
  struct SendReply {
    Element iq;
  };
  struct Opened {};  // the bytestream is ready
  struct Received {
    Bytes octets;
  };                   // tell consumed() as they are used
  struct Writable {};  // after a write() that took less
  struct Closed {
    std::optional<Error> error;
  };  // the last output; nothing: in order
  using Output = std::variant<SendRequest, SendReply, Opened, Received, Writable, Closed>;

  IbbSession(Config config, Env& env);
  ~IbbSession();

  void start();                        // opener: <open/>; else wait for it
  void on_request(const Element& iq);  // open, data or close of the peer, for our sid
  void on_reply(std::uint32_t tag,
                const Result<Element>& reply);  // Error: stanza condition or `timeout`,
                                                // blame kPeer or kEnvironment
  std::size_t write(ByteView octets);
  void consumed(std::size_t octets);  // the owner's listener took them: acknowledgements go on
  void close();
  void on_server_away();     // the host's session broke: nothing is sent (JGL-37)
  void on_server_resumed();  // it came back by 0198 resume
  void on_server_lost();     // it did not: the bytestream is lost
  void cut();                // the owner goes: only what is unanswered is answered

  Deadline next_deadline() const;
  void on_deadline();
  std::optional<Output> poll();

  std::size_t blocks_received() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace balcony
