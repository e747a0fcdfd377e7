// SPDX-License-Identifier: MIT
// One IbbSession and, by hand, everything that its peer and server do.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "jingle/base/ns.h"
#include "tests/support/fake_env.h"
#include "transports/ibb/ibb_element.h"
#include "transports/ibb/ibb_session.h"

namespace balcony {

class IbbSessionTest : public testing::Test {
 protected:
  // ---- given ----
  IbbSessionTest() {
    config.sid = "ibb-7d10";
    config.block_size = 4;
  }
  void start(bool opener) {
    config.opener = opener;
    session = std::make_unique<IbbSession>(config, env);
    session->start();
    drain();
  }
  // An open bytestream, from the answerer's side.
  void start_open() {
    start(false);
    peer(ibb_open({config.sid, config.block_size}));
    ASSERT_TRUE(opened);
    forget();
  }

  // ---- when ----
  void peer(Element payload, const std::string& type = "set") {
    Element iq =
        make_iq(type, "ben@example.net/lab", "p" + std::to_string(++peer_id_), std::move(payload));
    iq.set_attr("from", "ada@example.org/desk");
    session->on_request(iq);
    drain();
  }
  void peer_data(unsigned seq, ByteView octets) {
    peer(ibb_data(config.sid, static_cast<std::uint16_t>(seq), octets));
  }
  std::size_t write(ByteView octets) {
    std::size_t taken = session->write(octets);
    drain();
    return taken;
  }
  void consume(std::size_t octets) {
    session->consumed(octets);
    drain();
  }
  void close() {
    session->close();
    drain();
  }
  void result(std::size_t request) {
    session->on_reply(requests[request].tag, Element("iq", ns::kClient).set_attr("type", "result"));
    drain();
  }
  void error(std::size_t request, const std::string& condition) {
    session->on_reply(requests[request].tag, fail(Blame::kPeer, condition, {}));
    drain();
  }
  void timeout(std::size_t request) {
    session->on_reply(requests[request].tag, fail(Blame::kEnvironment, "timeout", {}));
    drain();
  }
  void advance(Duration by) {
    env.advance(by);
    while (is_due(session->next_deadline(), env.now())) {
      Deadline before = session->next_deadline();
      session->on_deadline();
      drain();
      ASSERT_NE(session->next_deadline(), before) << "a deadline that does nothing";
    }
  }
  void forget() {
    requests.clear();
    replies.clear();
    received.clear();
  }

  // ---- then ----
  // Like "open data(0,abcd) close".
  std::string sent() const {
    std::string text;
    for (const auto& request : requests) {
      const Element& payload = request.payload;
      EXPECT_EQ(payload.attr("sid"), config.sid);
      if (!text.empty()) text += ' ';
      text += payload.name();
      if (payload.name() != "data") continue;
      text += '(' + std::string(payload.attr("seq")) + ',' +
              base64_decode(payload.text()).value_or("not base64") + ')';
    }
    return text;
  }
  // Like "result item-not-found/cancel".
  std::string answered() const {
    std::string text;
    for (const Element& reply : replies) {
      if (!text.empty()) text += ' ';
      if (reply.attr("type") == "result") {
        text += "result";
      } else {
        StanzaError fault = stanza_error(reply);
        text += fault.condition + '/' + fault.type;
      }
    }
    return text;
  }
  bool is_closed_in_order() const { return closed && !closed->error; }
  std::string loss() const { return closed && closed->error ? closed->error->condition : "none"; }

  FakeEnv env;
  IbbSession::Config config;
  std::unique_ptr<IbbSession> session;
  std::vector<IbbSession::SendRequest> requests;
  std::vector<Element> replies;
  Bytes received;
  bool opened = false;
  int writables = 0;
  std::optional<IbbSession::Closed> closed;

 private:
  void drain() {
    while (auto output = session->poll()) {
      if (auto* request = std::get_if<IbbSession::SendRequest>(&*output))
        requests.push_back(std::move(*request));
      if (auto* reply = std::get_if<IbbSession::SendReply>(&*output))
        replies.push_back(std::move(reply->iq));
      if (auto* octets = std::get_if<IbbSession::Received>(&*output)) received += octets->octets;
      if (std::holds_alternative<IbbSession::Opened>(*output)) opened = true;
      if (std::holds_alternative<IbbSession::Writable>(*output)) ++writables;
      if (auto* end = std::get_if<IbbSession::Closed>(&*output)) {
        EXPECT_FALSE(closed) << "closed twice";
        closed = *end;
      }
    }
  }

  int peer_id_ = 0;
};

}  // namespace balcony
