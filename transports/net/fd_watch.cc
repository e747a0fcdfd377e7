// SPDX-License-Identifier: MIT
#include "transports/net/fd_watch.h"

#include <glib.h>

namespace balcony {

struct FdWatch::Source {
  GSource base;
  FdWatch* watch;
};

FdWatch::FdWatch(Reactor& reactor, int fd, Listener* listener)
    : reactor_(reactor), fd_(fd), listener_(listener) {
  static GSourceFuncs functions = {nullptr, nullptr, dispatch, nullptr, nullptr, nullptr};
  source_ = g_source_new(&functions, sizeof(Source));
  reinterpret_cast<Source*>(source_)->watch = this;
  // Else GLib takes the descriptor out of its set around each dispatch, and wakes itself for that.
  g_source_set_can_recurse(source_, TRUE);
  g_source_attach(source_, reactor.context());
}

FdWatch::~FdWatch() {
  g_source_destroy(source_);
  g_source_unref(source_);
}

void FdWatch::want(bool readable, bool writable) {
  unsigned wanted = (readable ? unsigned{G_IO_IN} : 0) | (writable ? unsigned{G_IO_OUT} : 0);
  if (wanted == wanted_) return;
  wanted_ = wanted;
  auto condition = static_cast<GIOCondition>(wanted);
  if (wanted == 0) {
    g_source_remove_unix_fd(source_, tag_);
    tag_ = nullptr;
  } else if (tag_) {
    g_source_modify_unix_fd(source_, tag_, condition);
  } else {
    tag_ = g_source_add_unix_fd(source_, fd_, condition);
  }
}

int FdWatch::dispatch(GSource* source, int (*)(void*), void*) {
  FdWatch& watch = *reinterpret_cast<Source*>(source)->watch;
  if (!watch.tag_) return G_SOURCE_CONTINUE;  // called off in this very turn
  unsigned ready = g_source_query_unix_fd(source, watch.tag_);
  if (ready & (G_IO_ERR | G_IO_HUP | G_IO_NVAL)) ready |= watch.wanted_;
  ready &= watch.wanted_;
  if (ready == 0) return G_SOURCE_CONTINUE;
  Reactor& reactor = watch.reactor_;
  watch.listener_->on_ready(ready & G_IO_IN, ready & G_IO_OUT);
  reactor.turn();  // what came goes up to the host, and its answer down, in one go
  return G_SOURCE_CONTINUE;
}

}  // namespace balcony
