// SPDX-License-Identifier: MIT
// Two connected ByteStreams in memory, on a FakeScheduler. The test can cut the wire after any
// octet, deliver in small pieces, and bound what waits on the way. The pipe outlives its ends.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>

#include "jingle/byte_stream.h"
#include "tests/support/fake_scheduler.h"

namespace balcony {

class PipeStream {
 public:
  std::size_t chunk = 64 * 1024;       // the most octets of one on_bytes
  std::size_t capacity = 1024 * 1024;  // octets on the way in one direction
  std::optional<std::size_t> cut_at;   // the wire breaks after so many octets, both ways together

  PipeStream(FakeScheduler& scheduler, FakeEnv& env)
      : a_(*this, scheduler, env), b_(*this, scheduler, env) {
    a_.other = &b_;
    b_.other = &a_;
  }

  std::unique_ptr<ByteStream> take_a() { return std::make_unique<Stream>(a_); }
  std::unique_ptr<ByteStream> take_b() { return std::make_unique<Stream>(b_); }

  // As TcpStream::unread: octets that the end's next listener gets first.
  void unread_a(ByteView octets) { a_.unread(octets); }
  void unread_b(ByteView octets) { b_.unread(octets); }

  void cut() {
    Error error{Blame::kEnvironment, "connectivity-error", "the wire was cut"};
    a_.end(error);
    b_.end(error);
  }
  void hang_up() {  // in order, both ways
    a_.end(std::nullopt);
    b_.end(std::nullopt);
  }
  std::size_t carried() const { return carried_; }
  int writes() const { return writes_; }  // calls that took something, both ends together
  // What the ends said so far, as an eavesdropper saw it.
  const Bytes& said_by_a() const { return a_.said; }
  const Bytes& said_by_b() const { return b_.said; }

 private:
  struct End {
    End(PipeStream& owner, FakeScheduler& scheduler, FakeEnv& env)
        : pipe(owner), turn(scheduler, env) {}

    void set_listener(ByteStream::Listener* to) {
      listener = to;
      if (to) soon();
    }

    std::size_t write(ByteView octets) {
      if (is_closing || is_ended) return 0;
      std::size_t room = pipe.capacity - std::min(pipe.capacity, other->inbox.size());
      std::size_t taken = std::min(octets.size(), room);
      is_short = taken < octets.size();
      if (taken > 0) ++pipe.writes_;
      said += octets.substr(0, taken);
      other->inbox.append(octets.substr(0, taken));
      other->soon();
      return taken;
    }

    void close() {
      is_closing = true;
      soon();
      other->soon();
    }

    void unread(ByteView octets) {
      Bytes rest(inbox.view());
      inbox.clear();
      inbox.append(octets);
      inbox.append(rest);
    }

    void end(std::optional<Error> why) {
      if (is_ended) return;
      is_ended = true;
      error = std::move(why);
      soon();
    }

    void soon() {
      if (!turn.is_set()) turn.soon([this] { run(); });
    }

    // At most one call of the listener, last.
    void run() {
      if (is_closing && other->inbox.empty()) end(std::nullopt);
      if (!listener) return;
      bool readable = !inbox.empty() && !(is_ended && error);
      if (readable) return read();
      if (other->is_closing && inbox.empty()) end(std::nullopt);
      if (is_short && !is_ended && other->inbox.size() <= pipe.capacity / 2) {
        is_short = false;
        return listener->on_writable();
      }
      if (is_ended && !is_told) {
        is_told = true;
        listener->on_closed(error);
      }
    }

    void read() {
      std::size_t count = std::min(inbox.size(), pipe.chunk);
      if (pipe.cut_at) count = std::min(count, *pipe.cut_at - pipe.carried_);
      Bytes octets(inbox.view().substr(0, count));
      inbox.consume(count);
      pipe.carried_ += count;
      soon();
      other->soon();
      if (pipe.cut_at && pipe.carried_ >= *pipe.cut_at) pipe.cut();
      if (count > 0) listener->on_bytes(octets);
    }

    PipeStream& pipe;
    Timer turn;
    End* other = nullptr;
    ByteStream::Listener* listener = nullptr;
    ByteQueue inbox;
    Bytes said;
    bool is_short = false;
    bool is_closing = false;
    bool is_ended = false;
    bool is_told = false;
    std::optional<Error> error;
  };

  struct Stream : ByteStream {
    explicit Stream(End& to) : end(to) {}
    ~Stream() override {
      end.listener = nullptr;
      if (end.is_ended) return;
      end.other->end(Error{Blame::kEnvironment, "connectivity-error", "the other end is gone"});
      end.end(std::nullopt);
    }
    void set_listener(Listener* to) override { end.set_listener(to); }
    std::size_t write(ByteView octets) override { return end.write(octets); }
    void close() override { end.close(); }

    End& end;
  };

  std::size_t carried_ = 0;
  int writes_ = 0;
  End a_, b_;
};

}  // namespace balcony
