// SPDX-License-Identifier: MIT
// The Jingle in-band transport (XEP-0261): agrees sid and block size, then runs an IbbSession over
// the IqPort and shows it as a ByteStream (ibb_stream.h), which then lives without the transport.
// Offered and accepted always: it is the last resort (DSC-02).
#pragma once

#include <memory>

#include "jingle/transport.h"
#include "transports/net/scheduler.h"

namespace balcony {

class IbbFactory : public TransportFactory {
 public:
  struct Settings {
    std::size_t block_size =
        4096;  // setting ibb.block-size: what we offer, and the most we agree to
  };

  // Both borrowed; they outlive the factory and what it makes.
  IbbFactory(Env& env, Scheduler& scheduler, Settings settings);

  std::string_view name() const override { return "ibb"; }
  std::string_view ns() const override;
  Result<void> check_offer(const Element& transport) const override;
  std::unique_ptr<Transport> create(Role role, const Peers& peers, IqPort& port,
                                    Reach reach) override;

  void set_block_size(std::size_t octets) { settings_.block_size = octets; }

 private:
  Env& env_;
  Scheduler& scheduler_;
  Settings settings_;
};

}  // namespace balcony
