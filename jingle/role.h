// SPDX-License-Identifier: MIT
// Who is who. In a Jingle session the initiator is also the stream client (it sends the first
// header) and the TLS client, whoever opened the byte stream (PROTOCOL.md section 0, "Names").
#pragma once

namespace balcony {

enum class Role { kInitiator, kResponder };

inline Role other(Role role) {
  return role == Role::kInitiator ? Role::kResponder : Role::kInitiator;
}

}  // namespace balcony
