// SPDX-License-Identifier: MIT
// One attempt to reach one peer by one Jingle transport method, and what such an attempt may use.
// transports/ implements Transport and TransportFactory; plugin/ implements IqPort and owns them
// all. A transport is made only after consent (JGL-40), and destroying it cancels it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "jingle/base/element.h"
#include "jingle/base/env.h"
#include "jingle/base/jid.h"
#include "jingle/base/result.h"
#include "jingle/base/stanza.h"
#include "jingle/byte_stream.h"
#include "jingle/role.h"

namespace balcony {

// What people are told of a path, and what the layers above must know of it.
struct PathFacts {
  std::string transport;      // ibb, s5b-direct, s5b-proxy, ice-tcp, ptcp, tcp
  std::string local, remote;  // host:port, or the proxy; empty in band
  std::string pair;           // ICE types, such as host/srflx; else empty
  bool in_band = false;       // every octet costs the server: longer timers, no keepalive spaces
  bool by_proxy = false;      // a SOCKS5 proxy lies between, which may keep the end of a burst back
};

struct Peers {
  Jid local, remote;  // full JIDs of the session
};

// How far our addresses may be shown (SECURITY.md promise 7).
enum class Reach { kAny, kRelay };

// Stanzas through the server on behalf of one session. Ids, the reply timer (C-01) and the check of
// who replies are the port's business.
class IqPort {
 public:
  // The reply's payload-bearing <iq type='result'/>, or why there is none: the stanza error's
  // condition (blame kPeer), or `timeout` (blame kEnvironment).
  using Reply = std::function<void(Result<Element>)>;

  class Handler {
   public:
    // A request of the session's peer that was claimed. Answer each exactly once, by answer().
    virtual void on_request(const Element& iq) = 0;

   protected:
    ~Handler() = default;
  };

  virtual ~IqPort() = default;

  // Sends <iq type=...> with `payload` to `to`, or to the session's peer if that is empty. The
  // reply comes from the reactor, later; never after the port's owner dropped the transport.
  virtual void request(std::string_view type, Element payload, Reply reply,
                       std::string_view to = {}) = 0;

  // Sends a result_of() or error_of() a claimed request.
  virtual void answer(Element reply) = 0;

  // From now on requests of the session's peer whose payload is in `payload_ns` and carries `sid`
  // go to `handler`, until release().
  virtual void claim(std::string_view payload_ns, std::string_view sid, Handler* handler) = 0;
  virtual void release(std::string_view payload_ns, std::string_view sid) = 0;
};

class Transport {
 public:
  class Listener {
   public:
    // Our <transport/> for session-initiate, session-accept, transport-replace or transport-accept.
    virtual void on_description_ready(Element transport) = 0;
    virtual void on_transport_info(Element transport) = 0;  // to send in transport-info
    virtual void on_connected(std::unique_ptr<ByteStream> stream, PathFacts facts) = 0;
    // Before on_connected: another connection that came with the same right to be this path. Only
    // TLS can tell which of them is the peer's (S5B-22). At most three; without interest they go.
    virtual void on_rival(std::unique_ptr<ByteStream> /*stream*/) {}
    virtual void on_failed(Error error) = 0;

   protected:
    ~Listener() = default;
  };

  virtual ~Transport() = default;

  // Begins. As offerer the description comes by on_description_ready; as answerer, after
  // on_remote_description. Exactly one of on_connected and on_failed follows, within C-03 of the
  // moment both descriptions are known, and ends the attempt.
  virtual void start(Listener* listener) = 0;

  // The peer's <transport/>. An error means that it is unusable (bad-request, not-acceptable): the
  // caller answers the peer with it.
  virtual Result<void> on_remote_description(const Element& transport) = 0;

  // The peer's <transport/> from transport-info.
  virtual Result<void> on_remote_info(const Element& transport) = 0;

  // Both descriptions have been exchanged (session-accept or transport-accept was sent or
  // received).
  virtual void on_agreed() = 0;
};

class TransportFactory {
 public:
  virtual ~TransportFactory() = default;

  virtual std::string_view name() const = 0;                 // as in settings: ibb, s5b, ice, ptcp
  virtual std::string_view ns() const = 0;                   // of its <transport/>
  virtual std::string_view feature() const { return ns(); }  // in disco#info

  // Whether it can work only by showing our addresses: in reach `relay` it is not offered, and as
  // the answerer it fails by itself.
  virtual bool shows_addresses() const { return false; }

  // Whether `transport`, as offered by a peer, is one that create() can answer. Errors:
  // bad-request (malformed: answered as such), incompatible-parameters or unsupported-transports
  // (well-formed but unusable: acknowledged, then terminated with that reason; JGL-10).
  virtual Result<void> check_offer(const Element& transport) const = 0;

  // `role` says who offered this transport (the offerer of a replace may be the responder).
  virtual std::unique_ptr<Transport> create(Role role, const Peers& peers, IqPort& port,
                                            Reach reach) = 0;
};

}  // namespace balcony
