// SPDX-License-Identifier: MIT
#include "transports/ice_tcp/library_sockets.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <string>

#include "transports/net/socket.h"

namespace balcony {
namespace {

Socket listener(const char* ip) {
  IpAddress at = *IpAddress::parse(ip);
  Socket socket = std::move(*Socket::open(at.is_v4()));
  EXPECT_TRUE(socket.listen({at, 0}, 5));
  return socket;
}

// Whether a connection comes about. Within this machine, that is known at once.
bool hears(const Socket& listening) {
  Endpoint at = *listening.local();
  Socket socket = std::move(*Socket::open(at.ip.is_v4()));
  socket.connect(at);
  pollfd asked{socket.fd(), POLLOUT, 0};
  return poll(&asked, 1, 0) == 1;
}

// That the network is not heard is shown in tests/interop/test_ice_nat.py.
TEST(LibrarySockets, HearThisMachineByWhateverAddress) {
  for (const char* ip : {"127.0.0.1", "127.0.0.2", "::1"}) {
    Socket listening = listener(ip);
    ASSERT_TRUE(hear_only_this_machine(*listening.local())) << ip;
    EXPECT_TRUE(hears(listening)) << ip;
  }
}

TEST(LibrarySockets, AreFoundByTheirAddress) {
  Socket listening = listener("127.0.0.1");
  Socket client = std::move(*Socket::open(true));
  client.connect(*listening.local());
  Endpoint local = *client.local(), elsewhere{*IpAddress::parse("192.0.2.1"), 9};
  EXPECT_EQ(find_connection(local, local.ip, *listening.local()), client.fd());
  EXPECT_EQ(find_connection(elsewhere, elsewhere.ip, *listening.local()), client.fd());
  EXPECT_FALSE(find_connection(local, local.ip, elsewhere));
  Socket second = std::move(*Socket::open(true));
  second.connect(*listening.local());
  EXPECT_EQ(find_connection(local, local.ip, *listening.local()), client.fd());
  EXPECT_FALSE(find_connection(elsewhere, local.ip, *listening.local()));  // it may be either
  EXPECT_FALSE(hear_only_this_machine(local));
}

}  // namespace
}  // namespace balcony
