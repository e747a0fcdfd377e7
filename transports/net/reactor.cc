// SPDX-License-Identifier: MIT
#include "transports/net/reactor.h"

#include <glib.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <map>
#include <unordered_map>
#include <utility>

namespace balcony {
namespace {

// A stanza passes some five layers, each of which leaves the rest to a task of its own. So many
// generations of tasks run before the loop looks at its descriptors again.
constexpr int kGenerations = 8;

}  // namespace

// One GSource stands for all timers and for wake(): GLib asks it when it is due, and it keeps
// order.
class Reactor::Loop {
 public:
  explicit Loop(const Env& env) : env_(env), context_(g_main_context_new()) {
    source_ = g_source_new(&functions(), sizeof(Source));
    reinterpret_cast<Source*>(source_)->loop = this;
    g_source_attach(source_, context_);
  }
  ~Loop() {
    g_source_destroy(source_);
    g_source_unref(source_);
    g_main_context_unref(context_);
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void run() {
    g_main_context_push_thread_default(context_);
    while (!stopped_.load()) g_main_context_iteration(context_, TRUE);
    g_main_context_pop_thread_default(context_);
  }
  void stop() {
    stopped_.store(true);
    g_main_context_wakeup(context_);
  }
  void wake() {
    if (!woken_.exchange(true)) g_main_context_wakeup(context_);
  }
  void set_on_wake(std::function<void()> on_wake) { on_wake_ = std::move(on_wake); }

  Id run_at(TimePoint when, Task task) {
    // Never in the past: what a turn posts then sorts behind all that was due when it began.
    when = std::max(when, env_.now());
    Id id = ++last_id_;
    tasks_.emplace(std::pair(when, id), std::move(task));
    times_.emplace(id, when);
    return id;
  }
  void turn() {
    if (woken_.exchange(false) && on_wake_) on_wake_();
    for (int i = 0; i < kGenerations && !stopped_.load() && run_generation(); ++i) {
    }
  }

  void cancel(Id id) {
    auto found = times_.find(id);
    if (found == times_.end()) return;
    tasks_.erase(std::pair(found->second, id));
    times_.erase(found);
  }

  GMainContext* context() const { return context_; }

 private:
  struct Source {
    GSource base;
    Loop* loop;
  };

  static Loop& of(GSource* source) { return *reinterpret_cast<Source*>(source)->loop; }
  static GSourceFuncs& functions() {
    static GSourceFuncs table = {
        [](GSource* source, gint* timeout) { return of(source).prepare(timeout); },
        [](GSource* source) { return static_cast<gboolean>(of(source).is_ready()); },
        [](GSource* source, GSourceFunc, gpointer) {
          of(source).turn();
          return static_cast<gboolean>(G_SOURCE_CONTINUE);
        },
        nullptr,
        nullptr,
        nullptr};
    return table;
  }

  bool is_ready() const {
    return woken_.load() || (!tasks_.empty() && tasks_.begin()->first.first <= env_.now());
  }

  gboolean prepare(gint* timeout) const {
    *timeout = -1;
    if (is_ready()) return TRUE;
    if (!tasks_.empty()) {
      Duration::rep left = (tasks_.begin()->first.first - env_.now()).count();
      *timeout =
          static_cast<gint>(std::clamp<Duration::rep>(left, 0, std::numeric_limits<gint>::max()));
    }
    return FALSE;
  }

  // True if a task ran. Those that they post belong to the next generation.
  bool run_generation() {
    TimePoint now = env_.now();
    Id last = last_id_;
    bool ran = false;
    while (!tasks_.empty()) {
      auto [when, id] = tasks_.begin()->first;
      if (when > now || id > last) break;
      auto node = tasks_.extract(tasks_.begin());
      times_.erase(id);
      node.mapped()();
      ran = true;
    }
    return ran;
  }

  const Env& env_;
  GMainContext* context_;
  GSource* source_;
  std::function<void()> on_wake_;
  // Flags that other threads raise; nothing else here is shared.
  std::atomic<bool> stopped_{false};
  std::atomic<bool> woken_{false};
  Id last_id_ = 0;
  std::map<std::pair<TimePoint, Id>, Task> tasks_;
  std::unordered_map<Id, TimePoint> times_;
};

Reactor::Reactor(const Env& env) : loop_(std::make_unique<Loop>(env)) {}
Reactor::~Reactor() = default;

void Reactor::run() { loop_->run(); }
void Reactor::stop() { loop_->stop(); }
void Reactor::wake() { loop_->wake(); }
void Reactor::set_on_wake(std::function<void()> on_wake) { loop_->set_on_wake(std::move(on_wake)); }

Scheduler::Id Reactor::run_at(TimePoint when, Task task) {
  return loop_->run_at(when, std::move(task));
}
void Reactor::cancel(Id id) { loop_->cancel(id); }
void Reactor::turn() { loop_->turn(); }

GMainContext* Reactor::context() { return loop_->context(); }

}  // namespace balcony
