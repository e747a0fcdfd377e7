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
constexpr std::int64_t kSeldom = 6 * 3600, kOften = 60;  // seconds

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

std::optional<TurnServer> read_turn_server(const std::string& text) {
  std::size_t at = text.rfind('@'), colon = text.find(':');
  if (at == std::string::npos || colon == std::string::npos || colon > at) return std::nullopt;
  TurnServer server{read_stun_server(text.substr(at + 1)), text.substr(0, colon),
                    Redacted(text.substr(colon + 1, at - colon - 1))};
  bool is_whole = !server.at.host.empty() && !server.username.empty() && !server.password.empty();
  return is_whole ? std::optional(std::move(server)) : std::nullopt;
}

HostAndPort read_stun_server(const std::string& text) {
  if (IpAddress::parse(text)) return {text, kStunPort};
  return split_host_and_port(text, kStunPort);
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
      on_services(*told);
  };
  port_.request("get", std::move(services), replies_->guard(std::move(on_reply)), server_);
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
    std::int64_t left = *end - env_.unix_time();
    auto wait = std::chrono::seconds(std::clamp(left / 2, kOften, kSeldom));
    renewal_.set(env_.now() + wait, [this] { ask(); });
  }
}

}  // namespace balcony
