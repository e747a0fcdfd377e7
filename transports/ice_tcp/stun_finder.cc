// SPDX-License-Identifier: MIT
#include "transports/ice_tcp/stun_finder.h"

#include <algorithm>

#include "jingle/base/ns.h"
#include "jingle/base/number.h"

namespace balcony {
namespace {

// By UDP, which is how the ICE library asks.
std::optional<HostAndPort> read_service(const Element& service) {
  std::string_view transport = service.attr("transport"), port = service.attr("port");
  auto number = port.empty() ? kStunPort : read_number<std::uint16_t>(port, 1);
  bool is_usable = service.is("service", ns::kExternalServices) && service.attr("type") == "stun" &&
                   (transport.empty() || transport == "udp") &&
                   service.attr("action") != "delete" && !service.attr("host").empty() && number;
  if (!is_usable) return std::nullopt;
  return HostAndPort{std::string(service.attr("host")), *number};
}

}  // namespace

IpAddress best_for_stun(const std::vector<IpAddress>& addresses) {
  auto v4 = std::find_if(addresses.begin(), addresses.end(),
                         [](const IpAddress& ip) { return ip.is_v4(); });
  return v4 == addresses.end() ? addresses.front() : *v4;
}

void StunFinder::search(const std::string& server) {
  found_.reset();
  replies_.emplace();
  Element services("services", ns::kExternalServices);
  services.set_attr("type", "stun");
  auto on_reply = [this](const Result<Element>& iq) {
    if (const Element* told = iq ? iq->child("services", ns::kExternalServices) : nullptr)
      on_services(*told);
  };
  port_.request("get", std::move(services), replies_->guard(std::move(on_reply)), server);
}

void StunFinder::on_services(const Element& services) {
  for (const Element* service : services.children()) {
    found_ = read_service(*service);
    if (found_) return;
  }
}

}  // namespace balcony
