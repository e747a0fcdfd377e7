// SPDX-License-Identifier: MIT
#include "transports/ice_tcp/stun_answer.h"

#include <stun/stunagent.h>
#include <stun/usages/ice.h>

#include <array>
#include <utility>

#include "transports/net/system_address.h"

namespace balcony {
namespace {

// Of an answer: header, address, a user name of two ufrags (513), integrity and fingerprint.
constexpr std::size_t kMostAnswer = 1024;

// Whoever names us first and has our password, which only the peer was told.
bool knows(StunAgent*, StunMessage*, std::uint8_t* username, std::uint16_t size,
           std::uint8_t** password, std::size_t* password_size, void* data) {
  auto* ours = static_cast<IceCredentials*>(data);
  ByteView given(reinterpret_cast<const char*>(username), username ? size : 0);
  if (!given.starts_with(ours->ufrag + ":")) return false;
  *password = reinterpret_cast<std::uint8_t*>(ours->pwd.data());
  *password_size = ours->pwd.size();
  return true;
}

// `agent` and `request` hold what an answer is made of, and the latter points into `ours`.
bool is_check(ByteView message, IceCredentials& ours, StunAgent& agent, StunMessage& request) {
  stun_agent_init(&agent, STUN_ALL_KNOWN_ATTRIBUTES, STUN_COMPATIBILITY_RFC5389,
                  static_cast<StunAgentUsageFlags>(STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS |
                                                   STUN_AGENT_USAGE_USE_FINGERPRINT));
  auto* octets = reinterpret_cast<const std::uint8_t*>(message.data());
  return stun_agent_validate(&agent, &request, octets, message.size(), &knows, &ours) ==
             STUN_VALIDATION_SUCCESS &&
         stun_message_get_class(&request) == STUN_REQUEST &&
         stun_message_get_method(&request) == STUN_BINDING;
}

}  // namespace

bool is_check_for(const IceCredentials& ours, ByteView message) {
  StunAgent agent;
  StunMessage request;
  IceCredentials asked_for = ours;  // the library's types know no const
  return is_check(message, asked_for, agent, request);
}

Bytes StunAnswer::operator()(ByteView message) const {
  StunAgent agent;
  StunMessage request, response;
  IceCredentials asked_for = ours_;  // the library's types know no const
  if (!is_check(message, asked_for, agent, request)) return {};
  std::array<std::uint8_t, kMostAnswer> buffer;
  std::size_t size = buffer.size();
  SystemAddress from = to_system(from_);
  bool is_controlling = is_controlling_;
  stun_usage_ice_conncheck_create_reply(&agent, &request, &response, buffer.data(), &size,
                                        &from.storage, from.size, &is_controlling, 0,
                                        STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
  return Bytes(reinterpret_cast<const char*>(buffer.data()), size);
}

}  // namespace balcony
