// SPDX-License-Identifier: MIT
// Plugin, part 2: what the core tells.
#include <algorithm>
#include <utility>

#include "plugin/profanity/host_api.h"
#include "plugin/profanity/plugin.h"
#include "plugin/profanity/wording.h"

namespace profanity_host {
namespace {

Plugin& self(void* user) { return *static_cast<Plugin*>(user); }

void log(int level, const char* line) {
  std::string text = std::string("Balcony: ") + line;
  if (level == BALCONY_LOG_ERROR) prof_log_error(text.c_str());
  if (level == BALCONY_LOG_WARNING) prof_log_warning(text.c_str());
  if (level == BALCONY_LOG_INFO) prof_log_info(text.c_str());
  if (level == BALCONY_LOG_DEBUG) prof_log_debug(text.c_str());
}

}  // namespace

balcony_host Plugin::callbacks() {
  balcony_host host{};
  host.size = sizeof host;
  host.user = this;
  host.send = [](void* user, const char* stanza) { self(user).send(stanza); };
  host.receive = [](void* user, const balcony_stanza* stanza) {
    return self(user).incoming_.on_stanza(*stanza) ? 1 : 0;
  };
  host.undelivered = [](void* user, const balcony_stanza* stanza, int unknown, const char* reason) {
    self(user).diversion_.on_undelivered(*stanza, unknown != 0, reason);
  };
  host.stream = [](void* user, const balcony_stream_info* info) { self(user).on_stream(*info); };
  host.peer = [](void* user, const char* full_jid, int) {
    self(user).completion_.add_contact(bare(full_jid));
  };
  host.status = [](void* user, const balcony_stream_info* info) {
    Plugin& plugin = self(user);
    plugin.screen_.show(plugin.last_asked_from_, status_lines(*info), Screen::Tone::kPlain);
  };
  host.verified = [](void* user, const char* peer, const char*, const char* by) {
    self(user).on_notice(peer, "The key of " + bare(peer) + " is verified (" + by + ").");
  };
  host.ask = [](void* user, const balcony_question* question) {
    self(user).on_question(*question);
  };
  host.notice = [](void* user, const char* peer, const char* text) {
    self(user).on_notice(peer, text);
  };
  host.reply = [](void* user, const char* line, int ok, const char* text) {
    self(user).on_reply(line, ok != 0, text);
  };
  host.features = [](void* user, const char* const* features) {
    std::vector<std::string> all;
    for (; *features; ++features) all.emplace_back(*features);
    self(user).on_features(std::move(all));
  };
  host.writable = [](void* user, const char*) { self(user).diversion_.on_writable(); };
  host.log = [](void*, int level, const char* line) { log(level, line); };
  host.wake = [](void* user) { self(user).waker_.request(); };
  return host;
}

// Queued only: it leaves in the next turn of the client's loop.
void Plugin::send(const char* stanza) {
  prof_send_stanza(const_cast<char*>(stanza));
  waker_.request();
}

void Plugin::send_end_to_end(const std::string& stanza) {
  char* text = nullptr;
  balcony_outgoing(core_, stanza.c_str(), &text);  // never by the server: what passes is dropped
  balcony_free(text);
}

void Plugin::on_stream(const balcony_stream_info& info) {
  bool was_open = screen_.has_stream_with(info.peer);
  screen_.on_stream(info);
  if (screen_.has_stream_with(info.peer)) diversion_.on_open(bare(info.peer));
  waker_.keep_awake(screen_.any_in_band_or_starting());
  std::string line = event_line(info, was_open);
  bool is_bad = info.reason && std::string_view(info.state) == "closed" &&
                std::string_view(info.reason) != "success";
  if (!line.empty())
    screen_.show(bare(info.peer), line, is_bad ? Screen::Tone::kWarning : Screen::Tone::kPlain);
}

void Plugin::on_question(const balcony_question& question) {
  if (question.fingerprint) completion_.offer_key(bare(question.peer), question.fingerprint);
  screen_.show(bare(question.peer), question_lines(question),
               question.known_count > 0 ? Screen::Tone::kWarning : Screen::Tone::kQuestion);
}

void Plugin::on_notice(const std::string& peer, const std::string& text) {
  screen_.show(bare(peer), with_commands(text), Screen::Tone::kWarning);
}

void Plugin::on_reply(const std::string&, bool ok, const std::string& text) {
  if (!asked_from_.empty()) {
    last_asked_from_ = std::move(asked_from_.front());
    asked_from_.pop_front();
  }
  std::string rest = with_commands(text);
  while (!rest.empty()) {
    std::size_t end = std::min(rest.find('\n'), rest.size());
    screen_.show(last_asked_from_, rest.substr(0, end),
                 ok ? Screen::Tone::kPlain : Screen::Tone::kWarning);
    rest.erase(0, end + 1);
  }
}

// The client counts what each name has added and never lets go of the count: another list needs
// another name. Each addition that it is told of sends presence: so at most the last is, and none
// before the session's first presence.
void Plugin::on_features(std::vector<std::string> features) {
  if (features == features_) return;
  if (!features_file_.empty() && !host_.remove_features(features_file_)) return;
  features_ = std::move(features);
  incoming_.set_features(features_);
  completion_.set_methods(features_);
  features_file_ =
      "balcony-" + std::to_string(life_) + "-" + std::to_string(++feature_sets_) + ".c";
  for (std::string& feature : features_) {
    bool is_quiet = &feature != &features_.back() || !online_;
    if (!is_quiet || !host_.add_quietly(features_file_, feature))
      _prof_disco_add_feature(features_file_.c_str(), feature.data());
  }
  if (features_.empty() && online_ && !closing_) host_.announce();
}

}  // namespace profanity_host
