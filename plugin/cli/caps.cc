// SPDX-License-Identifier: MIT
#include "plugin/cli/caps.h"

#include "plugin/cli/stanza_text.h"

namespace balcony_cli {
namespace {

constexpr std::size_t kSets = 3;
constexpr std::string_view kNode = "urn:x-balcony:cli";
const std::set<std::string> kOwnFeatures = {XMPP_NS_DISCO_INFO, "http://jabber.org/protocol/caps",
                                            "jabber:iq:version", "urn:xmpp:ping"};

}  // namespace

Caps::Caps(xmpp_ctx_t* context) : context_(context), own_{kOwnFeatures, hash(kOwnFeatures)} {
  set_plugin_features({});
}

bool Caps::set_plugin_features(const std::vector<std::string>& features) {
  Set set = own_;
  set.features.insert(features.begin(), features.end());
  set.ver = hash(set.features);
  if (!sets_.empty() && sets_.front().ver == set.ver) return false;
  sets_.push_front(std::move(set));
  if (sets_.size() > kSets) sets_.pop_back();
  return true;
}

// XEP-0115 section 5.1, with one identity and no form.
std::string Caps::hash(const std::set<std::string>& features) const {
  std::string all = "client/bot//balcony-cli<";
  for (const std::string& feature : features) all += feature + "<";
  unsigned char digest[XMPP_SHA1_DIGEST_SIZE];
  xmpp_sha1_digest(reinterpret_cast<const unsigned char*>(all.data()), all.size(), digest);
  char* base64 = xmpp_base64_encode(context_, digest, sizeof(digest));
  std::string ver = base64;
  xmpp_free(context_, base64);
  return ver;
}

std::string Caps::element() const {
  return "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='" + std::string(kNode) +
         "' ver='" + sets_.front().ver + "'/>";
}

std::optional<std::string> Caps::query(std::string_view node, bool with_plugin) const {
  if (!with_plugin) return query(own_, node);
  for (const Set& set : sets_) {
    if (auto found = query(set, node)) return found;
  }
  return std::nullopt;
}

std::optional<std::string> Caps::query(const Set& set, std::string_view node) {
  if (!node.empty() && node != std::string(kNode) + "#" + set.ver) return std::nullopt;
  std::string xml = "<query xmlns='http://jabber.org/protocol/disco#info'";
  if (!node.empty()) xml += " node='" + escape(node) + "'";
  xml += "><identity category='client' type='bot' name='balcony-cli'/>";
  for (const std::string& feature : set.features) xml += "<feature var='" + escape(feature) + "'/>";
  return xml + "</query>";
}

}  // namespace balcony_cli
