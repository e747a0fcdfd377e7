// SPDX-License-Identifier: MIT
// Runs the tests that are written in C, as hosts in C are.
#include <gtest/gtest.h>

#include <string>

#include "tests/support/temp_folder.h"

extern "C" {
int c_hosts_talk_end_to_end(const char* folders[2]);
int c_host_decides_what_leaves(const char* folder);
int c_host_reads_reasons_when_opening_fails(const char* folder);
int c_host_may_leave_every_callback_out(const char* folder);
}

namespace balcony {
namespace {

struct CHost : ::testing::Test {
  TempFolder folder;
  std::string own = folder / "state";
};

TEST_F(CHost, TalksEndToEndWithAnother) {
  std::string others = folder / "others";
  const char* folders[2] = {own.c_str(), others.c_str()};
  EXPECT_EQ(c_hosts_talk_end_to_end(folders), 0);
}

TEST_F(CHost, IsToldAtOnceWhatMayLeave) {  // covers STZ-21, SECURITY.md promise 4
  EXPECT_EQ(c_host_decides_what_leaves(own.c_str()), 0);
}

TEST_F(CHost, ReadsTheReasonWhenOpeningFails) {
  ASSERT_TRUE(std::filesystem::create_directory(own));
  EXPECT_EQ(c_host_reads_reasons_when_opening_fails(own.c_str()), 0);
}

TEST_F(CHost, MayLeaveEveryCallbackOut) {
  EXPECT_EQ(c_host_may_leave_every_callback_out(own.c_str()), 0);
}

}  // namespace
}  // namespace balcony
