// SPDX-License-Identifier: MIT
// <reason/> in both directions.
#include "jingle/session/reason.h"

#include "tests/jingle/session/side.h"

namespace balcony {
namespace {

Reason reason_with(const std::string& inner) {
  Element element = xml("<reason xmlns='urn:xmpp:jingle:1'>" + inner + "</reason>");
  return read_reason(&element);
}

// covers JGL-39
TEST(Reason, IsReadBackAsItWasWritten) {
  Element element = to_element(Reason{"alternative-session", "already talking", "j-77ab"});
  EXPECT_EQ(to_xml(element),
            "<reason xmlns='urn:xmpp:jingle:1'><alternative-session><sid>j-77ab</sid>"
            "</alternative-session><text>already talking</text></reason>");
  Reason reason = read_reason(&element);
  EXPECT_EQ(reason.condition, "alternative-session");
  EXPECT_EQ(reason.text, "already talking");
  EXPECT_EQ(reason.alternative_sid, "j-77ab");
}

// covers JGL-34
TEST(Reason, IsGeneralErrorIfMissingEmptyOrUnknown) {
  EXPECT_EQ(read_reason(nullptr).condition, "general-error");
  EXPECT_EQ(reason_with("").condition, "general-error");
  EXPECT_EQ(reason_with("<bored/>").condition, "general-error");
  EXPECT_EQ(reason_with("<success xmlns='urn:other'/>").condition, "general-error");
}

TEST(Reason, IsTheFirstKnownConditionWhateverStandsAround) {
  Reason reason = reason_with("<text>x</text><own xmlns='urn:other'/><busy/><gone/>");
  EXPECT_EQ(reason.condition, "busy");
  EXPECT_EQ(reason.text, "x");
}

// covers JGL-34
TEST(Reason, HasATextOfAtMost256Characters) {
  std::string text = reason_with("<busy/><text>" + std::string(300, 'a') + "</text>").text;
  EXPECT_EQ(text, std::string(256, 'a') + "…");
}

}  // namespace
}  // namespace balcony
