// SPDX-License-Identifier: MIT
// One XmlStream under test, all its outputs recorded, and what the tests feed it.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "jingle/base/ns.h"
#include "jingle/base/stanza.h"
#include "jingle/stream/xml_stream.h"
#include "tests/support/fake_env.h"

namespace balcony {

inline const Jid kAda = *Jid::parse("ada@example.org/desk");
inline const Jid kBen = *Jid::parse("ben@example.net/lab");

inline const std::string kAdaHeader =
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
    "xmlns:stream='http://etherx.jabber.org/streams' from='ada@example.org' to='ben@example.net' "
    "version='1.0' xml:lang='en'>";
inline const std::string kBenHeader =
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
    "xmlns:stream='http://etherx.jabber.org/streams' from='ben@example.net' to='ada@example.org' "
    "id='9c1d6f0e2b' version='1.0' xml:lang='en'>";
inline const std::string kOfferStarttls =
    "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"
    "</stream:features>";
inline const std::string kOfferExternal =
    "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
    "<mechanism>EXTERNAL</mechanism></mechanisms></stream:features>";
inline const std::string kNoFeatures = "<stream:features/>";
inline const std::string kSaslNs = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'";

inline Element xml(std::string_view text) { return *parse_stanza(text); }

inline XmlStream::Config config_of(Role role) {
  XmlStream::Config config;
  config.role = role;
  config.local = role == Role::kInitiator ? kAda : kBen;
  config.peer = role == Role::kInitiator ? kBen : kAda;
  return config;
}

struct Probe {
  Probe(FakeEnv& clock, const XmlStream::Config& config)
      : env(clock), role(config.role), stream(config, clock) {}

  void drain() {
    while (auto output = stream.poll()) {
      EXPECT_FALSE(ended) << "an output after the last one";
      std::visit([this](auto& o) { take(o); }, *output);
    }
  }
  void start() {
    stream.start();
    drain();
  }
  void feed(std::string_view octets) {
    stream.on_bytes(octets);
    drain();
  }
  void advance(Duration by) {  // stops at each deadline on the way
    TimePoint end = env.now() + by;
    while (stream.next_deadline() && *stream.next_deadline() <= end) {
      env.set_now(std::max(env.now(), *stream.next_deadline()));
      stream.on_deadline();
      drain();
    }
    env.set_now(end);
  }
  std::string take_sent() { return std::exchange(sent, {}); }
  std::string reason() const { return ended ? ended->reason : "not ended"; }
  std::string condition() const { return ended ? ended->condition : "not ended"; }

  void take(XmlStream::SendBytes& o) {
    EXPECT_FALSE(start_tls || close_bytes || abort_bytes) << "octets where none may be";
    sent += o.octets;
    ++writes;
  }
  void take(XmlStream::StartTls&) { start_tls = true; }
  void take(XmlStream::CloseBytes&) { close_bytes = true; }
  void take(XmlStream::AbortBytes&) { abort_bytes = true; }
  void take(XmlStream::Established&) {
    EXPECT_FALSE(established);
    established = true;
  }
  void take(XmlStream::Received& o) { received.push_back(std::move(o.stanza)); }
  void take(XmlStream::PeerClosing&) { peer_closing = true; }
  void take(XmlStream::Dropped& o) { dropped.push_back(o.why); }
  void take(XmlStream::Ended& o) { ended = std::move(o); }

  // ---- set-up as a well-behaved peer does it ----
  void tls_up() {
    EXPECT_TRUE(start_tls);
    start_tls = false;
    stream.on_tls_established();
    drain();
  }
  void accept(bool offer_external = true) {
    stream.accept_key(offer_external);
    drain();
  }
  void prove() {
    stream.on_proven();
    drain();
  }
  Probe& in_clear() {  // client: starttls sent; server: features sent
    start();
    if (is_client()) {
      feed(kBenHeader + kOfferStarttls);
    } else {
      feed(kAdaHeader);
    }
    return *this;
  }
  Probe& judging() {
    in_clear();
    feed(is_client() ? "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
                     : "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    tls_up();
    take_sent();
    return *this;
  }
  Probe& secured() {  // client: <auth/> sent; server: EXTERNAL offered
    judging();
    accept();
    feed(is_client() ? kBenHeader + kOfferExternal : kAdaHeader);
    return *this;
  }
  Probe& authenticated() {  // client: second header sent; server: answered, last features withheld
    secured();
    take_sent();
    if (is_client()) {
      feed("<success " + kSaslNs + "/>");
      feed(kBenHeader);
    } else {
      feed("<auth " + kSaslNs + " mechanism='EXTERNAL'>=</auth>");
      feed(kAdaHeader);
    }
    return *this;
  }
  Probe& open() {
    authenticated();
    prove();
    if (is_client()) feed(kNoFeatures);
    EXPECT_TRUE(established);
    take_sent();
    writes = 0;
    return *this;
  }
  bool is_client() const { return role == Role::kInitiator; }

  FakeEnv& env;
  Role role;
  XmlStream stream;
  std::string sent;
  int writes = 0;
  bool start_tls = false, close_bytes = false, abort_bytes = false;
  bool established = false, peer_closing = false;
  std::vector<Element> received;
  std::vector<std::string> dropped;
  std::optional<XmlStream::Ended> ended;
};

// A test whose client (Ada) and server (Ben) each talk to the test, not to each other.
class StreamTest : public testing::Test {
 protected:
  FakeEnv env;
  Probe client{env, config_of(Role::kInitiator)};
  Probe server{env, config_of(Role::kResponder)};
};

inline std::string error_xml(std::string_view condition) {
  return to_xml(Element(condition, ns::kStreamErrors));
}

}  // namespace balcony
