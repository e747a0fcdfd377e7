// SPDX-License-Identifier: MIT
// The hash of entity capabilities, with the examples of XEP-0115 sections 5.2 and 5.3.
#include "jingle/session/disco.h"
#include "tests/jingle/session/side.h"

namespace balcony {
namespace {

const std::string kFeatures =
    "<feature var='http://jabber.org/protocol/disco#info'/>"
    "<feature var='http://jabber.org/protocol/disco#items'/>"
    "<feature var='http://jabber.org/protocol/muc'/>"
    "<feature var='http://jabber.org/protocol/caps'/>";
const std::string kExodus = "<identity category='client' type='pc' name='Exodus 0.9.1'/>";

std::string field(const std::string& var, const std::string& values,
                  const std::string& type = "text-single") {
  return "<field var='" + var + "' type='" + type + "'>" + values + "</field>";
}
std::string form(const std::string& fields) {
  return "<x xmlns='jabber:x:data' type='result'>" + fields + "</x>";
}
std::string form_type(const std::string& value) {
  return field("FORM_TYPE", "<value>" + value + "</value>", "hidden");
}

std::optional<std::string> hash(const std::string& inner) {
  return caps_hash(
      xml("<query xmlns='http://jabber.org/protocol/disco#info'>" + inner + "</query>"));
}

// covers DSC-06
TEST(CapsHash, IsThatOfTheSimpleExample) {
  EXPECT_EQ(hash(kExodus + kFeatures), "QgayPKawpkPSDYmwT/WM94uAlu0=");
}

// covers DSC-06
TEST(CapsHash, IsThatOfTheComplexExample) {
  EXPECT_EQ(
      hash("<identity xml:lang='en' category='client' name='Psi 0.11' type='pc'/>"
           "<identity xml:lang='el' category='client' name='Ψ 0.11' type='pc'/>" +
           kFeatures +
           form(form_type("urn:xmpp:dataforms:softwareinfo") +
                field("ip_version", "<value>ipv4</value><value>ipv6</value>", "text-multi") +
                field("os", "<value>Mac</value>") + field("os_version", "<value>10.5.1</value>") +
                field("software", "<value>Psi</value>") +
                field("software_version", "<value>0.11</value>"))),
      "q07IKJEyjvHSyhy//CH0CxmKi8w=");
}

TEST(CapsHash, DoesNotDependOnAnyOrder) {
  std::string a = form(form_type("a") + field("x", "<value>1</value><value>2</value>") +
                       field("y", "<value>3</value>"));
  std::string a_turned = form(field("y", "<value>3</value>") + form_type("a") +
                              field("x", "<value>2</value><value>1</value>"));
  std::string b = form(form_type("b"));
  auto straight = hash(kExodus + "<feature var='p'/><feature var='q'/>" + a + b);
  ASSERT_TRUE(straight);
  EXPECT_EQ(hash(b + a_turned + "<feature var='q'/>" + kExodus + "<feature var='p'/>"), straight);
}

// XEP-0115 section 5.4, 3.3 to 3.6
TEST(CapsHash, DoesNotExistForAnIllFormedAnswer) {
  EXPECT_EQ(hash(kExodus + kExodus), std::nullopt);
  EXPECT_EQ(hash("<feature var='a'/><feature var='b'/><feature var='a'/>"), std::nullopt);
  EXPECT_EQ(hash(form(form_type("a")) + form(form_type("a") + field("x", ""))), std::nullopt);
  EXPECT_EQ(hash(form(field("FORM_TYPE", "<value>a</value><value>b</value>", "hidden"))),
            std::nullopt);
}

// XEP-0115 section 5.4, 3.6: only different values are ill-formed
TEST(CapsHash, ExistsForAFormTypeThatIsRepeated) {
  EXPECT_EQ(hash(form(field("FORM_TYPE", "<value>a</value><value>a</value>", "hidden"))),
            hash(form(form_type("a"))));
}

// XEP-0115 section 5.4, 3.7
TEST(CapsHash, LeavesOutFormsWithoutAHiddenFormType) {
  auto plain = hash(kExodus + kFeatures);
  EXPECT_EQ(hash(kExodus + kFeatures + form(field("x", "<value>1</value>"))), plain);
  EXPECT_EQ(hash(kExodus + kFeatures + form(field("FORM_TYPE", "<value>a</value>"))), plain);
  EXPECT_EQ(hash(kExodus + kFeatures + form(field("FORM_TYPE", "", "hidden"))), plain);
}

// XEP-0115 section 8: no two answers may look alike
TEST(CapsHash, DoesNotExistIfAPartCouldPassForTwo) {
  EXPECT_TRUE(hash("<feature var='a'/><feature var='b'/>"));
  EXPECT_EQ(hash("<feature var='a&lt;b'/>"), std::nullopt);
  EXPECT_EQ(hash("<identity category='client' type='pc' name='a&lt;b'/>"), std::nullopt);
  EXPECT_EQ(hash(form(form_type("a") + field("x", "<value>1&lt;2</value>"))), std::nullopt);
}

}  // namespace
}  // namespace balcony
