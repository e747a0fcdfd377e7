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

struct Expected {
  std::string username, password;
};

bool knows(StunAgent*, StunMessage*, std::uint8_t* username, std::uint16_t size,
           std::uint8_t** password, std::size_t* password_size, void* data) {
  auto* expected = static_cast<Expected*>(data);
  ByteView given(reinterpret_cast<const char*>(username), username ? size : 0);
  if (given != expected->username) return false;
  *password = reinterpret_cast<std::uint8_t*>(expected->password.data());
  *password_size = expected->password.size();
  return true;
}

}  // namespace

StunAnswer::StunAnswer(IceCredentials ours, const IceCredentials& theirs, const Endpoint& from,
                       bool is_controlling)
    : username_(ours.ufrag + ":" + theirs.ufrag),
      password_(std::move(ours.pwd)),
      from_(from),
      is_controlling_(is_controlling) {}

Bytes StunAnswer::operator()(ByteView message) const {
  StunAgent agent;
  stun_agent_init(&agent, STUN_ALL_KNOWN_ATTRIBUTES, STUN_COMPATIBILITY_RFC5389,
                  static_cast<StunAgentUsageFlags>(STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS |
                                                   STUN_AGENT_USAGE_USE_FINGERPRINT));
  Expected expected{username_, password_};
  StunMessage request, response;
  auto* octets = reinterpret_cast<const std::uint8_t*>(message.data());
  bool is_check = stun_agent_validate(&agent, &request, octets, message.size(), &knows,
                                      &expected) == STUN_VALIDATION_SUCCESS &&
                  stun_message_get_class(&request) == STUN_REQUEST &&
                  stun_message_get_method(&request) == STUN_BINDING;
  if (!is_check) return {};
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
