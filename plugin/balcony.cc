// SPDX-License-Identifier: MIT
// The C interface (balcony.h): the host's side of the mailbox, and the thread that the core lives
// on.

#include "plugin/balcony.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "jingle/base/ns.h"
#include "jingle/base/xml_parser.h"
#include "jingle/security/parser_self_test.h"
#include "plugin/agent.h"
#include "plugin/file_trust.h"
#include "plugin/host_calls.h"
#include "plugin/mailbox.h"
#include "plugin/private_file.h"
#include "plugin/system_env.h"
#include "transports/net/reactor.h"
#include "transports/net/system_network.h"
#include "transports/net/upnp_gateway.h"

namespace balcony {
namespace {

// How many callbacks one balcony_dispatch makes, and for how long: a slow host's loop must go on
// between them.
constexpr int kEventsPerDispatch = 64;
constexpr std::chrono::milliseconds kDispatchWithin{5};

char* copy_text(const std::string& text) {
  char* copy = static_cast<char*>(std::malloc(text.size() + 1));
  if (copy) std::memcpy(copy, text.c_str(), text.size() + 1);
  return copy;
}

// The host's struct, as far as it filled it in.
balcony_host adopt(const balcony_host& given) {
  balcony_host host{};
  std::memcpy(&host, &given, std::min<std::size_t>(given.size, sizeof host));
  return host;
}

Result<Agent::State> open_state(const balcony_host& host, const std::string& folder) {
  if (auto usable = prepare_private_folder(folder); !usable)
    return tl::make_unexpected(usable.error());
  auto settings = SettingsFile::load(folder + "/settings.ini");
  if (!settings) return tl::make_unexpected(settings.error());
  for (const char* const* entry = host.settings; entry && *entry; ++entry)
    if (auto set = settings->override_with(*entry); !set) return tl::make_unexpected(set.error());
  auto contacts = Contacts::load(folder + "/contacts.ini");
  if (!contacts) return tl::make_unexpected(contacts.error());
  auto trust = FileTrust::open(folder + "/trust.ini");
  if (!trust) return tl::make_unexpected(trust.error());
  return Agent::State{std::move(*settings), std::move(*contacts), std::move(*trust),
                      folder + "/identity.pem"};
}

bool parses_rightly(const balcony_host& host) {
  if (!host.sender_of) return false;
  return reads_senders_rightly([&host](const std::string& stanza) -> std::optional<std::string> {
    char* sender = host.sender_of(host.user, stanza.c_str());
    if (!sender) return std::nullopt;
    std::string text = sender;
    std::free(sender);
    return text;
  });
}

}  // namespace
}  // namespace balcony

using namespace balcony;

struct balcony_account {
  explicit balcony_account(const balcony_host& given)
      : host(given),
        fd(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
        reactor(env),
        network(reactor, env),
        gateway(reactor, env),
        mailbox([this] { reactor.wake(); }, [this] { signal(); }) {}
  ~balcony_account() {
    if (fd >= 0) close(fd);
  }

  void start(Agent::State state) {
    bool sound = parses_rightly(host);
    mailbox.with_snapshot([&](Snapshot& snapshot) {
      snapshot.default_mode = state.settings.values().mode;
      snapshot.own_jingle = host.own_jingle != 0;
      for (const auto& [contact, choice] : state.contacts.all())
        if (choice.mode) snapshot.modes[contact] = *choice.mode;
    });
    if (!sound) {
      mailbox.to_host(TellLog{
          kLogInfo, "this client's parser ignores attribute namespaces: offers are proven first"});
    }
    agent = std::make_unique<Agent>(env, reactor, mailbox, std::move(state), sound, &network,
                                    &reactor, &gateway);
    reactor.set_on_wake([this] {
      while (auto event = mailbox.next_for_core()) agent->handle(std::move(*event));
    });
    thread = std::thread([this] {
      reactor.run();
      agent.reset();
    });
  }

  void signal() {
    std::uint64_t one = 1;
    (void)!write(fd, &one, sizeof one);
    if (host.wake) host.wake(host.user);
  }

  balcony_host host;
  int fd;
  SystemEnv env;
  Reactor reactor;
  SystemNetwork network;
  UpnpGateway gateway;
  Mailbox mailbox;
  std::unique_ptr<Agent> agent;  // the thread's own, once it runs
  std::thread thread;
};

namespace {

// The mode that a command sets changes here, at once: what leaves next is decided by it.
void apply_mode(balcony_account& b, const Command& command) {
  bool of_all = command.verb == Verb::kSet && command.words[0] == "mode";
  if (command.verb != Verb::kMode && !of_all) return;
  auto mode = read_mode(command.words[1]);
  auto jid = of_all ? Result<Jid>(Jid()) : Jid::parse(command.words[0]);
  if (!mode || !jid) return;
  b.mailbox.with_snapshot([&](Snapshot& snapshot) {
    (of_all ? snapshot.default_mode : snapshot.modes[jid->to_bare()]) = *mode;
  });
}

int answer(char** text, int verdict, const std::string& why = {}) {
  if (text) *text = why.empty() ? nullptr : copy_text(why);
  return verdict;
}

}  // namespace

extern "C" {

balcony_account* balcony_open(const balcony_host* host, const char* state_dir, char** error) try {
  if (error) *error = nullptr;
  balcony_host adopted = adopt(*host);
  auto state = open_state(adopted, state_dir);
  if (!state) {
    if (error) *error = copy_text(state.error().text);
    return nullptr;
  }
  auto opened = std::make_unique<balcony_account>(adopted);
  opened->host.settings = nullptr;  // read; the host may free them
  opened->start(std::move(*state));
  return opened.release();
} catch (const std::exception& failure) {
  if (error) *error = copy_text(std::string("Balcony can't start: ") + failure.what());
  return nullptr;
}

void balcony_online(balcony_account* b, const char* full_jid, int resumed) {
  auto jid = Jid::parse(full_jid);
  if (jid) {
    b->mailbox.to_core(Online{*jid, resumed != 0});
  } else {
    b->mailbox.to_host(TellNotice{{}, "End-to-end streams are off: " + jid.error().text});
  }
}

void balcony_offline(balcony_account* b) { b->mailbox.to_core(Offline{}); }

int balcony_incoming(balcony_account* b, const char* stanza) {
  std::string_view text(stanza);
  bool ours = b->mailbox.with_snapshot([&](const Snapshot& s) { return may_concern_us(text, s); });
  if (!ours) return BALCONY_PASS;
  auto element = parse_stanza(text);
  if (!element) return BALCONY_PASS;
  auto decision = b->mailbox.with_snapshot([&](Snapshot& s) {
    s.on_request(*element);
    return decide_incoming(*element, s);
  });
  if (decision == IncomingDecision::kPass) return BALCONY_PASS;
  Element kept =
      decision == IncomingDecision::kConsume && is_iq_request(*element) ? *element : Element();
  bool taken = b->mailbox.to_core(Incoming{std::move(*element)}, text.size());
  if (decision == IncomingDecision::kObserve) return BALCONY_PASS;
  if (!taken && kept) {  // the core is behind: the peer may try again
    Element refusal = error_of(kept, {"resource-constraint", "wait", {}, {}});
    b->mailbox.to_host(TellSend{to_xml(refusal, ns::kClient)});  // no callback from in here
  }
  return BALCONY_CONSUMED;
}

int balcony_outgoing(balcony_account* b, const char* stanza, char** text) {
  auto element = parse_stanza(stanza, {.element = 1 << 20});
  if (!element) {
    bool may_leak =
        b->mailbox.with_snapshot([](const Snapshot& s) { return s.requires_anywhere(); });
    if (!may_leak) return answer(text, BALCONY_PASS);
    return answer(text, BALCONY_REFUSED,
                  "this text is no well-formed stanza: " + element.error().text);
  }
  if (element->is("presence", ns::kClient)) {
    auto to = Jid::parse(element->attr("to"));
    std::string_view type = element->attr("type");
    if (to && (type.empty() || type == "unavailable"))
      b->mailbox.to_core(DirectedPresence{*to, type.empty()});
  }
  auto decision =
      b->mailbox.with_snapshot([&](const Snapshot& s) { return decide_outgoing(*element, s); });
  switch (decision.kind) {
    case OutgoingDecision::kRefuse:
      return answer(text, BALCONY_REFUSED, decision.why);
    case OutgoingDecision::kBusy:
      return answer(text, BALCONY_BUSY);
    case OutgoingDecision::kPassAndAttempt:
      b->mailbox.to_core(WantStream{decision.contact});
      return answer(text, BALCONY_PASS);
    case OutgoingDecision::kPass:
      return answer(text, BALCONY_PASS);
    case OutgoingDecision::kTake:
      break;
  }
  std::size_t octets = std::strlen(stanza);
  if (!b->mailbox.to_core(Outgoing{std::move(*element)}, octets)) return answer(text, BALCONY_BUSY);
  return answer(text, BALCONY_TAKEN);
}

void balcony_command(balcony_account* b, const char* line) {
  if (auto command = read_command(line)) apply_mode(*b, *command);
  b->mailbox.to_core(CommandLine{line});
}

int balcony_may_know(balcony_account* b, const char* jid) {
  if (!jid || !*jid) return 1;
  auto asker = Jid::parse(jid);
  return asker && b->mailbox.with_snapshot([&](const Snapshot& s) { return s.may_know(*asker); });
}

int balcony_fd(balcony_account* b) { return b->fd; }

void balcony_dispatch(balcony_account* b) {
  std::uint64_t count = 0;
  (void)!read(b->fd, &count, sizeof count);
  auto until = std::chrono::steady_clock::now() + kDispatchWithin;
  for (int i = 0; i < kEventsPerDispatch; ++i) {
    auto event = b->mailbox.next_for_host();
    if (!event) return;
    call_host(b->host, b->mailbox, *event);
    if (std::chrono::steady_clock::now() > until) break;
  }
  if (b->mailbox.has_host_events()) b->signal();
}

void balcony_shutdown(balcony_account* b) { b->mailbox.to_core(Shutdown{}); }

int balcony_closing(balcony_account* b) {
  bool closing = b->mailbox.with_snapshot([](const Snapshot& s) { return !s.closed; });
  return closing || b->mailbox.has_host_events() ? 1 : 0;
}

void balcony_close(balcony_account* b) {
  b->reactor.stop();
  if (b->thread.joinable()) b->thread.join();
  delete b;
}

void balcony_free(char* text) { std::free(text); }

}  // extern "C"
