// SPDX-License-Identifier: MIT
// A ByteStream listener that writes down what it is told.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "jingle/byte_stream.h"

namespace balcony {

struct Recorder : ByteStream::Listener {
  void on_bytes(ByteView octets) override {
    received += octets;
    ++reads;
    if (then) then();
  }
  void on_writable() override { ++writables; }
  void on_closed(std::optional<Error> why) override {
    ++closes;
    error = std::move(why);
    if (then) then();
  }

  bool is_closed_in_order() const { return closes == 1 && !error; }
  bool is_lost() const { return closes == 1 && error; }

  Bytes received;
  int reads = 0;
  int writables = 0;
  int closes = 0;
  std::optional<Error> error;
  std::function<void()> then;  // after each read, and after the end
};

}  // namespace balcony
