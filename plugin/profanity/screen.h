// SPDX-License-Identifier: MIT
// Where the user reads us: the contact's or room's window if there is one, else the console; and
// the title bar, whose text the client forgets with the window. Main thread only.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "plugin/balcony.h"

namespace profanity_host {

class Screen {
 public:
  enum class Tone { kPlain, kWarning, kQuestion };

  // `contact`: a bare JID, of a room too, or empty for the console. Control characters are made
  // harmless.
  void show(const std::string& contact, const std::string& line, Tone tone = Tone::kPlain);
  void show(const std::string& contact, const std::vector<std::string>& lines, Tone tone);

  // The contact's streams, by full JID, for the title bar.
  void on_stream(const balcony_stream_info& info);
  bool has_stream(const std::string& contact) const;  // an open one
  bool has_stream_with(const std::string& full) const;
  bool any_in_band_or_starting() const;
  void on_focus(const std::string& contact);  // a window may be new
  void forget_all();

 private:
  struct Stream {
    std::string title;  // empty: not open
    bool in_band = false, starting = false;
  };
  void draw_title(const std::string& contact);

  std::map<std::string, std::map<std::string, Stream>> streams_;  // bare, full
};

}  // namespace profanity_host
