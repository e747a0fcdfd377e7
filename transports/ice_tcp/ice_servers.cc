// SPDX-License-Identifier: MIT
#include "transports/ice_tcp/ice_servers.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "jingle/base/ns.h"
#include "jingle/base/number.h"
#include "jingle/base/stamp.h"

namespace balcony {
namespace {

// What is valid for longer is asked for as seldom as that, what is over at once not more often.
constexpr std::chrono::seconds kSeldom = 6h, kOften = 1min;

// By UDP, which is how the ICE library asks.
std::optional<HostAndPort> read_service(const Element& service, std::string_view type) {
  std::string_view transport = service.attr("transport"), port = service.attr("port");
  auto number = port.empty() ? kStunPort : read_number<std::uint16_t>(port, 1);
  bool is_usable = service.is("service", ns::kExternalServices) && service.attr("type") == type &&
                   (transport.empty() || transport == "udp") &&
                   service.attr("action") != "delete" && !service.attr("host").empty() && number;
  if (!is_usable) return std::nullopt;
  return HostAndPort{std::string(service.attr("host")), *number};
}

std::optional<TurnServer> read_relay(const Element& service) {
  auto at = read_service(service, "turn");
  if (!at || service.attr("username").empty() || service.attr("password").empty())
    return std::nullopt;
  return TurnServer{std::move(*at), std::string(service.attr("username")),
                    Redacted(std::string(service.attr("password")))};
}

// Seconds since 1970 of 2026-11-27T02:40:00Z, also with parts of seconds, or +01:00 in place of the
// Z (XEP-0082); nothing if it is not one.
std::optional<std::int64_t> read_date(std::string_view text) {
  if (!begins_like_stamp(text)) return std::nullopt;
  auto number = [text](std::size_t at, std::size_t size) {
    return read_number<unsigned>(text.substr(at, size)).value_or(0);
  };
  std::chrono::year_month_day day{std::chrono::year(static_cast<int>(number(0, 4))),
                                  std::chrono::month(number(5, 2)), std::chrono::day(number(8, 2))};
  if (!day.ok()) return std::nullopt;
  std::int64_t seconds =
      std::chrono::sys_days(day).time_since_epoch().count() * std::int64_t{86400} +
      number(11, 2) * 3600 + number(14, 2) * 60 + number(17, 2);
  std::size_t zone = text.find_first_not_of(".0123456789", kStampSize);
  if (zone == std::string_view::npos) return std::nullopt;
  if (text.substr(zone) == "Z") return seconds;
  bool is_offset = text.size() == zone + 6 && (text[zone] == '+' || text[zone] == '-');
  if (!is_offset) return std::nullopt;
  std::int64_t ahead = number(zone + 1, 2) * 3600 + number(zone + 4, 2) * 60;
  return text[zone] == '+' ? seconds - ahead : seconds + ahead;
}

}  // namespace

std::optional<TurnServer> read_turn_server(std::string_view text) {
  std::size_t end = text.rfind('@'), colon = text.find(':');
  if (end == std::string_view::npos || colon == std::string_view::npos || colon > end)
    return std::nullopt;
  auto at = read_host_and_port(text.substr(end + 1), kStunPort);
  std::string_view username = text.substr(0, colon),
                   password = text.substr(colon + 1, end - colon - 1);
  if (!at || username.empty() || password.empty()) return std::nullopt;
  return TurnServer{std::move(*at), std::string(username), Redacted(std::string(password))};
}

IpAddress best_to_ask(const std::vector<IpAddress>& addresses) {
  auto v4 = std::find_if(addresses.begin(), addresses.end(),
                         [](const IpAddress& ip) { return ip.is_v4(); });
  return v4 == addresses.end() ? addresses.front() : *v4;
}

void IceServers::search(const std::string& server, bool with_turn) {
  server_ = server;
  with_turn_ = with_turn;
  stun_.reset();
  turn_.reset();
  stop();
  ask();
}

void IceServers::stop() {
  renewal_.clear();
  replies_.reset();
}

// Those known stay until there is an answer.
void IceServers::ask() {
  replies_.emplace();
  Element services("services", ns::kExternalServices);
  if (!with_turn_) services.set_attr("type", "stun");
  auto on_reply = [this](const Result<Element>& iq) {
    if (const Element* told = iq ? iq->child("services", ns::kExternalServices) : nullptr)
      return on_services(*told);
    bool is_silent = !iq && iq.error().blame == Blame::kEnvironment;
    if (!is_silent) return on_services(Element());  // it has none for us any more
    if (turn_) ask_again(kOften);                   // it was a renewal
  };
  port_.request("get", std::move(services), replies_->guard(std::move(on_reply)), server_);
}

void IceServers::ask_again(std::chrono::seconds wait) {
  renewal_.set(env_.now() + wait, [this] { ask(); });
}

void IceServers::on_services(const Element& services) {
  stun_.reset();
  turn_.reset();
  for (const Element* service : services.children()) {
    if (!stun_) stun_ = read_service(*service, "stun");
    if (turn_ || !with_turn_) continue;
    turn_ = read_relay(*service);
    auto end = read_date(service->attr("expires"));
    if (!turn_ || !end) continue;
    std::chrono::seconds left(*end - env_.unix_time());
    ask_again(std::clamp(left / 2, kOften, kSeldom));
  }
}

}  // namespace balcony
