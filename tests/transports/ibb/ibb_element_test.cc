// SPDX-License-Identifier: MIT
// In-band elements as XML, ours and a stranger's.
#include "transports/ibb/ibb_element.h"

#include <gtest/gtest.h>

#include "jingle/base/ns.h"

namespace balcony {
namespace {

Element offer(std::string_view block_size, std::string_view sid) {
  return Element("transport", ns::kJingleIbb)
      .set_attr("block-size", block_size)
      .set_attr("sid", sid);
}

std::string fault(const Element& element) {
  auto read = read_in_band(element);
  return read ? "none" : read.error().condition;
}

TEST(IbbElement, TransportReadsAsPrinted) {  // covers IBB-01
  auto read = read_in_band(ibb_transport({"ibb-7d10", 2048}));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->sid, "ibb-7d10");
  EXPECT_EQ(read->block_size, 2048U);
  EXPECT_EQ(fault(ibb_open({"ibb-7d10", 2048})), "none");
}

TEST(IbbElement, BlockSizeIsFromOneTo65535) {  // covers IBB-02
  for (auto good : {"1", "4096", "65535", "04096"})
    EXPECT_EQ(fault(offer(good, "s")), "none") << good;
  for (auto bad : {"", "0", "65536", "-1", "+1", "4k", "4096 ", "99999999999999999999999"})
    EXPECT_EQ(fault(offer(bad, "s")), "bad-request") << bad;
  EXPECT_EQ(fault(Element("transport", ns::kJingleIbb).set_attr("sid", "s")), "bad-request");
}

TEST(IbbElement, SidIsANameToken) {  // covers IBB-01
  for (auto good : {"a", "7", "-x.y_z:0", "\xC3\xA9"})
    EXPECT_EQ(fault(offer("1", good)), "none") << good;
  for (auto bad : {"", "a b", "a/b", "<", "a\n"})
    EXPECT_EQ(fault(offer("1", bad)), "bad-request") << bad;
  EXPECT_EQ(fault(offer("1", std::string(256, 'x'))), "none");
  EXPECT_EQ(fault(offer("1", std::string(257, 'x'))), "bad-request");
}

TEST(IbbElement, DataInMessagesIsIncompatible) {  // covers IBB-07
  EXPECT_EQ(fault(offer("1", "s").set_attr("stanza", "message")), "incompatible-parameters");
  EXPECT_EQ(fault(offer("1", "s").set_attr("stanza", "iq")), "none");
  EXPECT_EQ(fault(offer("1", "s").set_attr("stanza", "presence")), "bad-request");
}

TEST(IbbElement, DataReadsAsPrinted) {
  Bytes octets;
  for (int i = 0; i < 256; ++i) octets += static_cast<char>(i);
  Element data = ibb_data("s", 65535, octets);
  EXPECT_EQ(read_seq(data), 65535);
  EXPECT_EQ(read_block(data, 256), octets);
  EXPECT_EQ(read_block(data, 255), std::nullopt);
}

TEST(IbbElement, CloseNamesTheSid) {
  EXPECT_EQ(to_xml(ibb_close("s")), "<close xmlns='http://jabber.org/protocol/ibb' sid='s'/>");
}

}  // namespace
}  // namespace balcony
