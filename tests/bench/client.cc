// SPDX-License-Identifier: MIT
#include "tests/bench/client.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "jingle/base/ns.h"
#include "jingle/base/stanza.h"
#include "jingle/base/xml_parser.h"
#include "plugin/file_trust.h"
#include "tests/bench/processes.h"
#include "tests/bench/tcp_method.h"

namespace balcony::bench {
namespace {

constexpr std::size_t kStanzaOctets = 400;  // as a host would count one of traffic.h

std::string make_folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "balcony-bench-XXXXXX").string();
  if (!mkdtemp(pattern.data())) std::abort();
  return pattern;
}

}  // namespace

Client::Client(Loop& loop, Config config, ToServer to_server)
    : loop_(loop),
      config_(std::move(config)),
      to_server_(std::move(to_server)),
      folder_(make_folder()),
      mailbox_([&loop] { loop.pump_soon(); }, [&loop] { loop.pump_soon(); }),
      network_(loop.reactor, loop.env),
      tcp_(std::make_unique<TcpFactory>(loop.env, loop.reactor, config_.tcp)) {
  auto settings = SettingsFile::load(folder_ + "/settings.ini");
  for (const char* setting :
       {"mode=auto", "trust=tofu", "candidates.loopback=true", "s5b.upnp=false"})
    if (!settings->override_with(setting)) std::abort();
  auto contacts = Contacts::load(folder_ + "/contacts.ini");
  auto trust = FileTrust::open(folder_ + "/trust.ini");
  mailbox_.with_snapshot([](Snapshot& snapshot) { snapshot.default_mode = Mode::kAuto; });
  bool has_network = config_.has_network;
  agent_ = std::make_unique<Agent>(loop.env, loop.reactor, mailbox_,
                                   Agent::State{std::move(*settings), std::move(*contacts),
                                                std::move(*trust), folder_ + "/identity.pem"},
                                   true, has_network ? &network_ : nullptr, &loop.reactor);
  if (!has_network) agent_->add_method(*tcp_);
}

Client::~Client() {
  agent_.reset();
  std::filesystem::remove_all(folder_);
}

void Client::log_in() {
  mailbox_.to_core(Online{*Jid::parse(config_.own), false});
  pump();
}

void Client::meet_contact() { from_server("<presence from='" + config_.contact + "'/>"); }

void Client::use_socket(int fd) { tcp_->set_fd(fd); }

bool Client::send(Element stanza) {
  auto decision = mailbox_.with_snapshot([&](Snapshot& s) { return decide_outgoing(stanza, s); });
  is_busy_ = decision.kind == OutgoingDecision::kBusy;
  if (!is_busy_) is_busy_ = !mailbox_.to_core(Outgoing{std::move(stanza)}, kStanzaOctets);
  return !is_busy_;
}

void Client::from_server(const std::string& xml) {
  Element stanza = *parse_stanza(xml);
  auto decision = mailbox_.with_snapshot([&](Snapshot& s) { return decide_incoming(stanza, s); });
  if (decision != IncomingDecision::kPass) mailbox_.to_core(Incoming{stanza});
  const Element* payload = stanza.first_child();
  bool is_for_us = decision == IncomingDecision::kConsume || !is_iq_request(stanza);
  if (is_for_us || !payload || !payload->is("query", ns::kDiscoInfo)) return;
  Element query("query", ns::kDiscoInfo);
  for (const std::string& feature : features_)
    query.add(Element("feature", ns::kDiscoInfo).set_attr("var", feature));
  to_server_(to_xml(result_of(stanza).add(query).set_attr("from", config_.own), ns::kClient));
}

void Client::pump() {
  bool moved = true;
  while (moved) {
    moved = false;
    while (auto event = mailbox_.next_for_core()) {
      agent_->handle(std::move(*event));
      moved = true;
    }
    while (auto event = mailbox_.next_for_host()) {
      tell(*event);
      moved = true;
    }
  }
}

void Client::tell(HostEvent& event) {
  if (auto* receive = std::get_if<TellReceive>(&event)) {
    if (on_stanza_) on_stanza_(receive->stanza);
  } else if (auto* send = std::get_if<TellSend>(&event)) {
    Element stanza = *parse_stanza(send->xml);
    if (!stanza.has_attr("to")) return answer_for_server(stanza);
    to_server_(to_xml(stanza.set_attr("from", config_.own), ns::kClient));
  } else if (auto* features = std::get_if<TellFeatures>(&event)) {
    features_ = features->features;
  } else if (auto* stream = std::get_if<TellStream>(&event)) {
    state_ = stream->info.state;
    text_ = stream->info.text;
  } else if (auto* peer = std::get_if<TellPeer>(&event)) {
    knows_contact_ = knows_contact_ || peer->e2e == 1;
  } else if (auto* reply = std::get_if<TellReply>(&event); reply && !reply->ok) {
    std::fprintf(stderr, "balcony_bench: %s: %s\n", reply->line.c_str(), reply->text.c_str());
    std::abort();
  } else if (std::holds_alternative<TellWritable>(event)) {
    if (std::exchange(is_busy_, false) && on_writable_) on_writable_();
  } else if (auto* lost = std::get_if<TellUndelivered>(&event); lost && !expects_end_) {
    std::fprintf(stderr, "balcony_bench: undelivered: %s\n", lost->reason.c_str());
    std::abort();
  }
}

void Client::answer_for_server(const Element& iq) {
  Element answer = result_of(iq);
  answer.remove_attr("from");
  const Element* payload = iq.first_child();
  if (payload && payload->ns() == ns::kRoster) {
    Element item("item", ns::kRoster);
    item.set_attr("jid", Jid::parse(config_.contact)->bare()).set_attr("subscription", "both");
    answer.add(Element("query", ns::kRoster).add(std::move(item)));
  } else if (payload && payload->ns() == ns::kBlocking) {
    answer.add(Element("blocklist", ns::kBlocking));
  }
  from_server(to_xml(answer, ns::kClient));
}

// ---- two on one loop ----

Couple::Couple(Loop& on, const std::string& suffix, bool over_tcp)
    : loop(on), method_(over_tcp ? "s5b" : "ibb") {
  std::string a = "romeo" + suffix + "@example.org/orchard";
  std::string b = "juliet" + suffix + "@example.net/balcony";
  auto carry = [this](std::unique_ptr<Client>& to) {
    return [this, &to](std::string xml) {
      loop.reactor.run_at(loop.env.now(), [&to, text = std::move(xml)] {
        to->from_server(text);
        to->pump();
      });
    };
  };
  romeo = std::make_unique<Client>(loop, Client::Config{a, b}, carry(juliet));
  juliet = std::make_unique<Client>(loop, Client::Config{b, a}, carry(romeo));
  for (Client* client : {romeo.get(), juliet.get()}) {
    loop.clients.push_back(client);
    client->log_in();
  }
  for (Client* client : {romeo.get(), juliet.get()}) client->meet_contact();
  loop.run_until([&] { return romeo->knows_contact() && juliet->knows_contact(); });
}

void Couple::open() {
  if (method_ == "s5b") {
    auto [here, there] = tcp_pair();
    romeo->use_socket(here);
    juliet->use_socket(there);
  }
  romeo->command("start " + juliet->jid() + " " + method_);
  loop.run_until([&] { return romeo->state() == "open" && juliet->state() == "open"; });
}

void Couple::close() {
  romeo->command("stop " + juliet->jid());
  loop.run_until([&] { return romeo->state() == "closed" && juliet->state() == "closed"; });
}

}  // namespace balcony::bench
