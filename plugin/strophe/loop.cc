// SPDX-License-Identifier: MIT
// How an adapter waits. xmpp_run_once looks at libstrophe's own sockets only, reads at most 4096
// bytes, says nothing of what it did, and may leave decrypted bytes inside TLS, where no poll sees
// them.
#include <algorithm>
#include <vector>

#include "plugin/strophe/adapter.h"

namespace strophe_host {
namespace {

using namespace std::chrono_literals;

// A TLS record of 16 KiB is four reads of libstrophe's; after five without an event none is left.
constexpr int kQuietReads = 5;
// 256 KiB of reading, then the core and the client's descriptors get their turn.
constexpr int kReadsPerTurn = 64;
// The timer of a client without a poll of its own.
constexpr unsigned long kBusyPeriod = 10;
constexpr unsigned long kIdlePeriod = 100;
constexpr auto kBusyAfterActivity = 2s;

bool is_ready(int fd, short events) {
  if (fd < 0) return false;
  pollfd one{fd, events, 0};
  return poll(&one, 1, 0) > 0;
}

// libstrophe calls a sockopt callback at once on a connection that has a socket: the way to ask for
// it.
thread_local int asked_socket = -1;
int tell_socket(xmpp_conn_t*, void* socket) {
  asked_socket = *static_cast<int*>(socket);
  return 0;
}

int on_busy_timer(xmpp_ctx_t* context, void* self);

int on_idle_timer(xmpp_ctx_t* context, void* self) {
  if (!static_cast<Adapter*>(self)->on_timer()) return 1;
  xmpp_global_timed_handler_add(context, on_busy_timer, kBusyPeriod, self);
  return 0;
}

int on_busy_timer(xmpp_ctx_t* context, void* self) {
  if (static_cast<Adapter*>(self)->on_timer()) return 1;
  xmpp_global_timed_handler_add(context, on_idle_timer, kIdlePeriod, self);
  return 0;
}

}  // namespace

int Adapter::socket() {
  if (!is_connected()) return -1;
  if (socket_ < 0) {
    xmpp_conn_set_sockopt_callback(connection_, tell_socket);
    socket_ = asked_socket;
  }
  return socket_;
}

// A socket that is not writable now may have more of libstrophe's queue to take later.
short Adapter::wanted_events() {
  if (socket() < 0) return 0;
  return static_cast<short>(is_ready(socket(), POLLOUT) ? POLLIN : POLLIN | POLLOUT);
}

// One xmpp_run_once, which writes, then reads. True if it did something that may have queued an
// answer.
bool Adapter::step() {
  bool was_connecting = connection_ && xmpp_conn_is_connecting(connection_);
  bool has_input = is_ready(socket(), POLLIN);
  stanza_came_ = false;
  xmpp_run_once(context_, 0);
  settle(true);
  bool is_connecting = connection_ && xmpp_conn_is_connecting(connection_);
  bool has_output = is_connected() && xmpp_conn_send_queue_len(connection_) > 0;
  return has_input || stanza_came_ || was_connecting != is_connecting ||
         (has_output && is_ready(socket(), POLLOUT));
}

// Writes and reads until there is nothing more of either, or others should have their turn: then
// true.
bool Adapter::run_server() {
  bool may_hide = false;
  for (int reads = 0, quiet = 0; reads < kReadsPerTurn; ++reads) {
    if (step()) {
      quiet = 0;
      may_hide = connection_ && xmpp_conn_is_secured(connection_);
    } else if (++quiet >= kQuietReads || !may_hide) {
      return false;
    }
  }
  return true;
}

void Adapter::dispatch() {
  if (!is_ready(balcony_fd(core_), POLLIN)) return;
  last_activity_ = std::chrono::steady_clock::now();
  balcony_dispatch(core_);
}

bool Adapter::wait(pollfd* own, unsigned count, int timeout_ms) {
  std::vector<pollfd> all(own, own + count);
  all.push_back({balcony_fd(core_), POLLIN, 0});
  all.push_back({socket(), wanted_events(), 0});  // poll skips a negative one
  bool ready = poll(all.data(), all.size(), timeout_ms) > 0;
  for (unsigned i = 0; i < count; ++i) own[i].revents = ready ? all[i].revents : short{0};
  return ready && all.back().revents != 0;
}

// What was queued since the last turn goes out first, so that nothing waits through the poll.
void Adapter::run_once(pollfd* own, unsigned count, int timeout_ms) {
  if (run_server()) timeout_ms = 0;
  if (login_.is_settling()) timeout_ms = std::clamp(timeout_ms, 0, 50);
  if (wait(own, count, timeout_ms)) run_server();
  dispatch();
}

void Adapter::use_timer() {
  xmpp_global_timed_handler_add(context_, on_idle_timer, kIdlePeriod, this);
}

void Adapter::stop_timer() {
  xmpp_global_timed_handler_delete(context_, on_idle_timer);
  xmpp_global_timed_handler_delete(context_, on_busy_timer);
}

bool Adapter::on_timer() {
  settle(true);
  dispatch();
  return std::chrono::steady_clock::now() - last_activity_ < kBusyAfterActivity;
}

}  // namespace strophe_host
