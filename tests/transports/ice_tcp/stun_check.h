// SPDX-License-Identifier: MIT
// Connectivity checks as the peer's ICE library makes them.
#pragma once

#include <gtest/gtest.h>
#include <stun/stunagent.h>
#include <stun/usages/ice.h>

#include <array>
#include <string>

#include "transports/ice_tcp/mapping.h"
#include "transports/net/system_address.h"

namespace balcony {

inline const IceCredentials kOurs{"ours", "password-of-ours-password"};

inline StunAgent stun_agent() {
  StunAgent made;
  stun_agent_init(&made, STUN_ALL_KNOWN_ATTRIBUTES, STUN_COMPATIBILITY_RFC5389,
                  static_cast<StunAgentUsageFlags>(STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS |
                                                   STUN_AGENT_USAGE_USE_FINGERPRINT));
  return made;
}

inline Bytes check(StunAgent& by, const std::string& username = "ours:them",
                   const std::string& password = kOurs.pwd, bool nominates = true) {
  StunMessage message;
  std::array<std::uint8_t, 512> buffer;
  std::size_t size = stun_usage_ice_conncheck_create(
      &by, &message, buffer.data(), buffer.size(),
      reinterpret_cast<const std::uint8_t*>(username.data()), username.size(),
      reinterpret_cast<const std::uint8_t*>(password.data()), password.size(), nominates, true,
      1000, 7, nullptr, STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
  EXPECT_GT(size, 0U);
  return Bytes(reinterpret_cast<const char*>(buffer.data()), size);
}

// What an answer that satisfies the library tells whoever asked.
inline Endpoint mapped_address(StunAgent& asked, const Bytes& answer) {
  StunMessage message;
  auto* octets = reinterpret_cast<const std::uint8_t*>(answer.data());
  EXPECT_EQ(stun_agent_validate(&asked, &message, octets, answer.size(), nullptr, nullptr),
            STUN_VALIDATION_SUCCESS);
  sockaddr_storage mapped{};
  socklen_t size = sizeof mapped;
  EXPECT_EQ(stun_usage_ice_conncheck_process(&message, &mapped, &size,
                                             STUN_USAGE_ICE_COMPATIBILITY_RFC5245),
            STUN_USAGE_ICE_RETURN_SUCCESS);
  return from_system(reinterpret_cast<const sockaddr&>(mapped))
      .value_or(Endpoint{IpAddress::from_v4({}), 0});
}

}  // namespace balcony
