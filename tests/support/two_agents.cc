// SPDX-License-Identifier: MIT
#include "tests/support/two_agents.h"

#include <cassert>
#include <filesystem>

#include "plugin/file_trust.h"

namespace balcony {
namespace {

Element disco_info(const std::vector<std::string>& features) {
  Element query("query", ns::kDiscoInfo);
  for (const std::string& feature : features)
    query.add(Element("feature", ns::kDiscoInfo).set_attr("var", feature));
  return query;
}

}  // namespace

FakeHost::FakeHost(World& w, std::string full, const std::string& folder,
                   std::vector<std::string> settings, bool parser_is_sound, Network* network)
    : world(w), jid(*Jid::parse(full)) {
  auto file = SettingsFile::load(folder + "/settings.ini");
  for (const std::string& setting : settings)
    if (!file->override_with(setting)) assert(false && "bad setting in a test");
  auto contacts = Contacts::load(folder + "/contacts.ini");
  mailbox.with_snapshot([&](Snapshot& s) {
    s.default_mode = file->values().mode;
    for (const auto& [contact, choice] : contacts->all())
      if (choice.mode) s.modes[contact] = *choice.mode;
  });
  auto trust = FileTrust::open(folder + "/trust.ini");
  agent = std::make_unique<Agent>(world.env, world.scheduler, mailbox,
                                  Agent::State{std::move(*file), std::move(*contacts),
                                               std::move(*trust), folder + "/identity.pem"},
                                  parser_is_sound, network);
}

void FakeHost::online(bool resumed) {
  connected = true;
  mailbox.to_core(Online{jid, resumed});
}

void FakeHost::offline() {
  connected = false;
  mailbox.to_core(Offline{});
}

void FakeHost::command(const std::string& line) {
  auto command = read_command(line);
  if (command && command->verb == Verb::kMode && read_mode(command->words[1])) {
    mailbox.with_snapshot([&](Snapshot& s) {
      s.modes[Jid::parse(command->words[0])->to_bare()] = *read_mode(command->words[1]);
    });
  }
  bool of_all = command && command->verb == Verb::kSet && command->words[0] == "mode";
  if (of_all && read_mode(command->words[1]))
    mailbox.with_snapshot([&](Snapshot& s) { s.default_mode = *read_mode(command->words[1]); });
  mailbox.to_core(CommandLine{line});
}

OutgoingDecision::Kind FakeHost::outgoing(const Element& stanza) {
  auto decision = mailbox.with_snapshot([&](Snapshot& s) { return decide_outgoing(stanza, s); });
  if (decision.kind == OutgoingDecision::kTake) mailbox.to_core(Outgoing{stanza});
  if (decision.kind == OutgoingDecision::kPassAndAttempt)
    mailbox.to_core(WantStream{decision.contact});
  bool passes = decision.kind == OutgoingDecision::kPass ||
                decision.kind == OutgoingDecision::kPassAndAttempt;
  if (passes && connected) world.route(stanza, jid);
  return decision.kind;
}

OutgoingDecision::Kind FakeHost::message(const Jid& to, const std::string& text,
                                         const std::string& id) {
  Element message("message", ns::kClient);
  message.set_attr("to", to.full()).set_attr("type", "chat").set_attr("id", id);
  message.add(Element("body", ns::kClient).add_text(text));
  return outgoing(message);
}

void FakeHost::incoming(const Element& stanza) {
  auto decision = mailbox.with_snapshot([&](Snapshot& s) {
    s.on_request(stanza);
    return decide_incoming(stanza, s);
  });
  if (decision != IncomingDecision::kPass) mailbox.to_core(Incoming{stanza});
  if (decision == IncomingDecision::kConsume) return;
  const Element* payload = stanza.first_child();
  if (is_iq_request(stanza) && payload && payload->is("query", ns::kDiscoInfo)) {
    world.route(result_of(stanza).add(disco_info(features)), jid);
    return;
  }
  from_server.push_back(stanza);
}

bool FakeHost::turn() {
  bool moved = false;
  while (auto event = mailbox.next_for_core()) {
    agent->handle(std::move(*event));
    moved = true;
  }
  if (!dispatches) return moved;
  while (auto event = mailbox.next_for_host()) {
    moved = true;
    if (auto* send = std::get_if<TellSend>(&*event)) {
      if (connected) world.route(*parse_stanza(send->xml), jid);
      continue;
    }
    if (auto* list = std::get_if<TellFeatures>(&*event)) features = list->features;
    if (auto* receive = std::get_if<TellReceive>(&*event);
        receive && receive->is_request && !answers_requests)
      mailbox.to_core(Unhandled{*Jid::parse(receive->stanza.peer), receive->stanza.id,
                                *parse_stanza(receive->stanza.xml)});
    events.push_back(std::move(*event));
  }
  return moved;
}

std::vector<std::string> FakeHost::states() const {
  std::vector<std::string> states;
  for (const TellStream& e : told<TellStream>()) states.push_back(e.info.state);
  return states;
}

std::string FakeHost::state() const { return states().empty() ? "none" : states().back(); }

std::vector<std::string> FakeHost::bodies(const std::string& via) const {
  std::vector<std::string> texts;
  auto take = [&](const Element& stanza) {
    if (const Element* body = stanza.child("body", ns::kClient)) texts.push_back(body->text());
  };
  if (via == "e2e")
    for (const TellReceive& e : told<TellReceive>()) take(*parse_stanza(e.stanza.xml));
  if (via == "server")
    for (const Element& stanza : from_server) take(stanza);
  return texts;
}

std::vector<std::string> FakeHost::lost() const {
  std::vector<std::string> ids;
  for (const TellUndelivered& e : told<TellUndelivered>()) ids.push_back(e.stanza.id);
  return ids;
}

std::string FakeHost::broken_law() const {
  struct Live {
    int attempts = 0, open = 0;
  };
  std::map<std::string, Live> lives;
  for (const TellStream& e : told<TellStream>()) {
    const StreamInfo& info = e.info;
    Live& live = lives[info.peer];
    std::string what = jid.full() + ": " + info.state + " of " + info.peer + ' ' + info.reason;
    if (info.state == "negotiating" && ++live.attempts > 1) return what + ", while it was";
    if (info.state == "open" && (--live.attempts != 0 || ++live.open > 1)) return what;
    if (info.state != "closed") continue;
    bool began = live.attempts + live.open > 0;
    if (!began && info.role != "initiator") return what + ", though it never began";
    if (live.open > 0 ? live.open-- : began && live.attempts--) began = true;
    if (info.reason.empty() || info.text.empty()) return what + ", without a word";
  }
  std::vector<std::string> ids = lost();
  std::sort(ids.begin(), ids.end());
  auto twice = std::adjacent_find(ids.begin(), ids.end());
  return twice == ids.end() ? "" : jid.full() + ": reported twice: " + *twice;
}

World::World() : folder(make_folder()) {}

World::~World() {
  hosts.clear();
  gone_.clear();
  std::filesystem::remove_all(folder);
}

FakeHost& World::add(const std::string& jid, std::vector<std::string> settings,
                     bool parser_is_sound, const std::vector<std::string>& addresses) {
  Network* network = addresses.empty() ? nullptr : &internet.add(addresses);
  std::string own = folder + "/" + std::string(Jid::parse(jid)->bare());
  std::filesystem::create_directories(own);
  hosts.push_back(
      std::make_unique<FakeHost>(*this, jid, own, std::move(settings), parser_is_sound, network));
  FakeHost& host = *hosts.back();
  host.online();
  run();
  broadcast(host, {});
  for (auto& other : hosts) broadcast(*other, {});
  run();
  return host;
}

void World::remove(FakeHost& host) {
  broadcast(host, "unavailable");
  auto found =
      std::find_if(hosts.begin(), hosts.end(), [&](const auto& h) { return h.get() == &host; });
  host.connected = false;
  host.agent.reset();
  gone_.push_back(std::move(*found));
  hosts.erase(found);
}

void World::befriend(const std::string& a, const std::string& b) {
  friends.emplace_back(*Jid::parse(a), *Jid::parse(b));
  friends.emplace_back(*Jid::parse(b), *Jid::parse(a));
}

void World::broadcast(FakeHost& host, const std::string& type) {
  Element presence("presence", ns::kClient);
  presence.set_attr("from", host.jid.full());
  if (!type.empty()) presence.set_attr("type", type);
  for (auto& other : hosts) {
    bool knows = std::any_of(friends.begin(), friends.end(), [&](const auto& pair) {
      return pair.first.same_bare(host.jid) && pair.second.same_bare(other->jid);
    });
    if (knows && other->connected) other->incoming(presence);
  }
}

void World::run() {
  for (bool moved = true; moved;) {
    moved = false;
    for (std::size_t i = 0; i < hosts.size(); ++i) moved = hosts[i]->turn() || moved;
    moved = scheduler.run_due() > 0 || moved;
  }
}

void World::advance(Duration by) {
  constexpr Duration kStep = 100ms;
  for (Duration left = by; left > 0ms; left -= kStep) {
    scheduler.advance(std::min(left, kStep));
    run();
  }
}

void World::route(Element stanza, const Jid& from) {
  stanza.set_attr("from", from.full());
  seen.push_back(stanza);
  if (drop && drop(stanza)) return;
  auto to = Jid::parse(stanza.attr("to"));
  auto sender =
      std::find_if(hosts.begin(), hosts.end(), [&](const auto& h) { return h->jid == from; });
  if (!to) {
    if (sender != hosts.end() && is_iq_request(stanza)) answer_for_account(stanza, **sender);
    return;
  }
  if (auto puppet = puppets.find(to->full()); puppet != puppets.end())
    return puppet->second.push_back(stanza);
  for (auto& host : hosts) {
    bool meant = to->is_bare() ? host->jid.same_bare(*to) : host->jid == *to;
    if (meant && host->connected) return host->incoming(stanza);
  }
  if (is_iq_request(stanza) && sender != hosts.end())
    (*sender)->incoming(error_of(stanza, {"service-unavailable", "cancel", {}, {}}));
}

void World::answer_for_account(const Element& iq, FakeHost& host) {
  Element answer = result_of(iq).set_attr("to", host.jid.full());
  answer.remove_attr("from");
  const Element* payload = iq.first_child();
  if (payload && payload->ns() == ns::kRoster) {
    Element query("query", ns::kRoster);
    for (const auto& [a, b] : friends) {
      if (!a.same_bare(host.jid)) continue;
      query.add(
          Element("item", ns::kRoster).set_attr("jid", b.full()).set_attr("subscription", "both"));
    }
    answer.add(std::move(query));
  } else if (payload && payload->ns() == ns::kBlocking) {
    Element list("blocklist", ns::kBlocking);
    for (const Jid& jid : blocked)
      list.add(Element("item", ns::kBlocking).set_attr("jid", jid.full()));
    answer.add(std::move(list));
  }
  host.incoming(answer);
}

std::string World::everything_the_server_saw() const {
  std::string all;
  for (const Element& stanza : seen) all += to_xml(stanza) + "\n";
  return all;
}

std::vector<std::string> World::jingle(std::size_t since) const {
  std::vector<std::string> found;
  for (std::size_t i = since; i < seen.size(); ++i) {
    const Element* jingle = seen[i].child("jingle", ns::kJingle);
    if (!jingle || !is_iq_request(seen[i])) continue;
    std::string line = std::string(jingle->attr("action")) + ' ' + std::string(jingle->attr("sid"));
    const Element* reason = jingle->child("reason", ns::kJingle);
    if (reason && reason->first_child()) line += ' ' + std::string(reason->first_child()->name());
    found.push_back(std::move(line));
  }
  return found;
}

std::string make_folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "balcony-test-XXXXXX").string();
  [[maybe_unused]] char* made = mkdtemp(pattern.data());
  assert(made);
  return pattern;
}

}  // namespace balcony
