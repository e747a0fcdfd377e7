// SPDX-License-Identifier: MIT
// What the plugin and its libstrophe adapter tell balcony-cli; most of it goes straight to the
// script.
#include <cstdio>
#include <string>
#include <vector>

#include "plugin/cli/client.h"

namespace balcony_cli {

balcony_strophe_client Client::callbacks(Client* client, const char* const* settings) {
  balcony_strophe_client all{};
  all.size = sizeof(all);
  all.online = [](void* user, const char* jid, int resumed) {
    static_cast<Client*>(user)->on_online(jid, resumed != 0);
  };
  all.receive = [](void* user, xmpp_stanza_t* stanza, const char* xml, const balcony_stanza* e2e) {
    static_cast<Client*>(user)->on_received(stanza, xml, e2e);
    return 1;
  };

  balcony_host& host = all.host;
  host.size = sizeof(host);
  host.user = client;
  host.settings = settings;
  host.undelivered = [](void* user, const balcony_stanza* stanza, int unknown, const char* reason) {
    static_cast<Client*>(user)->events_.undelivered(stanza->peer, stanza->id, unknown != 0, reason,
                                                    stanza->xml);
  };
  host.stream = [](void* user, const balcony_stream_info* info) {
    static_cast<Client*>(user)->events_.stream(*info);
  };
  host.peer = [](void* user, const char* full_jid, int e2e) {
    static_cast<Client*>(user)->presences_.on_peer(full_jid, e2e);
  };
  host.status = [](void* user, const balcony_stream_info* info) {
    static_cast<Client*>(user)->events_.status(*info);
  };
  host.verified = [](void* user, const char* peer, const char* fingerprint, const char* by) {
    static_cast<Client*>(user)->events_.verified(peer, fingerprint, by);
  };
  host.ask = [](void* user, const balcony_question* question) {
    static_cast<Client*>(user)->events_.ask(*question);
  };
  host.notice = [](void* user, const char* peer, const char* text) {
    static_cast<Client*>(user)->events_.notice(peer, text);
  };
  host.reply = [](void* user, const char* line, int ok, const char* text) {
    static_cast<Client*>(user)->events_.reply(line, ok != 0, text);
  };
  host.features = [](void* user, const char* const* features) {
    static_cast<Client*>(user)->on_features(features);
  };
  host.writable = [](void* user, const char*) {
    static_cast<Client*>(user)->outbox_.on_writable();
  };
  host.log = [](void* user, int level, const char* line) {
    if (level <= static_cast<Client*>(user)->options_.log) std::fprintf(stderr, "e2e: %s\n", line);
  };
  return all;
}

// The core learns who is who from the answers to the first two. Presence comes last: from then on
// others know that we are here.
void Client::on_online(const char* jid, bool resumed) {
  server_.on_online();
  was_online_ = true;
  events_.online(jid);
  if (resumed) return;
  presences_.clear();
  send_own("<iq type='get' id='" + random_id() + "'><query xmlns='jabber:iq:roster'/></iq>");
  send_own("<iq type='get' id='" + random_id() + "'><blocklist xmlns='urn:xmpp:blocking'/></iq>");
  send_own_presence();
}

void Client::on_received(xmpp_stanza_t* stanza, const char* xml, const balcony_stanza* e2e) {
  presences_.on_stanza(stanza);
  events_.stanza(e2e ? "e2e" : "server", e2e ? e2e->peer : attribute(stanza, "from"), xml);
  if (auto answer = requests_.on_stanza(stanza, std::chrono::steady_clock::now())) {
    outbox_.send(std::move(*answer));
  }
}

void Client::on_features(const char* const* features) {
  std::vector<std::string> all;
  for (; *features; ++features) all.emplace_back(*features);
  if (caps_.set_plugin_features(all) && server_.is_online()) send_own_presence();
}

}  // namespace balcony_cli
