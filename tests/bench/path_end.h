// SPDX-License-Identifier: MIT
// One end of a path between two processes: the TCP socket that with_peer() gives, or what a method
// of ours makes on loopback. Its descriptions and infos go by the socket that stands for the
// server, as Jingle would carry them.
#pragma once

#include <memory>
#include <string_view>

#include "jingle/byte_stream.h"
#include "jingle/role.h"
#include "tests/bench/loop.h"
#include "tests/bench/processes.h"

namespace balcony::bench {

class PathEnd {
 public:
  // `method`: tcp, s5b, ice or ptcp. Returns once it is connected, or ends the program.
  PathEnd(Loop& loop, const Wires& wires, Role role, std::string_view method);
  ~PathEnd();

  std::unique_ptr<ByteStream> take();  // once; before the end itself goes

 private:
  class Attempt;
  std::unique_ptr<Attempt> attempt_;
  std::unique_ptr<ByteStream> stream_;
};

}  // namespace balcony::bench
