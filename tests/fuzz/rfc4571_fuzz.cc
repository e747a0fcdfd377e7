// SPDX-License-Identifier: MIT
// A byte stream in frames against a peer that sends anything, and a reader of frames of our own
// that has all octets at once (RFC 4571, RFC 8489; ICE-08).
//
//   input: a line of two words, VOICE (f: the first frame stays alone, until the peer is heard) and
//   CUTS (see cut_by: how the peer's octets come), then lines:
//     frame COUNT CHARACTER     stun COUNT [CLAIM]     raw TEXT
//                                                            of the peer; `stun` has COUNT more
//                                                            octets than its header, or so it says
//     write COUNT CHARACTER     mimic COUNT                  of ours; `mimic` looks like `stun`
//     turn                                                   of the loop
//     narrow COUNT                                           octets that the wire holds
#include <algorithm>

#include "tests/fuzz/support/fuzz.h"
#include "tests/support/pipe_stream.h"
#include "tests/support/recorder.h"
#include "transports/filters/rfc4571_stream.h"

namespace balcony {
namespace {

constexpr std::size_t kLongest = 70'000;

Bytes stun(std::size_t extra, char kind, std::size_t claim) {
  Bytes message{0, kind, static_cast<char>(claim >> 8), static_cast<char>(claim & 0xFF)};
  return message.append("\x21\x12\xa4\x42", 4).append("transaction!").append(extra, 'x');
}

Bytes stun(std::size_t extra, char kind) { return stun(extra, kind, extra); }

Bytes framed(ByteView payload) {
  Bytes frame{static_cast<char>(payload.size() >> 8), static_cast<char>(payload.size() & 0xFF)};
  return frame.append(payload);
}

// ---- a reader of all frames at once ----

struct Read {
  Bytes stream;
  std::vector<Bytes> messages;
  std::size_t data_frames = 0;
};

std::size_t at(ByteView octets, std::size_t i) { return static_cast<unsigned char>(octets[i]); }

Read read_all(ByteView octets) {
  Read read;
  while (octets.size() >= 2) {
    std::size_t size = at(octets, 0) << 8 | at(octets, 1);
    ByteView frame = octets.substr(2, size);
    octets.remove_prefix(2 + frame.size());
    bool is_long = size >= 20;
    if (is_long && frame.size() < 8) return read;  // it may still become either
    bool is_message = is_long && at(frame, 0) < 0x40 &&
                      (at(frame, 2) << 8 | at(frame, 3)) + 20 == size &&
                      frame.substr(4, 4) == "\x21\x12\xa4\x42";
    if (!is_message) {
      read.stream += frame;
      if (!frame.empty()) ++read.data_frames;
    } else if (frame.size() == size) {
      read.messages.emplace_back(frame);
    }
  }
  return read;
}

class Run {
 public:
  Run(bool first_frame_alone, std::string_view cuts)
      : is_first_alone_(first_frame_alone), cuts_(cuts) {
    auto answer = [this](ByteView message) {
      asked_.emplace_back(message);
      return stun(0, 1);
    };
    stream_.emplace(pipe_.take_a(), scheduler_, env_,
                    Rfc4571Stream::Config{answer, first_frame_alone, {}});
    stream_->set_listener(&heard_);
    peer_->set_listener(&seen_);
  }

  void act(std::string_view line) {
    std::string_view word = take_word(line);
    if (word == "raw") return say(Bytes(line));
    if (word == "turn") return (void)scheduler_.run_due();
    std::size_t count = number_in(take_word(line), kLongest);
    char filling = line.empty() ? 'x' : line[0];
    if (word == "frame") say(framed(Bytes(std::min<std::size_t>(count, 65535), filling)));
    if (word == "stun") {
      count = std::min<std::size_t>(count, 65515);
      say(framed(stun(count, 1, number_in(line, 65535, count))));
    }
    if (word == "write") write(Bytes(count, filling));
    if (word == "mimic") write(stun(std::min<std::size_t>(count, 65515), 1));
    if (word == "narrow") pipe_.capacity = std::max<std::size_t>(count, 1);
    if (word == "narrow") is_narrow_ = true;
  }

  void finish() {
    pipe_.capacity = 1024 * 1024;
    scheduler_.run_due();
    Read theirs = read_all(said_), ours = read_all(seen_.received);
    require(heard_.received == theirs.stream, "what is no message is the stream", said_);
    require(asked_ == theirs.messages, "each whole message is answered", said_);
    require(
        is_narrow_ ? ours.messages.size() <= asked_.size() : ours.messages.size() == asked_.size(),
        "answers are messages, and nothing else of ours is", seen_.received);
    bool is_held = is_first_alone_ && theirs.stream.empty();
    if (is_held) {
      require(ours.data_frames <= 1, "the first frame stays alone", seen_.received);
      require(written_.starts_with(ours.stream), "it is what was written", seen_.received);
    } else {
      require(ours.stream == written_, "what is written arrives", seen_.received);
    }
  }

 private:
  void say(const Bytes& octets) {
    for (const std::string& piece : cut_by(octets, cuts_)) {
      std::size_t taken = peer_->write(piece);
      said_ += piece.substr(0, taken);
      scheduler_.run_due();
      if (taken < piece.size()) return;
    }
  }
  void write(const Bytes& octets) { written_ += octets.substr(0, stream_->write(octets)); }

  const bool is_first_alone_;
  const std::string cuts_;
  FakeEnv env_;
  FakeScheduler scheduler_{env_};
  PipeStream pipe_{scheduler_, env_};
  Recorder heard_, seen_;
  std::unique_ptr<ByteStream> peer_ = pipe_.take_b();
  std::optional<Rfc4571Stream> stream_;
  std::vector<Bytes> asked_;
  Bytes said_, written_;
  bool is_narrow_ = false;
};

}  // namespace

void fuzz(std::string_view input) {
  std::string_view line = take_line(input);
  bool first_frame_alone = take_word(line) == "f";
  Run run(first_frame_alone, take_word(line));
  for (int i = 0; i < 64 && !input.empty(); ++i) run.act(take_line(input));
  run.finish();
}

}  // namespace balcony
