// SPDX-License-Identifier: MIT
// Tells when a descriptor can be read or written, from the reactor. While neither is asked for the
// descriptor is not watched at all, so that an error or hang-up on it wakes nobody.
#pragma once

#include "transports/net/reactor.h"

typedef struct _GSource GSource;

namespace balcony {

class FdWatch {
 public:
  class Listener {
   public:
    // May destroy the watch. An error or hang-up counts as what was asked for: the next call on the
    // descriptor will tell.
    virtual void on_ready(bool readable, bool writable) = 0;

   protected:
    ~Listener() = default;
  };

  // Both borrowed. `fd` must stay open as long as the watch lives.
  FdWatch(Reactor& reactor, int fd, Listener* listener);
  ~FdWatch();
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

  void want(bool readable, bool writable);

 private:
  struct Source;
  static int dispatch(GSource* source, int (*)(void*), void*);

  Reactor& reactor_;
  int fd_;
  Listener* listener_;
  GSource* source_;
  void* tag_ = nullptr;  // null: not watched
  unsigned wanted_ = 0;
};

}  // namespace balcony
