// SPDX-License-Identifier: MIT
#include "plugin/settings.h"

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <utility>

#include "jingle/base/jid.h"
#include "jingle/base/number.h"
#include "jingle/base/stanza.h"
#include "jingle/base/words.h"
#include "transports/ice_tcp/ice_servers.h"

namespace balcony {
namespace {

constexpr std::array<std::pair<std::string_view, Mode>, 4> kModes{
    {{"off", Mode::kOff}, {"ask", Mode::kAsk}, {"auto", Mode::kAuto}, {"require", Mode::kRequire}}};
constexpr std::array<std::pair<std::string_view, Reach>, 2> kReaches{
    {{"any", Reach::kAny}, {"relay", Reach::kRelay}}};
constexpr std::array<std::pair<std::string_view, TrustSetting>, 3> kTrusts{
    {{"ask", TrustSetting::kAsk},
     {"tofu", TrustSetting::kTofu},
     {"verified", TrustSetting::kVerified}}};
constexpr std::array<std::string_view, 4> kTransports{"s5b", "ice", "ptcp", "ibb"};
constexpr std::string_view kGroup = "balcony";
constexpr std::size_t kShown = 60;  // characters of what was typed, in an error

template <class Table>
std::string words_of(const Table& table) {
  std::string words;
  for (const auto& [word, value] : table) words += (words.empty() ? "" : ", ") + std::string(word);
  return words;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    std::size_t comma = text.find(',');
    if (std::string_view item = text.substr(0, comma); !item.empty()) items.emplace_back(item);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  }
  return items;
}

std::string join_list(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ",") + item;
  return text;
}

// One setting: `read` stores the value or returns what would have been right.
struct SettingEntry {
  std::string_view key;
  std::function<std::string(Settings&, std::string_view)> read;
  std::function<std::string(const Settings&)> print;
};

template <class Table, class Value>
SettingEntry word(std::string_view key, const Table& table, Value Settings::*member) {
  return {key,
          [&table, member](Settings& s, std::string_view text) -> std::string {
            auto value = find_word(table, text);
            if (!value) return words_of(table);
            s.*member = *value;
            return {};
          },
          [&table, member](const Settings& s) { return std::string(word_of(table, s.*member)); }};
}

SettingEntry flag(std::string_view key, bool Settings::*member, std::string_view yes = "true",
                  std::string_view no = "false") {
  return {key,
          [=](Settings& s, std::string_view text) -> std::string {
            if (text != yes && text != no) return std::string(yes) + ", " + std::string(no);
            s.*member = text == yes;
            return {};
          },
          [=](const Settings& s) { return std::string(s.*member ? yes : no); }};
}

template <class Access>
SettingEntry number(std::string_view key, std::size_t least, std::size_t most, Access access) {
  return {key,
          [=](Settings& s, std::string_view text) -> std::string {
            auto value = read_number(text, least, most);
            if (!value)
              return "a number from " + std::to_string(least) + " to " + std::to_string(most);
            access(s) = *value;
            return {};
          },
          [=](const Settings& s) { return std::to_string(access(const_cast<Settings&>(s))); }};
}

SettingEntry seconds(std::string_view key, Duration Settings::*member, std::size_t least = 1) {
  constexpr std::size_t kDay = 86400;
  return {
      key,
      [=](Settings& s, std::string_view text) -> std::string {
        auto value = read_number(text, least, kDay);
        if (!value) return "seconds from " + std::to_string(least) + " to 86400";
        s.*member = std::chrono::seconds(*value);
        return {};
      },
      [=](const Settings& s) {
        return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(s.*member).count());
      }};
}

// `none` empties it; or is kept, where empty means what our server tells of.
enum class None { kEmpties, kIsKept };

SettingEntry text(std::string_view key, std::string Settings::*member,
                  const std::function<std::string(std::string_view)>& objection = {},
                  None none = None::kEmpties) {
  return {key,
          [=](Settings& s, std::string_view value) -> std::string {
            std::string_view named = value == "none" ? std::string_view() : value;
            if (std::string wrong;
                !named.empty() && objection && !(wrong = objection(named)).empty())
              return wrong;
            s.*member = none == None::kIsKept ? value : named;
            return {};
          },
          [=](const Settings& s) { return s.*member; }};
}

std::string not_an_address(std::string_view value) {
  return Jid::parse(value) ? "" : "an address, or none";
}

std::string not_host_and_port(std::string_view value) {
  return read_host_and_port(value, 0).value_or(HostAndPort()).port > 0 ? "" : "host:port, or none";
}

std::string not_a_host(std::string_view value) {
  return read_host_and_port(value, kStunPort)
             ? ""
             : "host, host:port, none, or nothing for what your server tells";
}

std::string not_a_turn_server(std::string_view value) {
  return read_turn_server(value) ? ""
                                 : "user:password@host, the same with :port, none, or "
                                   "nothing for what your server tells";
}

SettingEntry transports_entry() {
  return {"transports",
          [](Settings& s, std::string_view text) -> std::string {
            auto items = split_list(text);
            bool known =
                !items.empty() && std::all_of(items.begin(), items.end(), [](const auto& item) {
                  return std::find(kTransports.begin(), kTransports.end(), item) !=
                         kTransports.end();
                });
            if (!known) return "a list of s5b, ice, ptcp, ibb";
            s.transports = std::move(items);
            return {};
          },
          [](const Settings& s) { return join_list(s.transports); }};
}

SettingEntry interfaces_entry() {
  return {"candidates.interfaces",
          [](Settings& s, std::string_view text) -> std::string {
            s.candidates_interfaces = text == "all" ? std::vector<std::string>() : split_list(text);
            return {};
          },
          [](const Settings& s) {
            return s.candidates_interfaces.empty() ? "all" : join_list(s.candidates_interfaces);
          }};
}

const std::vector<SettingEntry>& entries() {
  constexpr std::size_t kMany = 1'000'000;
  constexpr std::size_t kGiB = std::size_t{1} << 30;
  constexpr std::size_t kFloor = 10'000;  // RFC 6120 section 13.12: never below
  static const std::vector<SettingEntry> table = {
      word("mode", kModes, &Settings::mode),
      word("reach", kReaches, &Settings::reach),
      word("trust", kTrusts, &Settings::trust),
      transports_entry(),
      flag("stream.address", &Settings::full_addresses, "full", "bare"),
      flag("xtls", &Settings::xtls, "prefer", "off"),
      seconds("require.wait", &Settings::require_wait, 0),
      flag("candidates.loopback", &Settings::candidates_loopback),
      flag("candidates.low-ports", &Settings::candidates_low_ports),
      interfaces_entry(),
      flag("s5b.direct", &Settings::s5b_direct),
      flag("s5b.upnp", &Settings::s5b_upnp),
      text("s5b.proxy", &Settings::s5b_proxy, not_an_address),
      text("s5b.tunnel", &Settings::s5b_tunnel, not_host_and_port),
      text("ice.stun", &Settings::ice_stun, not_a_host, None::kIsKept),
      text("ice.turn", &Settings::ice_turn, not_a_turn_server, None::kIsKept),
      flag("ice.ptcp", &Settings::ice_ptcp),
      number(
          "ibb.block-size", 1, 16384, [](Settings & s) -> auto& { return s.ibb_block_size; }),
      text("ca", &Settings::ca),
      flag("move", &Settings::move),
      flag("resume", &Settings::resume),
      seconds("limits.handshake", &Settings::limit_handshake, 0),
      seconds("limits.total", &Settings::limit_total, 0),
      seconds("limits.close", &Settings::limit_close),
      number(
          "limits.stanza", kFloor, kGiB, [](Settings & s) -> auto& { return s.xml.element; }),
      number(
          "limits.depth", 8, 1000, [](Settings & s) -> auto& { return s.xml.depth; }),
      number(
          "limits.attributes", 8, 1000, [](Settings & s) -> auto& { return s.xml.attributes; }),
      number(
          "limits.queue", kFloor, kGiB, [](Settings & s) -> auto& { return s.limit_queue; }),
      number(
          "limits.sessions", 1, kMany, [](Settings & s) -> auto& { return s.sessions.alive; }),
      number(
          "limits.pending", 1, kMany, [](Settings & s) -> auto& { return s.sessions.pending; }),
      number(
          "limits.pending-per-contact", 1, kMany,
          [](Settings & s) -> auto& { return s.sessions.pending_per_peer; }),
      number(
          "limits.strangers", 1, kMany, [](Settings & s) -> auto& { return s.limit_strangers; }),
      number(
          "limits.strangers-per-address", 1, kMany,
          [](Settings & s) -> auto& { return s.limit_strangers_per_address; }),
      number(
          "limits.candidates", 1, kMany, [](Settings & s) -> auto& { return s.limit_candidates; }),
  };
  return table;
}

const SettingEntry* find_entry(std::string_view key) {
  const auto& table = entries();
  auto found =
      std::find_if(table.begin(), table.end(), [&](const SettingEntry& e) { return e.key == key; });
  return found == table.end() ? nullptr : &*found;
}

}  // namespace

std::string_view to_string(Mode mode) { return word_of(kModes, mode); }
std::string_view to_string(Reach reach) { return word_of(kReaches, reach); }
std::optional<Mode> read_mode(std::string_view text) { return find_word(kModes, text); }
std::optional<Reach> read_reach(std::string_view text) { return find_word(kReaches, text); }

std::vector<std::string> Settings::methods() const {
  std::vector<std::string> order = transports;
  if (!ice_ptcp) {
    std::erase(order, "ptcp");
    return order;
  }
  if (std::find(order.begin(), order.end(), "ptcp") != order.end()) return order;
  auto ice = std::find(order.begin(), order.end(), "ice");
  order.insert(ice == order.end() ? ice : ice + 1, "ptcp");
  return order;
}

std::string shown_value(std::string_view key, std::string_view value) {
  if (key != "ice.turn" || value.empty() || value == "none") return std::string(value);
  auto relay = read_turn_server(value);  // if it is not one, any part may be the password
  return relay ? relay->username + ":***" + std::string(value.substr(value.rfind('@'))) : "***";
}

Result<void> Settings::set(std::string_view key, std::string_view value) {
  const SettingEntry* entry = find_entry(key);
  if (!entry) {
    return fail(Blame::kCaller, "unknown-setting",
                "there is no setting '" + clean_text(key, kShown) + "'");
  }
  std::string expected = entry->read(*this, value);
  if (expected.empty()) return {};
  return fail(Blame::kCaller, "bad-value",
              std::string(key) + " takes " + expected + ", not '" +
                  clean_text(shown_value(key, value), kShown) + "'");
}

std::optional<std::string> Settings::get(std::string_view key) const {
  const SettingEntry* entry = find_entry(key);
  return entry ? std::optional(entry->print(*this)) : std::nullopt;
}

std::vector<std::string> Settings::keys() {
  std::vector<std::string> keys;
  for (const SettingEntry& entry : entries()) keys.emplace_back(entry.key);
  return keys;
}

Result<SettingsFile> SettingsFile::load(const std::string& path) {
  auto file = KeyFile::load(path);
  if (!file) return tl::make_unexpected(file.error());
  SettingsFile settings(std::move(*file));
  for (const std::string& group : settings.file_.groups()) {
    if (group != kGroup) {
      return fail(Blame::kCaller, "unknown-setting",
                  path + ": there is no group [" + clean_text(group, kShown) +
                      "]; every setting stands under [balcony]");
    }
  }
  for (const std::string& key : settings.file_.keys(kGroup)) {
    auto value = settings.file_.get(kGroup, key);
    if (auto set = settings.values_.set(key, value.value_or("")); !set)
      return fail(Blame::kCaller, set.error().condition, path + ": " + set.error().text);
  }
  return settings;
}

Result<void> SettingsFile::override_with(std::string_view assignment) {
  std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos) {
    return fail(Blame::kCaller, "bad-value",
                "a setting is KEY=VALUE, not '" + clean_text(assignment, kShown) + "'");
  }
  return values_.set(assignment.substr(0, equals), assignment.substr(equals + 1));
}

Result<void> SettingsFile::set(std::string_view key, std::string_view value) {
  if (auto set = values_.set(key, value); !set) return set;
  file_.set(kGroup, key, value);
  return file_.save();
}

}  // namespace balcony
