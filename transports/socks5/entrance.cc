// SPDX-License-Identifier: MIT
#include "transports/socks5/entrance.h"

#include <algorithm>
#include <utility>

namespace balcony {
namespace {

constexpr Duration kHandshakeLimit = 5s;   // S5B-09
constexpr std::size_t kGuestsAtADoor = 4;  // S5B-22

}  // namespace

// Somebody at a door, until the handshake has failed or the visitor is a guest.
class Socks5Entrance::Visitor final : public ByteStream::Listener {
 public:
  enum class State { kShaking, kGuest, kGone };

  Visitor(Socks5Entrance& entrance, std::string cid, Connection connection)
      : entrance_(entrance),
        cid_(std::move(cid)),
        connection_(std::move(connection)),
        handshake_([&entrance](std::string_view name) {
          return std::find(entrance.names_.begin(), entrance.names_.end(), name) !=
                 entrance.names_.end();
        }),
        limit_(entrance.scheduler_, entrance.env_) {
    limit_.set(entrance.env_.now() + kHandshakeLimit, [this] { entrance_.dismiss(*this); });
  }
  ~Visitor() {
    if (connection_.stream) connection_.stream->set_listener(nullptr);
  }

  void admit(const IpAddress& from) {
    pass_ = entrance_.strangers_.enter(from, [this] { entrance_.dismiss(*this); });
    connection_.stream->set_listener(this);
  }
  void leave() {
    state_ = State::kGone;
    connection_.stream->set_listener(nullptr);
    limit_.clear();
    pass_ = Strangers::Pass();
  }

  State state() const { return state_; }
  const std::string& cid() const { return cid_; }
  Connection take() { return std::move(connection_); }

 private:
  void on_bytes(ByteView octets) override {
    handshake_.on_bytes(octets);
    while (auto output = handshake_.poll()) {
      if (auto* send = std::get_if<Socks5Handshake::Send>(&*output)) {
        connection_.stream->write(send->octets);
      } else if (auto* connected = std::get_if<Socks5Handshake::Connected>(&*output)) {
        connection_.stream->set_listener(nullptr);
        if (!connected->rest.empty()) connection_.unread(connected->rest);
        limit_.clear();
        state_ = State::kGuest;
        pass_ = Strangers::Pass();
        return entrance_.on_guest(*this);
      } else {
        return refuse();
      }
    }
  }
  // What was said last leaves before the connection goes.
  void refuse() {
    connection_.stream->close();
    limit_.set(entrance_.env_.now() + kRefusalLeaves, [this] { entrance_.dismiss(*this); });
  }
  void on_writable() override {}
  void on_closed(std::optional<Error>) override { entrance_.dismiss(*this); }

  static constexpr Duration kRefusalLeaves = 1s;

  Socks5Entrance& entrance_;
  const std::string cid_;
  Connection connection_;
  Socks5Server handshake_;
  Strangers::Pass pass_;
  State state_ = State::kShaking;
  Timer limit_;
};

Socks5Entrance::Socks5Entrance(std::vector<std::string> names, Network& network,
                               Strangers& strangers, Scheduler& scheduler, const Env& env)
    : names_(std::move(names)),
      network_(network),
      strangers_(strangers),
      scheduler_(scheduler),
      env_(env),
      sweep_(scheduler, env) {}

Socks5Entrance::~Socks5Entrance() = default;

Result<Endpoint> Socks5Entrance::open(const std::string& cid, const Endpoint& at) {
  auto accepted = [this, cid](Connection connection, const Endpoint& from) {
    on_arrival(cid, std::move(connection), from);
  };
  auto listening = network_.listen(at, std::move(accepted));
  if (!listening) return tl::make_unexpected(listening.error());
  Endpoint local = (*listening)->local();
  doors_.push_back({cid, std::move(*listening)});
  return local;
}

std::vector<Connection> Socks5Entrance::take(const std::string& cid) {
  doors_.clear();
  std::vector<Connection> guests;
  for (auto& visitor : visitors_) {
    bool is_guest = visitor->state() == Visitor::State::kGuest && visitor->cid() == cid;
    if (is_guest) guests.push_back(visitor->take());
  }
  visitors_.clear();
  return guests;
}

void Socks5Entrance::on_arrival(const std::string& cid, Connection connection,
                                const Endpoint& from) {
  visitors_.push_back(std::make_unique<Visitor>(*this, cid, std::move(connection)));
  visitors_.back()->admit(from.ip);
}

// A fifth one with the right name is no better than the four before.
void Socks5Entrance::on_guest(Visitor& visitor) {
  auto guests = std::count_if(visitors_.begin(), visitors_.end(), [&visitor](const auto& other) {
    return other->state() == Visitor::State::kGuest && other->cid() == visitor.cid();
  });
  if (static_cast<std::size_t>(guests) > kGuestsAtADoor) dismiss(visitor);
}

// It may be the one that calls: it is buried in the next turn.
void Socks5Entrance::dismiss(Visitor& visitor) {
  visitor.leave();
  if (!sweep_.is_set()) sweep_.soon([this] { sweep(); });
}

void Socks5Entrance::sweep() {
  std::erase_if(visitors_,
                [](const auto& visitor) { return visitor->state() == Visitor::State::kGone; });
}

}  // namespace balcony
