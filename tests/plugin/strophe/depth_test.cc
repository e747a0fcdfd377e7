// SPDX-License-Identifier: MIT
#include "plugin/strophe/depth.h"

#include <gtest/gtest.h>

#include <string>

namespace strophe_host {
namespace {

std::string nested(int depth, const std::string& inside = "") {
  std::string open, close;
  for (int i = 0; i < depth; ++i) {
    open += "<a>" + inside;
    close += "</a>";
  }
  return open + close;
}

TEST(Depth, OfTextIsBounded) {
  EXPECT_FALSE(is_too_deep(nested(kMaxDepth)));
  EXPECT_TRUE(is_too_deep(nested(kMaxDepth + 1)));
  EXPECT_TRUE(is_too_deep(nested(500'000)));
}

TEST(Depth, OfTextDoesNotGrowWithSiblings) {
  std::string siblings;
  for (int i = 0; i < 1000; ++i) siblings += "<a b='/>' c=\">\"/><d></d>";
  EXPECT_FALSE(is_too_deep("<message>" + siblings + "</message>"));
}

TEST(Depth, OfTextIsNotHiddenByWhatOnlyLooksLikeTags) {
  EXPECT_TRUE(is_too_deep(nested(kMaxDepth + 1, "<![CDATA[</a>]]>")));
  EXPECT_TRUE(is_too_deep(nested(kMaxDepth + 1, "<!--</a>-->")));
  EXPECT_TRUE(is_too_deep(nested(kMaxDepth + 1, "<?x </a>?>")));
  EXPECT_FALSE(is_too_deep(std::string_view("<a><![CDATA[<b><b>")));
  EXPECT_FALSE(is_too_deep(std::string_view("<a b='")));
  EXPECT_FALSE(is_too_deep(std::string_view("no tag, not even <")));
}

TEST(Depth, OfAParsedStanzaIsBounded) {
  xmpp_ctx_t* context = xmpp_ctx_new(nullptr, nullptr);
  for (int depth : {1, kMaxDepth, kMaxDepth + 1, 1000}) {
    xmpp_stanza_t* stanza = xmpp_stanza_new_from_string(context, nested(depth, "<b/>text").c_str());
    ASSERT_TRUE(stanza);
    bool has_leaf_below = depth == kMaxDepth;
    EXPECT_EQ(is_too_deep(stanza), depth > kMaxDepth || has_leaf_below) << depth;
    xmpp_stanza_release(stanza);
  }
  xmpp_ctx_free(context);
}

}  // namespace
}  // namespace strophe_host
