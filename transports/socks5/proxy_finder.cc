// SPDX-License-Identifier: MIT
#include "transports/socks5/proxy_finder.h"

#include <algorithm>

#include "jingle/base/ns.h"
#include "jingle/base/number.h"

namespace balcony {
namespace {

constexpr Duration kFresh = 1h;          // S5B-19
constexpr std::size_t kMostItems = 32;   // of a server's list; usual ones have under ten
constexpr std::size_t kMostProxies = 4;  // more candidates only slow the race down
constexpr std::string_view kDiscoItems = "http://jabber.org/protocol/disco#items";

std::uint16_t port_of(const Element& streamhost) {
  std::string_view text = streamhost.attr("port");
  if (text.empty()) return 1080;
  return read_number<std::uint16_t>(text).value_or(0);
}

}  // namespace

void ProxyFinder::search(const std::string& server, const std::string& extra) {
  forget();
  server_ = server;
  extra_ = extra;
  searched_ = env_.now();
  replies_.emplace();
  ask(kDiscoItems, server_, [this](const Element& query) { on_items(query); });
  if (!extra_.empty()) ask_address(extra_);
}

void ProxyFinder::forget() {
  replies_.reset();
  asked_ = 0;
  proxies_.clear();
  server_.clear();
}

void ProxyFinder::refresh() {
  bool is_due = !server_.empty() && !is_searching() && env_.now() >= searched_ + kFresh;
  if (!is_due) return;
  std::vector<Socks5Proxy> known = proxies_;
  search(std::string(server_), std::string(extra_));
  proxies_ = std::move(known);  // until the new answers are in
}

// An error or silence counts as no answer.
void ProxyFinder::ask(std::string_view query_ns, const std::string& to,
                      std::function<void(const Element& query)> on_answer) {
  ++asked_;
  auto on_reply = [this, query_ns, on_answer = std::move(on_answer)](const Result<Element>& iq) {
    --asked_;
    if (const Element* query = iq ? iq->child("query", query_ns) : nullptr) on_answer(*query);
  };
  port_.request("get", Element("query", query_ns), replies_->guard(std::move(on_reply)), to);
}

void ProxyFinder::on_items(const Element& query) {
  std::size_t count = 0;
  for (const Element* item : query.children()) {
    auto jid = Jid::parse(item->attr("jid"));
    bool is_host = item->is("item", kDiscoItems) && jid && jid->local().empty();
    if (!is_host || ++count > kMostItems) continue;
    ask(ns::kDiscoInfo, jid->full(),
        [this, jid = jid->full()](const Element& info) { on_info(info, jid); });
  }
}

void ProxyFinder::on_info(const Element& query, const std::string& jid) {
  for (const Element* child : query.children()) {
    bool is_proxy = child->is("identity", ns::kDiscoInfo) && child->attr("category") == "proxy" &&
                    child->attr("type") == "bytestreams";
    if (is_proxy) return ask_address(jid);
  }
}

void ProxyFinder::ask_address(const std::string& jid) {
  ask(ns::kBytestreams, jid, [this, jid](const Element& query) { on_address(query, jid); });
}

// What a proxy says of others does not count; ejabberd names itself with a resource.
void ProxyFinder::on_address(const Element& query, const std::string& jid) {
  for (const Element* host : query.children()) {
    auto named = Jid::parse(host->attr("jid"));
    bool is_itself = named && (named->full() == jid || named->bare() == jid);
    if (!is_itself || !host->is("streamhost", ns::kBytestreams)) continue;
    Socks5Proxy proxy{named->full(), std::string(host->attr("host")), port_of(*host)};
    if (proxy.host.empty() || proxy.port == 0) continue;
    std::erase_if(proxies_, [&proxy](const Socks5Proxy& known) { return known.jid == proxy.jid; });
    if (proxies_.size() < kMostProxies) proxies_.push_back(std::move(proxy));
    return;
  }
}

}  // namespace balcony
