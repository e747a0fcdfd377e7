// SPDX-License-Identifier: MIT
#include "jingle/security/parser_self_test.h"

#include <algorithm>
#include <array>

namespace balcony {

bool reads_senders_rightly(
    const std::function<std::optional<std::string>(const std::string& stanza)>& sender_of) {
  const std::string sender = "mallory@example.org/real";
  const std::string head = "<iq xmlns='jabber:client' xmlns:z='urn:x-balcony:0' type='get' id='i' ";
  const std::string real = "from='" + sender + "' ";
  const std::string forged = "z:from='victim@example.org/forged' ";
  const std::string tail = "><ping xmlns='urn:xmpp:ping'/></iq>";
  if (sender_of(head + real + tail) != sender) return false;  // it can't read at all
  // A host that refuses the prefixed attribute is as good as one that tells the two apart.
  const std::array<std::string, 2> orders{head + real + forged + tail, head + forged + real + tail};
  return std::all_of(orders.begin(), orders.end(), [&](const std::string& stanza) {
    auto read = sender_of(stanza);
    return !read || *read == sender;
  });
}

}  // namespace balcony
