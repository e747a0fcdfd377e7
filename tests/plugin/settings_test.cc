// SPDX-License-Identifier: MIT
// Every setting of HOST-CLI.md: its default, its values, what it refuses; and the file they stand
// in.
#include "plugin/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temp_folder.h"

namespace balcony {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

struct Row {
  std::string key;
  std::string standard;           // the default
  std::vector<std::string> good;  // printed as they are read
  std::vector<std::string> bad;
};

const std::vector<std::string> kNoFlags{"", "yes", "1", "True", "true "};
const std::vector<std::string> kNoCounts{"", "-1", "x", "7x", " 7", "99999999999999999999"};

Row flag(std::string key, std::string standard) {
  return {std::move(key), std::move(standard), {"false", "true"}, kNoFlags};
}
Row count(std::string key, std::string standard) {
  std::vector<std::string> bad = kNoCounts;
  bad.insert(bad.end(), {"0", "1000001"});
  return {std::move(key), std::move(standard), {"1", "64", "1000000"}, bad};
}
Row size(std::string key, std::string standard, std::string least, std::string most,
         std::vector<std::string> outside) {
  outside.insert(outside.end(), kNoCounts.begin(), kNoCounts.end());
  return {std::move(key), std::move(standard), {std::move(least), std::move(most)}, outside};
}

// HOST-CLI.md's table, in its order.
const std::vector<Row>& rows() {
  static const std::vector<Row> table = {
      {"mode", "ask", {"ask", "auto", "require", "off"}, {"", "on", "Ask", "ask,auto"}},
      {"reach", "any", {"any", "relay"}, {"", "none"}},
      {"trust", "ask", {"ask", "tofu", "verified"}, {"", "all", "none"}},
      {"transports",
       "s5b,ice,ibb",
       {"ibb", "ibb,s5b", "ptcp,ice"},
       {"", ",", "tcp", "ibb,tcp", "ibb, s5b", "IBB"}},
      {"stream.address", "bare", {"bare", "full"}, {"", "true", "none"}},
      {"xtls", "prefer", {"prefer", "off"}, {"", "require", "true"}},
      size("require.wait", "60", "0", "86400", {"86401"}),
      flag("candidates.loopback", "false"),
      flag("candidates.low-ports", "false"),
      {"candidates.interfaces", "all", {"all", "eth0", "eth0,wlan0"}, {}},
      flag("s5b.direct", "true"),
      flag("s5b.upnp", "true"),
      {"s5b.proxy", "", {"proxy.example.org", ""}, {"@", "a@", "proxy example"}},
      {"s5b.tunnel",
       "",
       {"example.org:7625", "[2001:db8::1]:65535", ""},
       {"example.org", ":80", "example.org:", "example.org:0", "example.org:65536", "a:b"}},
      {"ice.stun",
       "",
       {"stun.example.org", "192.0.2.1:9", "none", ""},
       {"a b", "a@b", "a/b", "a:x"}},
      {"ice.turn", "", {"u:p@turn.example.org:3478", "none", ""}, {"turn.example.org", "u@a"}},
      flag("ice.ptcp", "false"),
      size("ibb.block-size", "4096", "1", "16384", {"0", "16385"}),
      {"ca", "", {"/etc/ssl/certs/ca-certificates.crt", "with a space.pem", ""}, {}},
      flag("move", "true"),
      flag("resume", "true"),
      size("limits.handshake", "0", "0", "86400", {"86401"}),
      size("limits.total", "0", "0", "86400", {"86401"}),
      size("limits.close", "10", "1", "86400", {"0", "86401"}),
      size("limits.stanza", "262144", "10000", "1073741824", {"9999", "1073741825"}),
      size("limits.depth", "64", "8", "1000", {"7", "1001"}),
      size("limits.attributes", "64", "8", "1000", {"7", "1001"}),
      size("limits.queue", "1048576", "10000", "1073741824", {"9999", "1073741825"}),
      count("limits.sessions", "64"),
      count("limits.pending", "16"),
      count("limits.pending-per-contact", "3"),
      count("limits.strangers", "16"),
      count("limits.strangers-per-address", "4"),
      count("limits.candidates", "32"),
  };
  return table;
}

TEST(Settings, AreTheOnesOfTheTable) {
  std::vector<std::string> keys;
  for (const Row& row : rows()) keys.push_back(row.key);
  EXPECT_EQ(Settings::keys(), keys);
}

TEST(Settings, HaveTheDefaultsOfTheTable) {  // covers C-08, C-09, C-10, C-15, C-17
  for (const Row& row : rows()) EXPECT_EQ(Settings().get(row.key), row.standard) << row.key;
}

TEST(Settings, TakeEveryValueOfTheTable) {
  for (const Row& row : rows()) {
    for (const std::string& value : row.good) {
      Settings settings;
      auto set = settings.set(row.key, value);
      ASSERT_TRUE(set) << row.key << "=" << value << ": " << set.error().text;
      EXPECT_EQ(settings.get(row.key), value) << row.key;
    }
  }
}

TEST(Settings, ChangeNothingButWhatIsSet) {
  for (const Row& row : rows()) {
    Settings settings;
    ASSERT_TRUE(settings.set(row.key, row.good.front()));
    for (const Row& other : rows()) {
      if (other.key != row.key) {
        EXPECT_EQ(settings.get(other.key), other.standard) << row.key;
      }
    }
  }
}

TEST(Settings, RefuseEveryOtherValueAndKeepTheOldOne) {
  for (const Row& row : rows()) {
    for (const std::string& value : row.bad) {
      if (value.empty() && row.standard.empty()) continue;
      Settings settings;
      auto set = settings.set(row.key, value);
      ASSERT_FALSE(set) << row.key << "=" << value;
      EXPECT_EQ(set.error().blame, Blame::kCaller);
      EXPECT_EQ(set.error().condition, "bad-value");
      EXPECT_THAT(set.error().text, HasSubstr(row.key + " takes "));
      EXPECT_EQ(settings.get(row.key), row.standard) << row.key << "=" << value;
    }
  }
}

TEST(Settings, SayWhatWouldDo) {
  Settings settings;
  EXPECT_EQ(settings.set("mode", "on").error().text,
            "mode takes off, ask, auto, require, not 'on'");
  EXPECT_EQ(settings.set("xtls", "x").error().text, "xtls takes prefer, off, not 'x'");
  EXPECT_THAT(settings.set("limits.depth", "0").error().text, HasSubstr("from 8 to 1000"));
  EXPECT_THAT(settings.set("require.wait", "x").error().text, HasSubstr("seconds from 0 to 86400"));
}

TEST(Settings, TakeTheWordNoneForNothing) {
  Settings settings;
  for (const char* key : {"s5b.proxy", "s5b.tunnel", "ca"}) {
    ASSERT_TRUE(settings.set(key, "none")) << key;
    EXPECT_EQ(settings.get(key), "") << key;
  }
}

TEST(Settings, KeepTheWordNoneForServersThatAreNotToBeAsked) {  // covers ICE-11
  Settings settings;
  for (const char* key : {"ice.stun", "ice.turn"}) {
    ASSERT_TRUE(settings.set(key, "none")) << key;
    EXPECT_EQ(settings.get(key), "none") << key;
  }
}

TEST(Settings, ShowNobodyThePasswordOfARelay) {
  EXPECT_EQ(shown_value("ice.turn", "ada:p:a@ss@turn.example.org:9"), "ada:***@turn.example.org:9");
  EXPECT_EQ(shown_value("ice.turn", "ada:secret"), "***");
  EXPECT_EQ(shown_value("ice.turn", "secret@turn.example.org"), "***");
  EXPECT_EQ(shown_value("ice.turn", ""), "");
  EXPECT_EQ(shown_value("ice.turn", "none"), "none");
  EXPECT_EQ(shown_value("ice.stun", "a:1"), "a:1");
  Settings settings;
  EXPECT_EQ(settings.set("ice.turn", "ada:secret").error().text.find("secret"), std::string::npos);
}

TEST(Settings, PutPseudoTcpBehindIceIfItIsOn) {  // covers JGL-30
  auto order = [](const char* transports, const char* ptcp) {
    Settings settings;
    EXPECT_TRUE(settings.set("transports", transports) && settings.set("ice.ptcp", ptcp));
    std::string all;
    for (const std::string& method : settings.methods()) all += method + " ";
    return all;
  };
  EXPECT_EQ(order("s5b,ice,ibb", "false"), "s5b ice ibb ");
  EXPECT_EQ(order("s5b,ice,ibb", "true"), "s5b ice ptcp ibb ");
  EXPECT_EQ(order("s5b,ibb", "true"), "s5b ibb ptcp ");  // in band goes last in any case
  EXPECT_EQ(order("ptcp,ice", "true"), "ptcp ice ");
  EXPECT_EQ(order("ptcp,ice", "false"), "ice ");
}

TEST(Settings, AreReadIntoTheirTypes) {
  Settings settings;
  for (auto [key, value] :
       std::vector<std::pair<std::string, std::string>>{{"mode", "require"},
                                                        {"reach", "relay"},
                                                        {"trust", "verified"},
                                                        {"transports", "ibb,,s5b"},
                                                        {"stream.address", "full"},
                                                        {"xtls", "off"},
                                                        {"require.wait", "5"},
                                                        {"candidates.interfaces", "lo,eth0"},
                                                        {"limits.handshake", "7"},
                                                        {"limits.stanza", "20000"},
                                                        {"limits.pending-per-contact", "9"}})
    ASSERT_TRUE(settings.set(key, value)) << key;
  EXPECT_EQ(settings.mode, Mode::kRequire);
  EXPECT_EQ(settings.reach, Reach::kRelay);
  EXPECT_EQ(settings.trust, TrustSetting::kVerified);
  EXPECT_THAT(settings.transports, ElementsAre("ibb", "s5b"));
  EXPECT_TRUE(settings.full_addresses);
  EXPECT_FALSE(settings.xtls);
  EXPECT_EQ(settings.require_wait, 5s);
  EXPECT_THAT(settings.candidates_interfaces, ElementsAre("lo", "eth0"));
  EXPECT_EQ(settings.limit_handshake, 7s);
  EXPECT_EQ(settings.xml.element, 20000U);
  EXPECT_EQ(settings.sessions.pending_per_peer, 9U);
}

TEST(Settings, KnowNoOtherKey) {
  Settings settings;
  for (const char* key : {"", "Mode", "mode ", "limits", "limits.", "s5b"}) {
    auto set = settings.set(key, "ask");
    ASSERT_FALSE(set) << key;
    EXPECT_EQ(set.error().condition, "unknown-setting");
    EXPECT_EQ(set.error().blame, Blame::kCaller);
    EXPECT_EQ(settings.get(key), std::nullopt);
  }
}

TEST(Settings, NeverCutACharacterInAnErrorText) {
  std::string text(59, 'x');
  for (int i = 0; i < 9; ++i) text += "\xe2\x98\xba";
  for (const std::string& error :
       {Settings().set(text, "1").error().text, Settings().set("mode", text).error().text,
        std::string(Settings().set("mode", "a\nb\x1b[1m").error().text)}) {
    EXPECT_LT(error.size(), 250U);
    EXPECT_THAT(error, Not(HasSubstr("\n")));
    EXPECT_THAT(error, Not(HasSubstr("\x1b")));
    std::size_t cut = error.rfind('\xe2');
    if (cut != std::string::npos) {
      EXPECT_TRUE(error.compare(cut, 3, "\xe2\x80\xa6") == 0 ||
                  error.compare(cut, 3, "\xe2\x98\xba") == 0)
          << error;
    }
  }
}

TEST(Mode, IsReadAndPrintedAsTheSameWord) {
  for (const char* word : {"off", "ask", "auto", "require"})
    EXPECT_EQ(to_string(*read_mode(word)), word);
  EXPECT_EQ(read_mode("on"), std::nullopt);
  for (const char* word : {"any", "relay"}) EXPECT_EQ(to_string(*read_reach(word)), word);
  EXPECT_EQ(read_reach("none"), std::nullopt);
}

struct SettingsFileTest : ::testing::Test {
  TempFolder folder;
  std::string path = folder / "settings.ini";

  SettingsFile load() const { return *SettingsFile::load(path); }
  Error refusal() const {
    auto file = SettingsFile::load(path);
    EXPECT_FALSE(file);
    return file ? Error() : file.error();
  }
};

TEST_F(SettingsFileTest, HasTheDefaultsWhenThereIsNone) {
  EXPECT_EQ(load().values().mode, Mode::kAsk);
  EXPECT_FALSE(folder.has("settings.ini"));
}

TEST_F(SettingsFileTest, KeepsWhatIsSetForItsOwnerOnly) {
  SettingsFile file = load();
  ASSERT_TRUE(file.set("mode", "require"));
  ASSERT_TRUE(file.set("ca", "/a b/c;d.pem"));
  EXPECT_EQ(file.values().mode, Mode::kRequire);
  EXPECT_EQ(load().values().mode, Mode::kRequire);
  EXPECT_EQ(load().values().ca, "/a b/c;d.pem");
  EXPECT_EQ(folder.mode("settings.ini"), 0600U);
}

TEST_F(SettingsFileTest, WritesNoOverride) {
  SettingsFile file = load();
  ASSERT_TRUE(file.override_with("mode=off"));
  ASSERT_TRUE(file.override_with("ca=a=b"));
  ASSERT_TRUE(file.set("reach", "relay"));
  EXPECT_EQ(file.values().mode, Mode::kOff);
  EXPECT_EQ(file.values().ca, "a=b");
  EXPECT_EQ(load().values().mode, Mode::kAsk);
  EXPECT_EQ(load().values().ca, "");
  EXPECT_EQ(load().values().reach, Reach::kRelay);
}

TEST_F(SettingsFileTest, KeepsTheFilesValueUnderAnOverride) {
  ASSERT_TRUE(load().set("mode", "require"));
  SettingsFile file = load();
  ASSERT_TRUE(file.override_with("mode=auto"));
  ASSERT_TRUE(file.set("reach", "relay"));
  EXPECT_EQ(load().values().mode, Mode::kRequire);
}

TEST_F(SettingsFileTest, RefusesABadOverride) {
  SettingsFile file = load();
  EXPECT_EQ(file.override_with("mode").error().condition, "bad-value");
  EXPECT_EQ(file.override_with("").error().condition, "bad-value");
  EXPECT_EQ(file.override_with("mode=on").error().condition, "bad-value");
  EXPECT_EQ(file.override_with("=on").error().condition, "unknown-setting");
  EXPECT_EQ(file.override_with("colour=blue").error().condition, "unknown-setting");
  EXPECT_EQ(file.values().mode, Mode::kAsk);
}

TEST_F(SettingsFileTest, KeepsNothingOfABadValue) {
  SettingsFile file = load();
  EXPECT_EQ(file.set("mode", "on").error().blame, Blame::kCaller);
  EXPECT_EQ(file.set("colour", "blue").error().condition, "unknown-setting");
  EXPECT_FALSE(folder.has("settings.ini"));
}

TEST_F(SettingsFileTest, IsRefusedWhenDamagedAndLeftAlone) {
  for (const std::string text : {"mode=require\n", "[balcony\n", "[balcony]\nmode\n",
                                 "[balcony]\nca=\xff\n", "[balcony]\nca=\\q\n"}) {
    folder.put("settings.ini", text);
    EXPECT_EQ(refusal().condition, "damaged-file") << text;
    EXPECT_EQ(folder.text("settings.ini"), text);
  }
}

TEST_F(SettingsFileTest, GuessesNothing) {  // SECURITY.md promise 4: no mode is lost by a slip
  for (auto [text, condition] : std::vector<std::pair<std::string, std::string>>{
           {"[balcony]\nmode=required\n", "bad-value"},
           {"[balcony]\nmode=\n", "bad-value"},
           {"[balcony]\nmodes=require\n", "unknown-setting"},
           {"[Balcony]\nmode=require\n", "unknown-setting"},
           {"[balcony]\nreach=relay\n[settings]\nmode=require\n", "unknown-setting"}}) {
    folder.put("settings.ini", text);
    Error error = refusal();
    EXPECT_EQ(error.condition, condition) << text;
    EXPECT_THAT(error.text, HasSubstr(path));
  }
}

TEST_F(SettingsFileTest, HoldsForThisRunWhenItCannotBeWrittenAndSaysSo) {
  SettingsFile file = load();
  folder.remove();
  auto set = file.set("mode", "require");
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().condition, "unwritable-file");
  EXPECT_NE(set.error().blame, Blame::kCaller);
  EXPECT_EQ(file.values().mode, Mode::kRequire);
}

TEST_F(SettingsFileTest, IsNeverWrittenSoThatItCouldNotBeRead) {
  SettingsFile file = load();
  ASSERT_TRUE(file.set("reach", "relay"));
  EXPECT_EQ(file.set("ca", "\xff.pem").error().condition, "unwritable-file");
  EXPECT_EQ(load().values().reach, Reach::kRelay);
  ASSERT_TRUE(file.set("ca", "good.pem"));
  EXPECT_EQ(load().values().ca, "good.pem");
}

}  // namespace
}  // namespace balcony
