// SPDX-License-Identifier: MIT
// The functions that Profanity gives to plugins, as far as this one uses them: pointers that the
// client's program defines and has filled in when a plugin is loaded. Main thread only. Strings
// that are given are copied by the client; the arrays of strings too.
#pragma once

extern "C" {

extern void (*prof_cons_alert)(void);
extern int (*prof_cons_show)(const char* message);
extern void (*prof_log_debug)(const char* message);
extern void (*prof_log_info)(const char* message);
extern void (*prof_log_warning)(const char* message);
extern void (*prof_log_error)(const char* message);

// The contact, or the room, of the window in front, the client's own string; null in any other
// window.
extern char* (*prof_get_current_recipient)(void);
extern char* (*prof_get_current_muc)(void);
extern char* (*prof_get_barejid_from_roster)(const char* name);

// 0 if the contact, or the room, has no window. `ch` is one character.
extern int (*prof_chat_show_themed)(const char* barejid, const char* group, const char* item,
                                    const char* fallback, const char* ch, const char* message);
extern int (*prof_room_show_themed)(const char* roomjid, const char* group, const char* item,
                                    const char* fallback, const char* ch, const char* message);
extern int (*prof_chat_set_titlebar_enctext)(const char* barejid, const char* text);
extern int (*prof_chat_unset_titlebar_enctext)(const char* barejid);

// 0 unless connected. Does not pass the hooks for what is sent; queues only.
extern int (*prof_send_stanza)(char* stanza);

// `file` is the plugin's name with its last letter replaced: what is registered under another name
// stays behind when the plugin goes.
extern void (*_prof_register_command)(const char* file, const char* name, int least, int most,
                                      char** synopsis, const char* description,
                                      char* arguments[][2], char** examples,
                                      void (*callback)(char** words));
extern void (*_prof_register_timed)(const char* file, void (*callback)(void), int seconds);
extern void (*_prof_completer_add)(const char* file, const char* key, char** items);
extern void (*_prof_completer_clear)(const char* file, const char* key);
extern void (*_prof_disco_add_feature)(const char* file, char* feature);

}  // extern "C"

namespace profanity_host {

inline constexpr const char* kFile = "balcony.c";  // the plugin is balcony.so

}  // namespace profanity_host
