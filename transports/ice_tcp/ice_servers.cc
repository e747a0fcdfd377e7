// SPDX-License-Identifier: MIT
#include "transports/ice_tcp/ice_servers.h"

#include <glib.h>

#include <algorithm>
#include <utility>

#include "jingle/base/ns.h"
#include "jingle/base/number.h"

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
                    std::string(service.attr("password"))};
}

// Seconds until then (XEP-0082); nothing if it is not said, or not understood.
std::optional<std::int64_t> seconds_until(std::string_view date, std::int64_t now) {
  GTimeZone* utc = g_time_zone_new_utc();
  GDateTime* read = g_date_time_new_from_iso8601(std::string(date).c_str(), utc);
  g_time_zone_unref(utc);
  if (!read) return std::nullopt;
  std::int64_t seconds = g_date_time_to_unix(read) - now;
  g_date_time_unref(read);
  return seconds;
}

}  // namespace

std::optional<TurnServer> read_turn_server(const std::string& text) {
  std::size_t at = text.rfind('@'), colon = text.find(':');
  if (at == std::string::npos || colon == std::string::npos || colon > at) return std::nullopt;
  TurnServer server{read_stun_server(text.substr(at + 1)), text.substr(0, colon),
                    text.substr(colon + 1, at - colon - 1)};
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
    auto left = seconds_until(service->attr("expires"), env_.unix_time());
    if (!turn_ || !left) continue;
    auto wait = std::chrono::seconds(std::clamp(*left / 2, kOften, kSeldom));
    renewal_.set(env_.now() + wait, [this] { ask(); });
  }
}

}  // namespace balcony
