// SPDX-License-Identifier: MIT
#include "transports/ice_tcp/front_door.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "transports/filters/rfc4571.h"
#include "transports/ice_tcp/stun_answer.h"

namespace balcony {
namespace {

constexpr Duration kFirstCheck = 5s;              // as long as a SOCKS5 handshake may take (S5B-09)
constexpr std::size_t kMostCheck = 1024;          // two ufrags of 256 and what goes with them
constexpr std::size_t kMostWaiting = 128 * 1024;  // two large frames: then nothing more is read
constexpr std::size_t kMostGuests = 16;           // one for each candidate that is tried (C-15)
constexpr std::size_t kMostUnanswered = 8;        // checks: a peer has one or two under way
constexpr std::size_t kStunIdEnd = 20;            // RFC 5389 section 6: behind type and length
constexpr ByteView kStunType("\x01\x01", 2);      // the answer that all is well

// Of STUN: an answer is awaited (RFC 5389 section 6: both bits of its class are 0).
bool is_request(ByteView message) { return (message[0] & 1) == 0 && (message[1] & 0x10) == 0; }
ByteView stun_id(ByteView message) { return message.substr(4, kStunIdEnd - 4); }

}  // namespace

// Somebody at a door: a stranger, then a guest with a connection to the library.
class FrontDoor::Visitor final : public ByteStream::Listener {
 public:
  Visitor(FrontDoor& door, const Endpoint& inner, Connection connection, const Endpoint& from)
      : door_(door),
        inner_at_(inner),
        from_(from),
        outer_(std::move(connection)),
        passage_(*this),
        limit_(door.scheduler_, door.env_) {
    limit_.set(door_.env_.now() + kFirstCheck, [this] { door_.dismiss(*this); });
  }
  ~Visitor() { let_go(); }

  void admit() {
    pass_ = door_.strangers_.enter(from_.ip, [this] { door_.dismiss(*this); });
    outer_.stream->set_listener(this);
  }
  void leave() {
    is_gone_ = true;
    let_go();
    limit_.clear();
    connecting_.reset();
    pass_ = Strangers::Pass();
  }

  bool is_gone() const { return is_gone_; }
  bool is_known() const { return is_known_ && !is_gone_; }
  bool is_guest(const Endpoint& seen_from) const {
    return !is_gone_ && inner_.stream && inner_.local == seen_from.text();
  }
  bool has_spoken() const { return has_spoken_; }
  bool is_settled() const { return is_settled_; }
  void await() { is_awaited_ = true; }

  // To the library, if it is to have guests; once.
  void go_in() {
    if (!is_known_ || is_gone_ || connecting_ || !door_.is_letting_in_) return;
    auto connected = [this](Result<Connection> made) { on_connected(std::move(made)); };
    connecting_ = door_.network_.connect(inner_at_, door_.env_.now() + kFirstCheck, connected);
  }

  Guest take() {
    let_go();
    Bytes waiting;  // what the library left unanswered goes first
    for (const Bytes& check : checks_) waiting += rfc4571::framed(check);
    waiting += held_;
    waiting += input_.view();
    if (!waiting.empty()) outer_.unread(waiting);
    return {std::move(outer_), from_};
  }

 private:
  // The connection that the library sees.
  struct Passage final : ByteStream::Listener {
    explicit Passage(Visitor& owner) : visitor(owner) {}
    void on_bytes(ByteView octets) override { visitor.on_library_says(octets); }
    void on_writable() override {}
    void on_closed(std::optional<Error>) override { visitor.on_library_gone(); }
    Visitor& visitor;
  };

  void let_go() {
    if (outer_.stream) outer_.stream->set_listener(nullptr);
    if (inner_.stream) inner_.stream->set_listener(nullptr);
  }

  void on_bytes(ByteView octets) override {
    input_.append(octets);
    while (!is_gone_ && take_frame()) {
    }
    if (held_.size() + input_.size() > kMostWaiting) outer_.stream->set_listener(nullptr);
  }

  // Whether there was a whole one. Checks go on to the library, while it is there, even if they
  // come behind what waits: the peer may use the connection before we have its answer to ours.
  bool take_frame() {
    ByteView rest = input_.view();
    if (rest.size() < rfc4571::kLengthSize) return false;
    std::size_t size = rfc4571::number_at(rest, 0);
    rest.remove_prefix(rfc4571::kLengthSize);
    bool is_decided = rest.size() >= std::min(size, rfc4571::kStunKnown);
    bool is_stun = is_decided && rfc4571::is_stun(rest, size);
    if (is_stun && size > kMostCheck) return refuse();
    if (!is_known_ && (size > kMostCheck || (is_decided && !is_stun))) return refuse();
    if (rest.size() < size) return false;
    rest = rest.substr(0, size);
    if (!is_known_ && !know(rest)) return refuse();
    ByteView whole = input_.view().substr(0, rfc4571::kLengthSize + size);
    if (is_stun && !is_awaited_) {
      if (is_request(rest)) checks_.emplace_back(rest);
      if (checks_.size() > kMostUnanswered) checks_.pop_front();
      pass_on(whole);
    } else {
      held_ += whole;
      if (!is_stun) speak();
    }
    input_.consume(whole.size());
    return true;
  }

  // Frames of the library, which holds back nothing of a frame for long.
  void on_library_says(ByteView octets) {
    said_.append(octets);
    while (said_.size() >= rfc4571::kLengthSize) {
      std::size_t whole = rfc4571::kLengthSize + rfc4571::number_at(said_.view(), 0);
      if (said_.size() < whole) return;
      ByteView frame = said_.view().substr(0, whole);
      Bytes better = answer_to(frame.substr(rfc4571::kLengthSize));
      ByteView leaves = better.empty() ? frame : better;
      if (outer_.stream->write(leaves) < leaves.size()) return door_.dismiss(*this);
      said_.consume(whole);
    }
  }

  // The frame in place of the library's answer to a check, which tells its end in place of the
  // guest's; nothing if it is none.
  Bytes answer_to(ByteView message) {
    if (message.size() < kStunIdEnd || message.substr(0, kStunType.size()) != kStunType) return {};
    auto asked = std::find_if(checks_.begin(), checks_.end(), [message](const Bytes& check) {
      return stun_id(check) == stun_id(message);
    });
    if (asked == checks_.end()) return {};
    Bytes answer = StunAnswer(door_.ours_, from_, door_.is_controlling_)(*asked);
    checks_.erase(asked);
    return answer.empty() ? answer : rfc4571::framed(answer);  // none to what is no check for us
  }

  bool refuse() {
    door_.dismiss(*this);
    return false;
  }

  void speak() {
    has_spoken_ = true;
    door_.on_news_();
  }

  bool know(ByteView check) {
    is_known_ = door_.has_room() && is_check_for(door_.ours_, check);
    if (!is_known_) return false;
    pass_ = Strangers::Pass();
    go_in();
    return true;
  }

  void on_connected(Result<Connection> made) {
    if (!made) return door_.dismiss(*this);
    limit_.clear();
    inner_ = std::move(*made);
    inner_.stream->set_listener(&passage_);
    pass_on(std::exchange(waiting_, {}));
  }

  void pass_on(ByteView frames) {
    bool has_room = true;
    if (inner_.stream) {
      has_room = inner_.stream->write(frames) == frames.size();
    } else {
      has_room = waiting_.size() + frames.size() <= kMostWaiting;
      waiting_ += frames;
    }
    if (!has_room) door_.dismiss(*this);
  }

  void on_library_gone() {
    if (!is_awaited_) return door_.dismiss(*this);
    is_settled_ = true;
    door_.on_news_();
  }

  void on_writable() override {}
  void on_closed(std::optional<Error>) override { door_.dismiss(*this); }

  FrontDoor& door_;
  const Endpoint inner_at_, from_;
  Connection outer_, inner_;
  Passage passage_;
  std::unique_ptr<Network::Pending> connecting_;
  Strangers::Pass pass_;
  Timer limit_;
  ByteQueue input_;           // less than a frame
  Bytes held_;                // frames for whoever takes over
  Bytes waiting_;             // for the connection to the library
  ByteQueue said_;            // by the library: a part of a frame
  std::deque<Bytes> checks_;  // the last ones that the library has not answered
  bool is_known_ = false, has_spoken_ = false, is_awaited_ = false, is_settled_ = false,
       is_gone_ = false;
};

FrontDoor::FrontDoor(bool is_controlling, Network& network, Strangers& strangers,
                     Scheduler& scheduler, const Env& env, std::function<void()> on_news)
    : is_controlling_(is_controlling),
      network_(network),
      strangers_(strangers),
      scheduler_(scheduler),
      env_(env),
      on_news_(std::move(on_news)),
      sweep_(scheduler, env) {}

FrontDoor::~FrontDoor() = default;

void FrontDoor::set_credentials(const IceCredentials& ours) {
  ours_ = ours;
  for (auto& visitor : visitors_)
    if (!visitor->is_gone()) dismiss(*visitor);
}

Result<Endpoint> FrontDoor::open(const Endpoint& inner) {
  for (const Door& door : doors_) {
    if (door.inner == inner) return door.listening->local();
  }
  auto accepted = [this, inner](Connection connection, const Endpoint& from) {
    on_arrival(inner, std::move(connection), from);
  };
  auto listening = network_.listen({inner.ip, 0}, std::move(accepted));
  if (!listening) return tl::make_unexpected(listening.error());
  Endpoint local = (*listening)->local();
  doors_.push_back({inner, std::move(*listening)});
  return local;
}

void FrontDoor::on_arrival(const Endpoint& inner, Connection connection, const Endpoint& from) {
  visitors_.push_back(std::make_unique<Visitor>(*this, inner, std::move(connection), from));
  visitors_.back()->admit();
}

void FrontDoor::let_in() {
  is_letting_in_ = true;
  for (auto& visitor : visitors_) visitor->go_in();
}

bool FrontDoor::has_room() const {
  auto guests = std::count_if(visitors_.begin(), visitors_.end(),
                              [](const auto& visitor) { return visitor->is_known(); });
  return static_cast<std::size_t>(guests) < kMostGuests;
}

FrontDoor::Visitor* FrontDoor::find(const Endpoint& guest) const {
  auto found = std::find_if(visitors_.begin(), visitors_.end(),
                            [&guest](const auto& visitor) { return visitor->is_guest(guest); });
  return found == visitors_.end() ? nullptr : found->get();
}

bool FrontDoor::has_spoken(const Endpoint& guest) const {
  const Visitor* visitor = find(guest);
  return visitor && visitor->has_spoken();
}

bool FrontDoor::await(const Endpoint& guest) {
  Visitor* visitor = find(guest);
  if (visitor) visitor->await();
  return visitor != nullptr;
}

bool FrontDoor::is_settled(const Endpoint& guest) const {
  const Visitor* visitor = find(guest);
  return !visitor || visitor->is_settled();
}

Result<FrontDoor::Guest> FrontDoor::take(const Endpoint& guest) {
  Visitor* visitor = find(guest);
  auto taken = visitor ? Result<Guest>(visitor->take())
                       : fail(Blame::kEnvironment, "failed-transport",
                              "the connection that ICE chose is gone");
  close();
  return taken;
}

void FrontDoor::close() {
  doors_.clear();
  visitors_.clear();
}

// It may be the one that calls: it is buried in the next turn.
void FrontDoor::dismiss(Visitor& visitor) {
  visitor.leave();
  on_news_();
  if (!sweep_.is_set()) sweep_.soon([this] { sweep(); });
}

void FrontDoor::sweep() {
  std::erase_if(visitors_, [](const auto& visitor) { return visitor->is_gone(); });
}

}  // namespace balcony
