// SPDX-License-Identifier: MIT
// The command line.
#include "plugin/cli/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "plugin/balcony.h"

namespace balcony_cli {
namespace {

using ::testing::ElementsAre;

class OptionsTest : public ::testing::Test {
 protected:
  void SetUp() override { setenv("XDG_DATA_HOME", "/data", 1); }
  std::variant<Options, int> read(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), {"balcony-cli", "--jid", "romeo@localhost/orchard"});
    testing::internal::CaptureStderr();
    auto result = read_options(static_cast<int>(arguments.size()), arguments.data());
    told = testing::internal::GetCapturedStderr();
    return result;
  }
  Options good(std::vector<const char*> arguments) {
    setenv("BALCONY_PASSWORD", "secret", 1);
    auto result = read(std::move(arguments));
    EXPECT_TRUE(std::holds_alternative<Options>(result)) << told;
    return std::holds_alternative<Options>(result) ? std::get<Options>(result) : Options{};
  }
  void expect_wrong(std::vector<const char*> arguments) {
    auto result = read(arguments);
    ASSERT_TRUE(std::holds_alternative<int>(result)) << arguments.back();
    EXPECT_EQ(std::get<int>(result), 2);
    EXPECT_NE(told, "");
  }
  std::string told;
};

TEST_F(OptionsTest, HaveDefaults) {
  Options options = good({});
  EXPECT_EQ(options.jid, "romeo@localhost/orchard");
  EXPECT_EQ(options.password, "secret");
  EXPECT_EQ(options.host, "");
  EXPECT_EQ(options.tls, ServerTls::kRequire);
  EXPECT_EQ(options.state, "/data/balcony/romeo@localhost");
  EXPECT_EQ(options.log, 1);
}

TEST_F(OptionsTest, FindTheStateAtHomeWithoutXdg) {
  unsetenv("XDG_DATA_HOME");
  setenv("HOME", "/home/romeo", 1);
  EXPECT_EQ(good({}).state, "/home/romeo/.local/share/balcony/romeo@localhost");
}

TEST_F(OptionsTest, AreAllTaken) {
  Options options = good({"--server-tls", "trust", "--state", "/s", "--set", "mode=auto", "--set",
                          "transports=ibb", "--log", "debug"});
  EXPECT_EQ(options.tls, ServerTls::kTrust);
  EXPECT_EQ(options.state, "/s");
  EXPECT_THAT(options.settings, ElementsAre("mode=auto", "transports=ibb"));
  EXPECT_EQ(options.log, 3);
}

TEST_F(OptionsTest, NameAServerInManyWays) {
  EXPECT_EQ(good({"--server", "127.0.0.1:5222"}).port, 5222);
  EXPECT_EQ(good({"--server", "127.0.0.1:5222"}).host, "127.0.0.1");
  EXPECT_EQ(good({"--server", "localhost"}).port, 0);
  EXPECT_EQ(good({"--server", "::1"}).host, "::1");
  EXPECT_EQ(good({"--server", "[::1]:5222"}).host, "::1");
  EXPECT_EQ(good({"--server", "[::1]:5222"}).port, 5222);
  EXPECT_EQ(good({"--server", "[::1]"}).host, "::1");
}

TEST_F(OptionsTest, ReadThePasswordFromAFile) {
  std::string path = testing::TempDir() + "password";
  std::ofstream(path) << "pass word\r\nsecond line\n";
  EXPECT_EQ(good({"--password-file", path.c_str()}).password, "pass word");
}

TEST_F(OptionsTest, KeepThePasswordOutOfTheEnvironment) {
  good({});
  EXPECT_EQ(std::getenv("BALCONY_PASSWORD"), nullptr);
  expect_wrong({});
}

TEST_F(OptionsTest, AreRefusedWithStatus2) {
  for (std::vector<const char*> wrong :
       std::vector<std::vector<const char*>>{{"--unknown"},
                                             {"--server-tls", "maybe"},
                                             {"--log", "loud"},
                                             {"--set", "mode"},
                                             {"--set", "=auto"},
                                             {"--server", "host:port"},
                                             {"--server", "host:0"},
                                             {"--server", "host:65536"},
                                             {"--server", ":5222"},
                                             {"--server", "[::1"},
                                             {"--server", "[::1]5222"},
                                             {"--password-file", "/does/not/exist"},
                                             {"--jid", "romeo@localhost"}}) {
    setenv("BALCONY_PASSWORD", "secret", 1);
    expect_wrong(wrong);
  }
}

TEST_F(OptionsTest, NeedTheJidOfAnAccount) {
  for (const char* jid : {"localhost", "@localhost", "romeo@", "a@b@c"}) {
    const char* arguments[] = {"balcony-cli", "--jid", jid};
    testing::internal::CaptureStderr();
    EXPECT_EQ(std::get<int>(read_options(3, arguments)), 2) << jid;
    testing::internal::GetCapturedStderr();
  }
}

TEST_F(OptionsTest, ExplainThemselves) {
  testing::internal::CaptureStdout();
  EXPECT_EQ(std::get<int>(read({"--help"})), 0);
  EXPECT_NE(testing::internal::GetCapturedStdout().find("--server-tls"), std::string::npos);
}

TEST_F(OptionsTest, TellTheVersionWithoutAnAccount) {
  const char* arguments[] = {"balcony-cli", "--version"};
  testing::internal::CaptureStdout();
  EXPECT_EQ(std::get<int>(read_options(2, arguments)), 0);
  EXPECT_EQ(testing::internal::GetCapturedStdout(),
            "balcony-cli " + std::to_string(BALCONY_VERSION_MAJOR) + "." +
                std::to_string(BALCONY_VERSION_MINOR) + "\n");
}

}  // namespace
}  // namespace balcony_cli
