// SPDX-License-Identifier: MIT
// The machine's own addresses, behind an interface that tests fake.
#pragma once

#include <string>
#include <vector>

#include "transports/net/ip_address.h"

namespace balcony {

struct InterfaceAddress {
  std::string interface;  // eth0
  IpAddress ip;

  auto operator<=>(const InterfaceAddress&) const = default;
};

class Interfaces {
 public:
  virtual ~Interfaces() = default;

  // Of interfaces that are up, in the system's order; at most 256. Empty if the system won't tell.
  virtual std::vector<InterfaceAddress> addresses() const = 0;
};

class SystemInterfaces : public Interfaces {
 public:
  std::vector<InterfaceAddress> addresses() const override;
};

}  // namespace balcony
