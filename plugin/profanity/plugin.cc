// SPDX-License-Identifier: MIT
// Plugin, part 1: its life, the account's, and when the core is heard.
#include "plugin/profanity/plugin.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <thread>

#include "plugin/profanity/cost.h"
#include "plugin/profanity/host_api.h"
#include "plugin/profanity/wording.h"

extern "C" int OPENSSL_init_crypto(std::uint64_t options, const void* settings);

namespace profanity_host {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A turn of the client's loop is due so often; it also bounds how long a turn waits for the server.
constexpr unsigned long kTurn = 2;  // ms
// What closing may hold up /quit, /disconnect and /plugins unload: a round trip or two.
constexpr milliseconds kCloseWithin{1500};
// What was not closed by then is cut; to hear what of it may not have arrived.
constexpr milliseconds kHearWithin{300};
constexpr milliseconds kPause{1};
// libcrypto must not be taken apart before the client is done with its plugins.
constexpr std::uint64_t kNoAtexit = 0x00080000;

// The client's own, not balcony-cli's: two programs must not share one.
std::string state_folder(const std::string& account) {
  const char* data = std::getenv("XDG_DATA_HOME");
  const char* home = std::getenv("HOME");
  bool has_data = data && data[0] == '/';
  std::string base = has_data ? data : std::string(home ? home : "") + "/.local/share";
  std::error_code ignored;  // balcony_open says what is wrong with the folder
  std::filesystem::create_directories(base + "/profanity/balcony", ignored);
  return base + "/profanity/balcony/" + account;
}

}  // namespace

Plugin::Plugin(const char* version, const char* status, const char* full_jid, int life)
    : host_(version, status),
      login_(host_),
      diversion_(screen_),
      incoming_(host_, screen_, version, [this](const std::string& xml) { send_end_to_end(xml); }),
      life_(life) {
  OPENSSL_init_crypto(kNoAtexit, nullptr);
  if (full_jid) {
    on_connect(full_jid);
    watch_contacts(true);
  }
}

Plugin::~Plugin() { close(); }

// Only while there is a session: the client frees libstrophe's context at its end, but not this.
void Plugin::use_timer(bool wanted) {
  bool can = host_.connection_get_ctx && host_.xmpp_global_timed_handler_add &&
             host_.xmpp_global_timed_handler_delete;
  if (!can || wanted == has_timer_) return;
  has_timer_ = wanted;
  if (wanted) {
    host_.xmpp_global_timed_handler_add(host_.connection_get_ctx(), on_turn, kTurn, this);
  } else {
    host_.xmpp_global_timed_handler_delete(host_.connection_get_ctx(), on_turn);
  }
}

int Plugin::on_turn(_xmpp_ctx_t*, void* user) {
  Cost cost("turn");
  static_cast<Plugin*>(user)->on_time();
  return 1;
}

void Plugin::on_time() {
  waker_.on_turn();
  dispatch();
}

// Never from within a callback, nor while the client is in the middle of sending.
void Plugin::dispatch() {
  if (!core_ || dispatching_) return;
  dispatching_ = true;
  balcony_dispatch(core_);
  dispatching_ = false;
}

// ---- the account ----

void Plugin::open(const std::string& full_jid) {
  std::string account = bare(full_jid);
  if (core_ && account == account_) return;
  diversion_.give_up("you went to another account");
  close();
  account_ = account;
  balcony_host callbacks = this->callbacks();
  char* error = nullptr;
  NoSignals inherited;
  core_ = balcony_open(&callbacks, state_folder(account).c_str(), &error);
  if (core_) {
    diversion_.use(core_, account);
    return;
  }
  std::string why = error ? error : "it can't be started";
  balcony_free(error);
  diversion_.refuse_all(
      "end-to-end streams are out of order, and it is not known for whom they are "
      "required (to write without them: /plugins unload balcony.so)");
  screen_.show("",
               "End-to-end streams are out of order: " + why +
                   " Nothing is sent to contacts until "
                   "this is mended.",
               Screen::Tone::kWarning);
}

void Plugin::on_request() {
  if (online_ || closing_) return;
  std::string own = host_.own_jid();
  if (own.empty()) return;
  open(own);
  dispatch();
}

void Plugin::on_connect(const char* full_jid) {
  waker_.watch(find_server_sockets());
  bool resumed = login_.on_connect() && full_jid_ == full_jid;
  if (online_) return;  // told already, by the first stanza after it was resumed
  go_online(full_jid, resumed);
  watch_contacts(false);
}

void Plugin::go_online(const std::string& full_jid, bool resumed) {
  use_timer(true);
  open(full_jid);
  full_jid_ = full_jid;
  online_ = true;
  if (!core_) return;
  dispatch();  // features first, while nobody knows us
  balcony_online(core_, full_jid.c_str(), resumed);
}

void Plugin::on_disconnect() {
  if (closing_ || !online_) return;
  prof_log_info(("Balcony: longest callback: " + std::to_string(Cost::longest().microseconds) +
                 " us (" + Cost::longest().callback + ")")
                    .c_str());
  if (login_.is_broken()) {
    login_.on_loss();
  } else {
    close_in_order();
    login_.forget();
    use_timer(false);
  }
  online_ = false;
  if (core_) balcony_offline(core_);
  waker_.watch({});
}

// While the server is there what is open is closed with it, and else what can do without. The
// client's loop waits meanwhile.
void Plugin::close_in_order() {
  if (!core_) return;
  closing_ = true;
  diversion_.give_up("the client is closing");
  balcony_shutdown(core_);
  if (!is_closed_within(kCloseWithin)) {
    balcony_shutdown(core_);
    is_closed_within(kHearWithin);
  }
  run_once();
  closing_ = false;
  close();
  screen_.forget_all();
}

bool Plugin::is_closed_within(milliseconds patience) {
  auto until = steady_clock::now() + patience;
  while (balcony_closing(core_)) {
    if (steady_clock::now() >= until) return false;
    run_once();
  }
  return true;
}

void Plugin::run_once() {
  dispatch();
  if (host_.connection_check_events && online_ && !login_.is_broken()) {
    host_.connection_check_events();
  } else {
    std::this_thread::sleep_for(kPause);
  }
}

void Plugin::close() {
  if (!core_) return;
  balcony_account* core = core_;
  core_ = nullptr;
  diversion_.refuse_all("end-to-end streams are closed");
  balcony_close(core);
  asked_from_.clear();
}

void Plugin::on_unload() {
  close_in_order();
  login_.forget();
  if (!features_file_.empty()) host_.remove_features(features_file_);
  use_timer(false);
}

// ---- stanzas and commands ----

bool Plugin::on_receive(const char* stanza) {
  if (!core_) return true;
  if (diversion_.is_replacement_reply(stanza)) return false;
  if (!online_) login_.on_stanza(stanza);
  if (!online_ && login_.is_resuming()) go_online(full_jid_, true);
  bool is_ours = balcony_incoming(core_, stanza) == BALCONY_CONSUMED;
  if (!has_timer_) dispatch();
  return !is_ours;
}

void Plugin::on_command(char** words) {
  std::vector<std::string> typed;
  for (; words && *words; ++words) typed.emplace_back(*words);
  const char* in_front = prof_get_current_recipient();
  if (!in_front) in_front = prof_get_current_muc();
  std::string window = in_front ? in_front : "";
  std::string line = core_line(std::move(typed), window, [](const std::string& name) {
    const char* address = prof_get_barejid_from_roster(name.c_str());
    return std::string(address ? address : "");
  });
  auto contact = contact_of(line);
  if (!core_) {
    screen_.show(window, "You are not online yet: /connect first.", Screen::Tone::kWarning);
  } else if (contact && host_.is_room(*contact)) {
    screen_.show(window,
                 *contact +
                     " is a room: streams are between two people. Call the person's "
                     "own address.",
                 Screen::Tone::kWarning);
  } else {
    asked_from_.push_back(window);
    balcony_command(core_, line.c_str());
  }
}

// Names for Tab; and, in the middle of a session, who is online: the server does not say it again.
void Plugin::watch_contacts(bool tell_core) {
  auto contacts = host_.contacts();
  for (const std::string& contact : contacts.bare) completion_.add_contact(contact);
  completion_.set_methods(features_);
  for (const std::string& client : contacts.online) {
    std::string presence = "<presence from='" + balcony::escape_xml(client) + "'/>";
    if (tell_core && core_) balcony_incoming(core_, presence.c_str());
  }
}

}  // namespace profanity_host
