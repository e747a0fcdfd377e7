// SPDX-License-Identifier: MIT
// Router and Session against peers that ask anything, in any order (JGL-02 to -34), with small
// limits and a table of JGL-21 of its own.
//
//   input: lines. One that begins with < is an iq of a peer; else it is what the owner does. N is a
//   session's place among those alive, K is result, timeout, or a stanza error's condition:
//     offer PEER SID          accept N              end N              drop N        prove N
//     replace N               take-transport N      leave-transport N  info N        ping N
//     reply N K [CONDITION]   to the oldest request of session N, with a Jingle condition
//     wait SECONDS
#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <utility>

#include "jingle/base/ns.h"
#include "jingle/base/xml_parser.h"
#include "jingle/session/router.h"
#include "tests/fuzz/support/fuzz.h"
#include "tests/support/fake_env.h"

namespace balcony {
namespace {

const Jid kLocal = *Jid::parse("ben@example.net/lab");
constexpr Router::Limits kLimits{.pending_per_peer = 2, .pending = 4, .alive = 8};

Element transport(std::string_view ns) { return Element("transport", ns).set_attr("sid", "t1"); }

// JGL-21 once more: by action, for the states N, P, A and X. u: unknown-session, o: out-of-order,
// i: unsupported-info, r: acknowledged, p: whatever Session thinks of it.
struct Row {
  Action action;
  std::string_view reactions;
};
constexpr std::array<Row, kActions> kRows{{{Action::kContentAccept, "uooo"},
                                           {Action::kContentAdd, "urrr"},
                                           {Action::kContentModify, "urrr"},
                                           {Action::kContentReject, "uooo"},
                                           {Action::kContentRemove, "urrr"},
                                           {Action::kDescriptionInfo, "uiii"},
                                           {Action::kSecurityInfo, "uiii"},
                                           {Action::kSessionAccept, "upoo"},
                                           {Action::kSessionInfo, "uppp"},
                                           {Action::kSessionInitiate, "pooo"},
                                           {Action::kSessionTerminate, "urrr"},
                                           {Action::kTransportAccept, "uoop"},
                                           {Action::kTransportInfo, "urrr"},
                                           {Action::kTransportReject, "uoor"},
                                           {Action::kTransportReplace, "urrp"}}};

std::string_view condition_of(char reaction) {
  return reaction == 'u'   ? "unknown-session"
         : reaction == 'o' ? "out-of-order"
                           : "unsupported-info";
}

class Owner {
 public:
  void on_iq(const Element& iq) {
    if (!iq.is("iq", ns::kClient) || iq.attr("type") != "set") return;
    if (!iq.child("jingle", ns::kJingle)) return;
    replies_.clear();
    Router::Route route = router_.route(iq);
    if (auto* answer = std::get_if<Router::Answer>(&route)) replies_.push_back(answer->iq);
    if (auto* deliver = std::get_if<Router::Deliver>(&route)) on_delivery(iq, *deliver);
    if (auto* offer = std::get_if<Router::NewOffer>(&route)) on_offer(iq, *offer);
    check_reply(iq);
  }

  void act(std::string_view line) {
    std::string_view word = take_word(line);
    if (word == "offer") return offer(line);
    if (word == "wait") return wait(std::chrono::seconds(number_in(line, 600, 1)));
    if (alive_.empty()) return;
    One& one = *alive_[number_in(take_word(line), 1000) % alive_.size()];
    if (word == "reply")
      reply(one, line);
    else
      decide(one, word);
    drain(one);
    sweep();
  }

 private:
  struct One {
    One(Session::Config config, Env& env) : session(std::move(config), env) {}
    Session session;
    std::deque<std::uint32_t> asked;  // tags of our requests without a reply
    bool is_offered = false, is_replacing = false, is_over = false;
  };

  One& add(Role role, const Jid& peer, std::string sid) {
    Session::Config config;
    config.role = role;
    config.local = kLocal;
    config.peer = peer;
    config.sid = std::move(sid);
    config.check_transport = [](const Element& offered) -> Result<void> {
      if (offered.ns() == ns::kJingleIbb) return {};
      return fail(Blame::kPeer, offered.ns().empty() ? "bad-request" : "unsupported-transports",
                  {});
    };
    alive_.push_back(std::make_unique<One>(std::move(config), env_));
    router_.add(&alive_.back()->session);
    return *alive_.back();
  }

  // ---- the peer's requests ----

  void check_print(const JingleRequest& request) {
    Element printed = to_element(request);
    Result<JingleRequest> again = read_jingle(printed);
    require(again && to_element(*again) == printed, "a request is read as it was printed",
            to_xml(printed));
  }

  void on_delivery(const Element& iq, const Router::Deliver& deliver) {
    check_print(deliver.request);
    auto found = std::find_if(alive_.begin(), alive_.end(),
                              [&](const auto& one) { return &one->session == deliver.session; });
    require(found != alive_.end(), "only a session that is alive gets a request");
    One& one = **found;
    require(one.session.config().sid == deliver.request.sid, "a request finds its session");
    require(one.session.config().peer.full() == Jid::parse(iq.attr("from"))->full(),
            "a session hears nobody but its peer");
    SessionState before = one.session.state();
    one.session.on_request(iq, deliver.request);
    SessionState after = one.session.state();
    drain(one);
    check_reaction(deliver.request.action, before, after);
    sweep();
  }

  void check_reaction(Action action, SessionState before, SessionState after) {
    auto row = std::find_if(kRows.begin(), kRows.end(),
                            [&](const Row& each) { return each.action == action; });
    char reaction = row->reactions[static_cast<std::size_t>(before)];
    if (reaction == 'p') return;
    require(replies_.size() == 1, "each request gets one reply");
    const Element& reply = replies_.front();
    std::string what = std::string(to_string(action)) + "\n" + to_xml(reply);
    if (reaction == 'r')
      return require(reply.attr("type") == "result", "what the table processes is acknowledged",
                     what);
    const Element* error = reply.child("error", ns::kClient);
    require(error && error->child(condition_of(reaction), ns::kJingleErrors),
            "what the table refuses is refused with its condition", what);
    require(before == after, "what is refused changes nothing", what);
  }

  void on_offer(const Element& iq, const Router::NewOffer& offer) {
    check_print(offer.request);
    Jid peer = *Jid::parse(iq.attr("from"));
    std::size_t of_peer = 0, pending = 0;
    for (const auto& one : alive_) {
      const Session& session = one->session;
      if (session.config().role != Role::kResponder) continue;
      if (session.state() != SessionState::kPending) continue;
      ++pending;
      if (session.config().peer.same_bare(peer)) ++of_peer;
    }
    require(of_peer < kLimits.pending_per_peer && pending < kLimits.pending &&
                alive_.size() < kLimits.alive,
            "no more offers than the limits");
    One& one = add(Role::kResponder, peer, offer.request.sid);
    one.session.on_request(iq, offer.request);
    drain(one);
    sweep();
  }

  void check_reply(const Element& iq) {
    require(replies_.size() == 1, "each request gets one reply", to_xml(iq));
    const Element& reply = replies_.front();
    std::string what = to_xml(iq) + "\n" + to_xml(reply);
    require(reply.attr("type") == "result" || reply.attr("type") == "error", "a reply is one",
            what);
    require(reply.attr("id") == iq.attr("id"), "a reply has the request's id", what);
    require(reply.attr("to") == iq.attr("from"), "a reply goes back", what);
  }

  // ---- the owner's decisions ----

  void offer(std::string_view line) {
    auto peer = Jid::parse(take_word(line));
    std::string sid(take_word(line));
    bool is_token = std::all_of(sid.begin(), sid.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    });
    if (!peer || sid.empty() || !is_token || alive_.size() >= kLimits.alive) return;
    if (router_.find(*peer, sid)) return;  // ours are random
    One& one = add(Role::kInitiator, *peer, sid);
    one.session.initiate(xmlstream_content(transport(ns::kJingleIbb), ""));
    drain(one);
    sweep();
  }

  void decide(One& one, std::string_view word) {
    Session& session = one.session;
    SessionState state = session.state();
    bool is_responder = session.config().role == Role::kResponder;
    if (word == "end") return session.terminate({"decline", {}, {}});
    if (word == "drop") return session.drop();
    if (word == "accept" && is_responder && state == SessionState::kPending)
      session.accept(xmlstream_content(transport(ns::kJingleIbb), ""));
    if (word == "prove" && is_responder && state == SessionState::kPending) session.prove();
    if (word == "replace" && state == SessionState::kActive)
      session.replace_transport(transport("urn:xmpp:jingle:transports:s5b:1"));
    if (word == "info" && state != SessionState::kNone)
      session.send_transport_info(transport(ns::kJingleIbb));
    if (word == "ping" && state != SessionState::kNone) session.ping();
    if (word == "take-transport" && std::exchange(one.is_replacing, false))
      session.accept_transport(transport(ns::kJingleIbb));
    if (word == "leave-transport" && std::exchange(one.is_replacing, false))
      session.reject_transport(transport(ns::kJingleIbb));
  }

  void reply(One& one, std::string_view line) {
    if (one.asked.empty()) return;
    std::uint32_t tag = one.asked.front();
    one.asked.pop_front();
    std::string kind(take_word(line));
    if (kind == "result" || kind.empty())
      return one.session.on_reply(tag, Element("iq", ns::kClient));
    Blame blame = kind == "timeout" ? Blame::kEnvironment : Blame::kPeer;
    Element application = line.empty() ? Element() : Element(take_word(line), ns::kJingleErrors);
    one.session.on_reply(tag, fail(blame, kind, {}), application);
  }

  void wait(Duration by) {
    env_.advance(by);
    for (auto& one : alive_) {
      Deadline due = one->session.next_deadline();
      if (!is_due(due, env_.now())) continue;
      one->session.on_deadline();
      drain(*one);
      require(one->session.next_deadline() != due, "a deadline does something");
    }
    sweep();
  }

  // ---- what comes out ----

  void drain(One& one) {
    while (auto output = one.session.poll()) {
      if (auto* reply = std::get_if<Session::SendReply>(&*output)) {
        replies_.push_back(std::move(reply->iq));
        continue;
      }
      require(!one.is_over, "nothing but replies comes after the end");
      if (auto* request = std::get_if<Session::SendRequest>(&*output)) note(one, *request);
      if (auto* offered = std::get_if<Session::Offered>(&*output)) {
        require(!std::exchange(one.is_offered, true), "an offer is told once");
        require(offered->content.description.is("description", ns::kXmlStream) &&
                    offered->content.transport.ns() == ns::kJingleIbb,
                "only what is usable is offered", to_xml(offered->content.transport));
      }
      if (std::holds_alternative<Session::ReplaceOffered>(*output)) {
        require(!std::exchange(one.is_replacing, true), "one transport-replace at a time");
      }
      one.is_over = std::holds_alternative<Session::Ended>(*output) ||
                    std::holds_alternative<Session::LostTie>(*output);
    }
    require(one.is_over == (one.session.state() == SessionState::kNone),
            "the state and the facts agree");
  }

  void note(One& one, const Session::SendRequest& request) {
    Result<JingleRequest> read = read_jingle(request.jingle);
    require(read && read->sid == one.session.config().sid, "our requests are sound",
            to_xml(request.jingle));
    one.asked.push_back(request.tag);
  }

  void sweep() {
    std::erase_if(alive_, [this](const auto& one) {
      if (one->is_over) router_.remove(&one->session);
      return one->is_over;
    });
  }

  FakeEnv env_;
  Router router_{kLocal, kLimits};
  std::vector<std::unique_ptr<One>> alive_;
  std::vector<Element> replies_;  // to the request at hand
};

}  // namespace

void fuzz(std::string_view input) {
  Owner owner;
  while (!input.empty()) {
    std::string_view line = take_line(input);
    if (!line.starts_with('<')) {
      owner.act(line);
    } else if (Result<Element> iq = parse_stanza(line)) {
      owner.on_iq(*iq);
    }
  }
}

}  // namespace balcony
