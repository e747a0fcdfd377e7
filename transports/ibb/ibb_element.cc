// SPDX-License-Identifier: MIT
#include "transports/ibb/ibb_element.h"

#include <algorithm>

#include "jingle/base/ns.h"
#include "jingle/base/number.h"

namespace balcony {
namespace {

constexpr std::size_t kMaxSid = 256;              // octets; SECURITY.md's limit for names
constexpr std::size_t kMaxUnsignedShort = 65535;  // block-size and seq are xs:unsignedShort

// XML's NMTOKEN, where every character beyond ASCII counts as a name character.
bool is_nmtoken(std::string_view text) {
  constexpr std::string_view marks = ".-_:";
  auto is_name_char = [marks](char c) {
    auto octet = static_cast<unsigned char>(c);
    return octet >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z') || marks.find(c) != std::string_view::npos;
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), is_name_char);
}

Element element_of(std::string_view name, std::string_view sid) {
  return Element(name, ns::kIbb).set_attr("sid", sid);
}

}  // namespace

Element ibb_transport(const InBand& in_band) {
  return Element("transport", ns::kJingleIbb)
      .set_attr("block-size", std::to_string(in_band.block_size))
      .set_attr("sid", in_band.sid);
}

Element ibb_open(const InBand& in_band) {
  return element_of("open", in_band.sid)
      .set_attr("block-size", std::to_string(in_band.block_size))
      .set_attr("stanza", "iq");
}

Result<InBand> read_in_band(const Element& element) {
  std::string_view sid = element.attr("sid");
  auto block_size = read_number<std::size_t>(element.attr("block-size"), 0, kMaxUnsignedShort);
  if (!is_nmtoken(sid) || sid.size() > kMaxSid)
    return fail(Blame::kPeer, "bad-request", "in-band: no valid sid");
  if (!block_size || *block_size == 0)
    return fail(Blame::kPeer, "bad-request", "in-band: no valid block-size");
  std::string_view stanza = element.attr("stanza");
  if (stanza == "message")
    return fail(Blame::kPeer, "incompatible-parameters", "in-band: data in messages is unreliable");
  if (element.has_attr("stanza") && stanza != "iq")
    return fail(Blame::kPeer, "bad-request", "in-band: unknown kind of stanza");
  return InBand{std::string(sid), *block_size};
}

Element ibb_data(std::string_view sid, std::uint16_t seq, ByteView octets) {
  return element_of("data", sid)
      .set_attr("seq", std::to_string(seq))
      .add_text(base64_encode(octets));
}

Element ibb_close(std::string_view sid) { return element_of("close", sid); }

std::optional<std::uint16_t> read_seq(const Element& data) {
  auto seq = read_number<std::size_t>(data.attr("seq"), 0, kMaxUnsignedShort);
  if (!seq) return std::nullopt;
  return static_cast<std::uint16_t>(*seq);
}

std::optional<Bytes> read_block(const Element& data, std::size_t block_size) {
  if (data.first_child()) return std::nullopt;
  std::string text = data.text();
  std::erase_if(text, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
  if (text.size() > (block_size + 2) / 3 * 4) return std::nullopt;
  auto octets = base64_decode(text);
  if (octets && octets->size() > block_size) return std::nullopt;
  return octets;
}

}  // namespace balcony
