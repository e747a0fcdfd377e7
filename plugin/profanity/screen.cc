// SPDX-License-Identifier: MIT
#include "plugin/profanity/screen.h"

#include <string_view>

#include "plugin/profanity/host_api.h"
#include "plugin/profanity/wording.h"

namespace profanity_host {
namespace {

constexpr const char* kTheme = "balcony";  // a user may set colours for it

struct Look {
  const char *item, *colour, *mark;
};

Look look_of(Screen::Tone tone) {
  if (tone == Screen::Tone::kWarning) return {"warning", "red", "!"};
  if (tone == Screen::Tone::kQuestion) return {"question", "yellow", "?"};
  return {"line", "cyan", "-"};
}

}  // namespace

void Screen::show(const std::string& contact, const std::string& line, Tone tone) {
  std::string text = inert(line);
  Look look = look_of(tone);
  for (auto show_in : {prof_chat_show_themed, prof_room_show_themed}) {
    bool is_there = !contact.empty() && show_in(contact.c_str(), kTheme, look.item, look.colour,
                                                look.mark, text.c_str()) != 0;
    if (is_there) return;
  }
  prof_cons_show(("e2e: " + text).c_str());
  if (tone != Tone::kPlain) prof_cons_alert();
}

void Screen::show(const std::string& contact, const std::vector<std::string>& lines, Tone tone) {
  for (const std::string& line : lines) show(contact, line, tone);
}

void Screen::on_stream(const balcony_stream_info& info) {
  std::string_view state = info.state, transport = info.transport ? info.transport : "";
  std::string contact = bare(info.peer);
  if (state == "closed") {
    auto streams = streams_.find(contact);
    if (streams == streams_.end()) return;
    streams->second.erase(info.peer);
    if (streams->second.empty()) streams_.erase(streams);
  } else {
    streams_[contact][info.peer] = {title(info), transport == "ibb", state == "negotiating"};
  }
  draw_title(contact);
}

bool Screen::has_stream(const std::string& contact) const {
  auto streams = streams_.find(contact);
  if (streams == streams_.end()) return false;
  for (const auto& [full, stream] : streams->second)
    if (!stream.title.empty()) return true;
  return false;
}

bool Screen::has_stream_with(const std::string& full) const {
  auto streams = streams_.find(bare(full));
  if (streams == streams_.end()) return false;
  auto stream = streams->second.find(full);
  return stream != streams->second.end() && !stream->second.title.empty();
}

bool Screen::any_in_band_or_starting() const {
  for (const auto& [contact, streams] : streams_)
    for (const auto& [full, stream] : streams)
      if (stream.in_band || stream.starting) return true;
  return false;
}

void Screen::on_focus(const std::string& contact) {
  if (streams_.contains(contact)) draw_title(contact);
}

void Screen::draw_title(const std::string& contact) {
  std::string text;
  auto streams = streams_.find(contact);
  if (streams != streams_.end())
    for (const auto& [full, stream] : streams->second)
      if (text.empty()) text = stream.title;
  if (text.empty()) {
    prof_chat_unset_titlebar_enctext(contact.c_str());
  } else {
    prof_chat_set_titlebar_enctext(contact.c_str(), text.c_str());
  }
}

void Screen::forget_all() {
  auto all = std::move(streams_);
  streams_.clear();
  for (const auto& [contact, streams] : all) draw_title(contact);
}

}  // namespace profanity_host
