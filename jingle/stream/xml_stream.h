// SPDX-License-Identifier: MIT
// The end-to-end XML stream of XEP-0246, in both roles: headers, features, STARTTLS, SASL EXTERNAL,
// restarts, stanzas, keepalive, stream errors and the closing handshake (PROTOCOL.md section
// 3, 4.1, SAS-01 to -04, -10). It knows nothing of Jingle. Passive: the owner feeds octets and
// facts, polls outputs until there are none, and calls on_deadline() when next_deadline() is due.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "jingle/base/env.h"
#include "jingle/base/jid.h"
#include "jingle/base/xml_parser.h"
#include "jingle/role.h"
#include "jingle/stream/nonzas.h"
#include "jingle/stream/stanza_filter.h"

namespace balcony {

class XmlStream {
 public:
  struct Timers {               // C-05 to -08, -11; slow() is what an in-band path gets
    Duration header = 10s;      // each: header and features, TLS, SASL
    Duration total = 30s;       // all together, but for the time a user is asked
    Duration peer_asks = 135s;  // for the peer's header after TLS (C-07 + 15 s)
    Duration close = 10s;       // for the answer to our </stream:stream>
    Duration idle = 120s;       // until a keepalive check
    Duration check = 15s;       // for its answer; two misses end the stream
    static Timers slow();       // header 60 s, total 90 s
  };
  struct Config {
    Role role = Role::kInitiator;  // kInitiator: stream client
    Jid local, peer;               // full JIDs of the session; authoritative (STM-02)
    bool full_addresses = false;   // setting stream.address
    bool names_itself = false;     // our certificate holds several addresses: say which (SAS-03)
    std::string lang = "en";
    bool secured = false;           // TLS is up and its key accepted (XTLS): no STARTTLS (TLS-12);
                                    // accept_key() before start() says if EXTERNAL is offered
    bool keepalive = true;          // false: none is sent (in-band paths ping by stanza only)
    bool peer_takes_large = false;  // STZ-20: it sent our <fingerprint/>
    std::size_t max_unauthenticated = 64 * 1024;  // octets in all before established (C-09)
    XmlLimits limits;                     // after authentication; before it an element has 16 KiB
    std::size_t max_queue = 1024 * 1024;  // outbound, not yet taken by the byte stream
    Timers timers;
  };

  // ---- outputs: orders ----
  struct SendBytes {
    Bytes octets;  // in order, to the byte stream (or the TLS over it)
  };
  struct StartTls {};    // take the byte stream over with TLS in our role; feed nothing
                         // until on_tls_established(). No octet may be left over.
  struct CloseBytes {};  // everything is said: close the byte stream in order
  struct AbortBytes {};  // cut it, no further octet (TLS-05)
  // ---- outputs: facts ----
  struct Established {};  // stanzas may go both ways
  struct Received {
    Element stanza;  // filtered, stamped and rebuilt: for the host
  };
  struct PeerClosing {};  // </stream:stream> came: finish, then close() is implied
  struct Dropped {
    std::string why;  // an inbound stanza may not pass; for the log
  };
  struct Ended {            // the last output
    bool clean;             // both closing tags were exchanged, and no error
    std::string reason;     // Jingle reason: success (closed, though perhaps not clean),
                            // failed-application, security-error, connectivity-error (lost;
                            // SMX-15 is the owner's)
    std::string text;       // for people
    std::string condition;  // stream error sent or received, else empty
  };
  using Output = std::variant<SendBytes, StartTls, CloseBytes, AbortBytes, Established, Received,
                              PeerClosing, Dropped, Ended>;

  XmlStream(Config config, Env& env);
  ~XmlStream();

  // ---- facts from below ----
  void start();                    // the byte stream is ready: the stream client speaks
  void on_bytes(ByteView octets);  // of the byte stream, or decrypted
  void on_eof(const std::optional<Error>& error);  // it ended; nothing: in order (still unclean if
                                                   // the tags were not exchanged, STM-19)
  // TLS is up; its peer's key is about to be judged. Our timers stand still until the verdict.
  void on_tls_established();
  void on_tls_failed(const Error& error);  // the handshake failed (TLS-10): no more XML
  void accept_key(bool offer_external);  // TLS-16 rules 3 to 5 said yes. As server: offer EXTERNAL
                                         // if so; also the SAS-03 authzid check runs against peer.
  void refuse_key(std::string text);     // policy or user refused after TLS (TLS-11)
  void on_proven();                      // the signalling is proven (STM-08)

  // ---- what the owner wants ----
  // Queues one stanza (established streams only); false: it is too large for this peer (STZ-20) or
  // may_cross() is false. It is addressed here.
  bool send(Element stanza);
  void close();  // in order; before established: just ends
  // While held, the peer's closing tag is not answered: there is more to be said first.
  void hold_answer(bool held);
  // Before on_deadline() while we do not read: that nothing came is not the peer's silence, which
  // still hears of us (STM-17).
  void excuse_silence();
  void fail(StreamError error);  // sends a stream error and ends (STM-20)
  void space();                  // white space between stanzas (RFC 6120 section 4.6.1)
  void ping();                   // an 0199 ping whose answer is not shown; a keepalive check

  // Octets of SendBytes outputs that the byte stream has not taken yet, as the owner tells.
  void on_backlog(std::size_t octets);
  bool is_writable() const;  // backlog below max_queue

  Deadline next_deadline() const;
  void on_deadline();
  std::optional<Output> poll();

  bool is_established() const;
  bool is_closing() const;          // a closing tag was sent or came
  TimePoint last_received() const;  // liveness is measured on octets (STM-17)

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace balcony
