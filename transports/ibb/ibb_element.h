// SPDX-License-Identifier: MIT
// The elements of in-band bytestreams as XML: <open/>, <data/>, <close/> (XEP-0047 section 2) and
// the Jingle <transport/> (XEP-0261 section 2). Each printer stands next to its reader.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "jingle/base/bytes.h"
#include "jingle/base/element.h"
#include "jingle/base/result.h"

namespace balcony {

// What <transport/> offers and <open/> repeats.
struct InBand {
  std::string sid;
  std::size_t block_size = 0;  // octets before base64
};

Element ibb_transport(const InBand& in_band);
Element ibb_open(const InBand& in_band);

// Reads either. Errors, blame kPeer: bad-request; incompatible-parameters for blocks in messages
// (IBB-07).
Result<InBand> read_in_band(const Element& element);

Element ibb_data(std::string_view sid, std::uint16_t seq, ByteView octets);
Element ibb_close(std::string_view sid);

std::optional<std::uint16_t> read_seq(const Element& data);

// The octets of <data/>: strict base64 but for XML white space (IBB-09), at most `block_size`
// octets (IBB-10).
std::optional<Bytes> read_block(const Element& data, std::size_t block_size);

}  // namespace balcony
