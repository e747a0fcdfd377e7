// SPDX-License-Identifier: MIT
#include "plugin/cli/events.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "plugin/cli/stanza_text.h"

namespace balcony_cli {

// One object, written when it goes. A key without a value is left out.
class Events::Event {
 public:
  Event(const Events& events, const char* name) : events_(events) {
    json_["event"] = name;
    json_["t"] = events.elapsed_();
  }
  // Foreign text may hold what is no UTF-8: that becomes U+FFFD.
  ~Event() {
    using Json = nlohmann::ordered_json;
    events_.write_(json_.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
  }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  Event& with(const char* key, const char* text) {
    if (text) json_[key] = text;
    return *this;
  }
  Event& with(const char* key, std::string_view text) {
    json_[key] = text;
    return *this;
  }
  Event& with_known(const char* key, std::string_view text) {
    return text.empty() ? *this : with(key, text);
  }
  Event& with_value(const char* key, nlohmann::ordered_json value) {
    json_[key] = std::move(value);
    return *this;
  }
  Event& with_stream(const balcony_stream_info& info);

 private:
  const Events& events_;
  nlohmann::ordered_json json_;
};

Events::Event& Events::Event::with_stream(const balcony_stream_info& info) {
  with("peer", info.peer).with("state", info.state).with("role", info.role);
  with("transport", info.transport).with("local", info.local).with("remote", info.remote);
  with("pair", info.pair).with("tls", info.tls).with("cipher", info.cipher);
  with("trust", info.trust).with("fingerprint", info.fingerprint);
  with("reason", info.reason).with("text", info.text);
  for (std::uint32_t i = 0; i < info.tried_count; ++i) {
    const balcony_attempt& tried = info.tried[i];
    json_["tried"].push_back({{"transport", tried.transport}, {"reason", tried.reason}});
  }
  return *this;
}

Events::Events(Write write, Elapsed elapsed)
    : write_(std::move(write)), elapsed_(std::move(elapsed)) {}

void Events::online(std::string_view jid) { Event(*this, "online").with("jid", jid); }

void Events::offline(std::string_view reason) { Event(*this, "offline").with("reason", reason); }

void Events::presence(std::string_view from, std::string_view type, std::optional<bool> e2e) {
  Event event(*this, "presence");
  event.with("from", from).with("type", type).with_value("e2e", nullptr);
  if (e2e) event.with_value("e2e", *e2e);
}

void Events::stanza(std::string_view via, std::string_view from, std::string_view xml) {
  Event(*this, "stanza").with("via", via).with_known("from", from).with("xml", one_line(xml));
}

void Events::sent(std::string_view via, std::string_view to, std::string_view id) {
  Event(*this, "sent").with("via", via).with_known("to", to).with_known("id", id);
}

void Events::undelivered(std::string_view to, std::string_view id, bool unknown,
                         std::string_view reason, std::string_view xml) {
  Event(*this, "undelivered")
      .with_known("to", to)
      .with_known("id", id)
      .with_value("unknown", unknown)
      .with("reason", reason)
      .with("xml", one_line(xml));
}

void Events::error(std::string_view text) { Event(*this, "error").with("text", text); }

void Events::ask(const balcony_question& question) {
  Event event(*this, "ask");
  event.with("kind", question.kind).with("peer", question.peer);
  event.with("fingerprint", question.fingerprint);
  if (std::string_view(question.kind) != "key") return;
  auto known = nlohmann::ordered_json::array();
  for (std::uint32_t i = 0; i < question.known_count; ++i) known.push_back(question.known[i]);
  event.with_value("known", std::move(known));
}

void Events::stream(const balcony_stream_info& info) { Event(*this, "stream").with_stream(info); }

void Events::status(const balcony_stream_info& info) {
  Event(*this, "status")
      .with_stream(info)
      .with_value("since", info.since)
      .with_value("stanzas_in", info.stanzas_in)
      .with_value("stanzas_out", info.stanzas_out)
      .with_value("bytes_in", info.bytes_in)
      .with_value("bytes_out", info.bytes_out);
}

void Events::verified(std::string_view peer, std::string_view fingerprint, std::string_view by) {
  Event(*this, "verified").with("peer", peer).with("fingerprint", fingerprint).with("by", by);
}

void Events::notice(std::string_view peer, std::string_view text) {
  Event(*this, "notice").with_known("peer", peer).with("text", text);
}

void Events::reply(std::string_view line, bool ok, std::string_view text) {
  Event(*this, "reply").with("to", line).with_value("ok", ok).with("text", text);
}

}  // namespace balcony_cli
