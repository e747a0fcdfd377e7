// SPDX-License-Identifier: MIT
#include "transports/net/resolver.h"

#include <gio/gio.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "transports/net/scheduler.h"

namespace balcony {
namespace {

constexpr std::size_t kMaxName = 255;    // RFC 1035 section 2.3.4
constexpr std::size_t kMaxResolved = 8;  // half of what a session tries in all (C-15)

// Letters, digits, hyphens and dots, once in ASCII.
bool is_host_name(const std::string& name) {
  bool is_plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return g_ascii_isalnum(c) || c == '-' || c == '.' || c == '_' || c >= 0x80;
  });
  return is_plain && !name.empty() && name.size() <= kMaxName &&
         g_utf8_validate(name.data(), -1, nullptr);
}

std::optional<IpAddress> address_from(GInetAddress* address) {
  gchar* text = g_inet_address_to_string(address);
  std::optional<IpAddress> ip = IpAddress::parse(text);  // nothing for one with a zone
  g_free(text);
  return ip;
}

}  // namespace

// One look-up. GLib keeps the cancellable and our Ticket until it has called back, however late.
class SystemResolver::Query : public Lookup {
 public:
  Query(Reactor& reactor, const Env& env, TimePoint deadline, std::string name, Done done)
      : name_(std::move(name)),
        done_(std::move(done)),
        turn_(reactor, env),
        deadline_(reactor, env) {
    deadline_.set(deadline, [this] {
      finish(
          fail(Blame::kEnvironment, "timeout", "no answer to the question where " + name_ + " is"));
    });
  }
  ~Query() override { forget(); }

  void answer_soon(Result<std::vector<IpAddress>> answer) {
    turn_.soon([this, answer = std::move(answer)] { finish(answer); });
  }

  void ask(GMainContext* context) {
    ticket_ = new Ticket{this};
    cancellable_ = g_cancellable_new();
    GResolver* resolver = g_resolver_get_default();
    g_main_context_push_thread_default(context);
    g_resolver_lookup_by_name_async(resolver, name_.c_str(), cancellable_, on_answer, ticket_);
    g_main_context_pop_thread_default(context);
    g_object_unref(resolver);
  }

 private:
  struct Ticket {
    Query* query;  // null: nobody waits any more
  };

  static void on_answer(GObject* resolver, GAsyncResult* result, gpointer data) {
    std::unique_ptr<Ticket> ticket(static_cast<Ticket*>(data));
    GList* list = g_resolver_lookup_by_name_finish(G_RESOLVER(resolver), result, nullptr);
    std::vector<IpAddress> found;
    for (const GList* entry = list; entry && found.size() < kMaxResolved; entry = entry->next)
      if (auto ip = address_from(G_INET_ADDRESS(entry->data))) found.push_back(*ip);
    g_resolver_free_addresses(list);
    if (!ticket->query) return;
    ticket->query->ticket_ = nullptr;
    ticket->query->on_found(std::move(found));
  }

  void on_found(std::vector<IpAddress> found) {
    if (!found.empty()) return finish(std::move(found));
    finish(
        fail(Blame::kEnvironment, "connectivity-error", name_ + " has no address that is known"));
  }

  void finish(Result<std::vector<IpAddress>> result) {
    forget();
    Done done = std::exchange(done_, nullptr);
    done(std::move(result));
  }

  void forget() {
    deadline_.clear();
    if (ticket_) std::exchange(ticket_, nullptr)->query = nullptr;
    if (!cancellable_) return;
    g_cancellable_cancel(cancellable_);
    g_clear_object(&cancellable_);
  }

  std::string name_;
  Done done_;
  Timer turn_, deadline_;
  Ticket* ticket_ = nullptr;  // GLib owns it
  GCancellable* cancellable_ = nullptr;
};

std::unique_ptr<Resolver::Lookup> SystemResolver::look_up(const std::string& name,
                                                          TimePoint deadline, Done done) {
  auto query = std::make_unique<Query>(reactor_, env_, deadline, name, std::move(done));
  if (std::optional<IpAddress> ip = IpAddress::parse(name)) {
    query->answer_soon(std::vector<IpAddress>{*ip});
  } else if (is_host_name(name)) {
    query->ask(reactor_.context());
  } else {
    query->answer_soon(fail(Blame::kPeer, "connectivity-error", "that is no name of a host"));
  }
  return query;
}

}  // namespace balcony
