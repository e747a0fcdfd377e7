// SPDX-License-Identifier: MIT
// What a script may send.
#include "plugin/cli/stanza_text.h"

#include <gtest/gtest.h>

namespace balcony_cli {
namespace {

class StanzaText : public ::testing::Test {
 protected:
  ~StanzaText() override { xmpp_ctx_free(context); }
  std::string problem(const std::string& xml) { return check_stanza(context, xml).problem; }
  xmpp_ctx_t* context = xmpp_ctx_new(nullptr, nullptr);
};

TEST_F(StanzaText, TellsWhatItsFirstTagSays) {
  std::string xml = " <iq type='set' to='j@l/b' id='&lt;1'><q xmlns='x'/></iq> ";
  Checked checked = check_stanza(context, xml);
  EXPECT_EQ(checked.problem, "");
  EXPECT_EQ(checked.stanza.name, "iq");
  EXPECT_EQ(checked.stanza.type, "set");
  EXPECT_EQ(checked.stanza.to, "j@l/b");
  EXPECT_EQ(checked.stanza.id, "<1");
  EXPECT_EQ(checked.stanza.xml, xml);
}

TEST_F(StanzaText, MayNameItsNamespace) {
  EXPECT_EQ(problem("<presence xmlns='jabber:client'/>"), "");
  EXPECT_NE(problem("<presence xmlns='urn:example'/>"), "");
}

TEST_F(StanzaText, IsOneStanza) {
  for (const char* xml : {"", "text", "<message/><message/>", "<message/>text", "text<message/>",
                          "<query/>", "</w><message/><w>", "<w></w></w><message/>"}) {
    EXPECT_NE(problem(xml), "") << xml;
  }
}

TEST_F(StanzaText, IsWellFormed) {
  for (const char* xml :
       {"<message>", "<message", "<message a=b/>", "<message>&nope;</message>", "<z:message/>",
        "<message>\x01</message>", "<message>\xff</message>", "<!DOCTYPE message><message/>"}) {
    EXPECT_NE(problem(xml), "") << xml;
  }
}

TEST_F(StanzaText, HasNothingThatAStreamForbids) {
  EXPECT_NE(problem("<message><!-- --></message>"), "");
  EXPECT_NE(problem("<?xml version='1.0'?><message/>"), "");
}

TEST_F(StanzaText, IsNotNestedTooDeeply) {
  std::string deep;
  for (int i = 0; i < 200'000; ++i) deep += "<a>";
  EXPECT_EQ(problem(deep), "the stanza is nested too deeply");
}

TEST_F(StanzaText, IsEscaped) { EXPECT_EQ(escape("<&>'\"x"), "&lt;&amp;&gt;&apos;&quot;x"); }

TEST(RandomId, IsA128BitNumber) {
  std::string id = random_id();
  EXPECT_EQ(id.size(), 32u);
  EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(id, random_id());
}

}  // namespace
}  // namespace balcony_cli
