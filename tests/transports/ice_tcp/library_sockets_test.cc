// SPDX-License-Identifier: MIT
#include "transports/ice_tcp/library_sockets.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <string>

#include "transports/net/socket.h"
#include "transports/net/system_address.h"

namespace balcony {
namespace {

Socket listener(const char* ip) {
  IpAddress at = *IpAddress::parse(ip);
  Socket socket = std::move(*Socket::open(at.is_v4()));
  EXPECT_TRUE(socket.listen({at, 0}, 5));
  return socket;
}

// Whether somebody at `from` is heard there. On loopback, that is known at once.
bool hears(const Socket& listening, const char* from) {
  Endpoint source{*IpAddress::parse(from), 0};
  Socket socket = std::move(*Socket::open(source.ip.is_v4()));
  SystemAddress address = to_system(source);
  EXPECT_EQ(bind(socket.fd(), address.get(), address.size), 0);
  socket.connect(*listening.local());
  pollfd asked{socket.fd(), POLLOUT, 0};
  return poll(&asked, 1, 0) == 1;
}

TEST(LibrarySockets, HearOnlyThisMachineOnceTold) {  // covers ICE-14
  Socket listening = listener("127.0.0.1");
  EXPECT_TRUE(hears(listening, "127.0.0.2"));
  ASSERT_TRUE(hear_only_ourselves(*listening.local()));
  EXPECT_FALSE(hears(listening, "127.0.0.2"));
  EXPECT_TRUE(hears(listening, "127.0.0.1"));
  Socket six = listener("::1");
  ASSERT_TRUE(hear_only_ourselves(*six.local()));
  EXPECT_TRUE(hears(six, "::1"));
}

// There is but one address of IPv6 on loopback, so the filter is made for another.
TEST(LibrarySockets, CompareAllOfAnAddressOfIpv6) {
  Socket listening = listener("::");
  Endpoint local = *listening.local();
  EXPECT_TRUE(hear_only_ourselves(local));
  SystemAddress target = to_system({*IpAddress::parse("::1"), local.port});
  Socket socket = std::move(*Socket::open(false));
  connect(socket.fd(), target.get(), target.size);
  pollfd asked{socket.fd(), POLLOUT, 0};
  EXPECT_EQ(poll(&asked, 1, 0), 0);
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
  EXPECT_FALSE(hear_only_ourselves(local));
}

}  // namespace
}  // namespace balcony
