// SPDX-License-Identifier: MIT
#include "plugin/cli/client.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

namespace balcony_cli {
namespace {

using namespace std::chrono_literals;
// The core closes its streams within 10 s.
constexpr auto kCloseGuard = 12s;
// libstrophe cuts a stream that the server doesn't close within 2 s.
constexpr auto kLeaveGuard = 4s;

}  // namespace

Client::Client(const Options& options, Events& events, int input, int signals)
    : options_(options),
      events_(events),
      input_(input),
      signals_(signals),
      server_(options, {[this](const std::string& reason) { events_.offline(reason); },
                        [this](const std::string& reason) { fail(reason); }}),
      caps_(server_.context()),
      requests_(caps_,
                [this](const std::string& jid) {
                  return balcony_strophe_may_know(e2e_, jid.c_str()) != 0;
                }),
      presences_(events),
      outbox_([this](const std::string& xml, std::string& reason) { return send(xml, reason); },
              events) {}

int Client::send(const std::string& xml, std::string& reason) {
  char* text = nullptr;
  int answer = balcony_strophe_send_text(e2e_, xml.c_str(), &text);
  if (text) reason = text;
  balcony_free(text);
  return answer;
}

Client::~Client() {
  server_.forget_e2e();
  if (e2e_) balcony_strophe_close(e2e_);
}

bool Client::start() {
  if (!open()) return false;
  server_.connect(e2e_);
  return phase_ != Phase::kDone;
}

// A state that opens without the settings of the command line means that those are wrong.
bool Client::open() {
  std::error_code ignored;  // balcony_open says what is wrong with the folder
  std::filesystem::create_directories(std::filesystem::path(options_.state).parent_path(), ignored);
  std::vector<const char*> settings;
  for (const std::string& setting : options_.settings) settings.push_back(setting.c_str());
  settings.push_back(nullptr);
  auto open_with = [this](const char* const* overrides, char** error) {
    balcony_strophe_client client = callbacks(this, overrides);
    return balcony_strophe_open(server_.context(), &client, options_.state.c_str(), error);
  };
  char* error = nullptr;
  e2e_ = open_with(settings.data(), &error);
  if (e2e_) return true;
  fail(error ? error : "can't open the state folder");
  balcony_free(std::exchange(error, nullptr));
  if (options_.settings.empty()) return false;
  if (balcony_strophe* plain = open_with(nullptr, &error)) {
    exit_status_ = 2;
    balcony_strophe_close(plain);
  }
  balcony_free(error);
  return false;
}

bool Client::turn(std::chrono::milliseconds longest_wait) {
  bool reads = !input_ended_ && !held_ && phase_ == Phase::kRunning;
  std::array<pollfd, 2> own{pollfd{reads ? input_ : -1, POLLIN, 0}, pollfd{signals_, POLLIN, 0}};
  balcony_strophe_run_once(e2e_, own.data(), own.size(), timeout(longest_wait));
  if (own[1].revents != 0) quit();
  if (own[0].revents != 0) read_input();
  execute_lines();
  answer_requests();
  server_.on_time(std::chrono::steady_clock::now());
  go_on_closing();
  return phase_ != Phase::kDone;
}

int Client::timeout(std::chrono::milliseconds longest_wait) const {
  Time now = std::chrono::steady_clock::now();
  Time next = now + (phase_ == Phase::kRunning ? longest_wait : std::min(longest_wait, 100ms));
  for (auto deadline : {requests_.next_deadline(), server_.next_deadline()}) {
    if (deadline) next = std::min(next, *deadline);
  }
  auto wait = std::chrono::ceil<std::chrono::milliseconds>(next - now);
  return static_cast<int>(std::max(wait, 0ms).count());
}

void Client::read_input() {
  std::array<char, 65536> bytes;
  ssize_t size = read(input_, bytes.data(), bytes.size());
  if (size < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (size > 0) return lines_.on_bytes({bytes.data(), static_cast<std::size_t>(size)});
  lines_.on_end();
  input_ended_ = true;
}

// In order: what has to wait for the first login holds up the lines after it.
void Client::execute_lines() {
  while (phase_ == Phase::kRunning) {
    if (!held_) held_ = lines_.next();
    if (!held_) break;
    if (must_wait(held_->text)) return;
    Line line = *std::exchange(held_, std::nullopt);
    if (line.is_bad) {
      refuse(line.text, "a line on stdin is longer than 1 MiB or holds a NUL; it was left out");
    } else {
      execute(line.text);
    }
  }
  if (input_ended_) quit();
}

void Client::answer_requests() {
  for (Outgoing& answer : requests_.due(std::chrono::steady_clock::now())) {
    outbox_.send(std::move(answer));
  }
}

void Client::quit() {
  if (phase_ != Phase::kRunning) return;
  phase_ = Phase::kClosingStreams;
  guard_ = std::chrono::steady_clock::now() + kCloseGuard;
  outbox_.give_up("going offline");
  balcony_strophe_shutdown(e2e_);
}

void Client::go_on_closing() {
  bool is_late = std::chrono::steady_clock::now() > guard_;
  if (phase_ == Phase::kClosingStreams && (is_late || !balcony_strophe_closing(e2e_))) {
    phase_ = Phase::kLeavingServer;
    guard_ = std::chrono::steady_clock::now() + kLeaveGuard;
    server_.leave();
    is_late = false;
  }
  if (phase_ == Phase::kLeavingServer && (is_late || !server_.is_online())) phase_ = Phase::kDone;
}

// What runs is closed, and what was taken is told, as at `quit`.
void Client::fail(const std::string& reason) {
  events_.error(reason);
  exit_status_ = 1;
  if (e2e_) return quit();
  phase_ = Phase::kDone;
}

void Client::send_own(std::string xml) {
  Checked checked = check_stanza(server_.context(), std::move(xml));
  checked.stanza.is_own = true;
  outbox_.send(std::move(checked.stanza));
}

void Client::send_own_presence() {
  std::string show = show_.empty() ? "" : "<show>" + show_ + "</show>";
  send_own("<presence>" + show + caps_.element() + "</presence>");
}

}  // namespace balcony_cli
