// SPDX-License-Identifier: MIT
// The syntax of <jingle/>: what is read, what is refused, what is printed.
#include "jingle/session/jingle_request.h"

#include "tests/jingle/session/side.h"

namespace balcony {
namespace {

Result<JingleRequest> read(std::string_view action, std::string_view inner = {},
                           std::string_view sid = kSid) {
  return read_jingle(xml(jingle_xml(action, inner, sid)));
}

void expect_malformed(const Result<JingleRequest>& request) {
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().condition, "bad-request");
  EXPECT_EQ(request.error().blame, Blame::kPeer);
}

// covers JGL-01
TEST(JingleRequest, NeedsAKnownActionAndASid) {
  expect_malformed(read("session-juggle"));
  expect_malformed(read_jingle(xml("<jingle xmlns='urn:xmpp:jingle:1' sid='a'/>")));
  expect_malformed(read_jingle(xml("<jingle xmlns='urn:xmpp:jingle:1' action='session-info'/>")));
  expect_malformed(
      read_jingle(xml("<jingle xmlns='urn:xmpp:jingle:0' action='session-info' sid='a'/>")));
}

// covers JGL-01
TEST(JingleRequest, HasANameTokenAsSid) {
  for (std::string_view sid : {"a", "0", "a-b.c_d:e", "é"})
    EXPECT_TRUE(read("session-info", "", sid));
  EXPECT_TRUE(read("session-info", "", std::string(1023, 'a')));
  for (std::string_view sid : {"", "a b", "a/b", "a@b", "&lt;"})
    expect_malformed(read("session-info", "", sid));
  expect_malformed(read("session-info", "", std::string(1024, 'a')));
}

// covers JGL-09
TEST(JingleRequest, RefusesAMalformedOffer) {
  std::string both = kDescription + kIbb;
  for (const std::string& contents : {
           std::string(),
           "<content name='x'>" + both + "</content>",
           "<content creator='ada' name='x'>" + both + "</content>",
           "<content creator='responder' name='x'>" + both + "</content>",
           "<content creator='initiator'>" + both + "</content>",
           "<content creator='initiator' name='x'>" + kIbb + "</content>",
           "<content creator='initiator' name='x'>" + kDescription + "</content>",
           "<content creator='initiator' name='x' disposition='early-session'>" + both +
               "</content>",
           "<content xmlns='urn:other' creator='initiator' name='x'>" + both + "</content>",
       })
    expect_malformed(read("session-initiate", contents));
  EXPECT_TRUE(read("session-initiate", content_xml(both, "disposition='session'")));
}

// covers JGL-23
TEST(JingleRequest, AcceptsExactlyOneContent) {
  expect_malformed(read("session-accept"));
  expect_malformed(read("session-accept", kOffer + kOffer));
  expect_malformed(read("session-accept", content_xml(kIbb)));
  expect_malformed(read("session-accept", content_xml(kDescription)));
  EXPECT_TRUE(read("session-accept", kOffer));
}

TEST(JingleRequest, NeedsATransportWhereItIsAboutOne) {
  for (std::string_view action : {"transport-info", "transport-replace", "transport-accept"}) {
    expect_malformed(read(action));
    expect_malformed(read(action, content_xml("")));
    EXPECT_TRUE(read(action, content_xml(kIbb)));
  }
  EXPECT_TRUE(read("transport-reject"));
}

TEST(JingleRequest, NeedsAContentWhereItIsAboutOne) {
  for (std::string_view action : {"content-add", "content-modify", "content-remove"}) {
    expect_malformed(read(action));
    EXPECT_TRUE(read(action, content_xml("")));
  }
}

// covers JGL-24
TEST(JingleRequest, MindsNamesAndCreatorsInOffersOnly) {
  EXPECT_TRUE(read("session-accept", "<content>" + kDescription + kIbb + "</content>"));
  EXPECT_TRUE(read("transport-info", "<content creator='?' name=''>" + kIbb + "</content>"));
}

TEST(JingleRequest, KeepsWhatASessionInfoCarries) {
  Result<JingleRequest> request = read("session-info", "<active xmlns='urn:other'/>");
  ASSERT_TRUE(request);
  ASSERT_EQ(request->payload.size(), 1U);
  EXPECT_TRUE(request->payload[0].is("active", "urn:other"));
}

TEST(JingleRequest, ReadsTheFirstReasonOnly) {
  Result<JingleRequest> request =
      read("session-terminate", "<reason><busy/></reason><reason><gone/></reason>");
  ASSERT_TRUE(request && request->reason);
  EXPECT_EQ(request->reason->condition, "busy");
  EXPECT_FALSE(read("session-terminate")->reason);
}

TEST(JingleRequest, ReadsAFingerprintOnlyIfItIsUsable) {
  auto fingerprint = [](const std::string& element) {
    return read("session-accept", content_xml(kDescription + kIbb + element))
        ->contents[0]
        .fingerprint;
  };
  std::string digits(64, 'a');
  EXPECT_EQ(fingerprint("<fingerprint xmlns='urn:x-balcony:0' hash='sha-256'>" + digits +
                        "</fingerprint>"),
            digits);
  EXPECT_EQ(
      fingerprint("<fingerprint xmlns='urn:x-balcony:0' hash='sha-1'>" + digits + "</fingerprint>"),
      "");
  EXPECT_EQ(fingerprint("<fingerprint xmlns='urn:x-balcony:0' hash='sha-256'>" +
                        std::string(64, 'A') + "</fingerprint>"),
            "");
  EXPECT_EQ(fingerprint("<fingerprint xmlns='urn:x-balcony:0' hash='sha-256'>aa</fingerprint>"),
            "");
  EXPECT_EQ(fingerprint(""), "");
}

TEST(JingleRequest, PrintsWhatItRead) {
  std::string digits(64, 'b');
  std::string text =
      "<jingle xmlns='urn:xmpp:jingle:1' action='session-initiate' "
      "initiator='ada@example.org/desk' responder='ben@example.net/lab' sid='s'>"
      "<content creator='initiator' name='a' senders='both' disposition='session'>" +
      kDescription + kIbb + "<fingerprint xmlns='urn:x-balcony:0' hash='sha-256'>" + digits +
      "</fingerprint></content><reason><busy/></reason><x xmlns='y'/></jingle>";
  Result<JingleRequest> request = read_jingle(xml(text));
  ASSERT_TRUE(request);
  EXPECT_EQ(to_xml(to_element(*request)), text);
}

// covers JGL-07
TEST(JingleRequest, OffersABareContentOfOurs) {
  JingleRequest request;
  request.action = Action::kSessionInitiate;
  request.sid = "s";
  request.contents.push_back(xmlstream_content(transport(kIbb), std::string(64, 'c')));
  EXPECT_EQ(to_xml(to_element(request)),
            "<jingle xmlns='urn:xmpp:jingle:1' action='session-initiate' sid='s'>"
            "<content creator='initiator' name='xmlstream'>" +
                kDescription + kIbb + "<fingerprint xmlns='urn:x-balcony:0' hash='sha-256'>" +
                std::string(64, 'c') + "</fingerprint></content></jingle>");
}

}  // namespace
}  // namespace balcony
