// SPDX-License-Identifier: MIT
// The way to an established stream, step by step, in both roles.
#include "tests/jingle/stream/probe.h"

namespace balcony {
namespace {

using Negotiation = StreamTest;

const std::string kTlsNs = " xmlns='urn:ietf:params:xml:ns:xmpp-tls'";
const std::string kStarttls = "<starttls" + kTlsNs + "/>";
const std::string kProceed = "<proceed" + kTlsNs + "/>";
const std::string kHello = "<message id='m1'><body>Hi</body></message>";
const std::string kAuth = "<auth " + kSaslNs + " mechanism='EXTERNAL'>=</auth>";
const std::string kSuccess = "<success " + kSaslNs + "/>";

// A header with chosen attributes, as `server` gets it.
std::string header(const std::string& attributes) {
  return "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' " +
         attributes + ">";
}

void expect_error(const Probe& probe, std::string_view condition, std::string_view reason) {
  EXPECT_EQ(probe.condition(), condition);
  EXPECT_EQ(probe.reason(), reason);
  EXPECT_NE(probe.sent.find("<stream:error>" + error_xml(condition)), std::string::npos)
      << probe.sent;
  EXPECT_TRUE(probe.sent.ends_with("</stream:error></stream:stream>")) << probe.sent;
  EXPECT_TRUE(probe.close_bytes);
  EXPECT_FALSE(probe.ended && probe.ended->clean);
}

std::string id_in(const std::string& sent) {
  std::size_t at = sent.find(" id='") + 5;
  return sent.substr(at, sent.find('\'', at) - at);
}

// ---- headers ----

TEST_F(Negotiation, ClientSpeaksFirstWithBareAddressesAndNoId) {  // covers STM-01, STM-02, STM-03
  client.start();
  server.start();
  EXPECT_EQ(client.sent, kAdaHeader);
  EXPECT_EQ(server.sent, "");
}

TEST_F(Negotiation,
       ServerAnswersWithHeaderAndFeaturesInOneWrite) {  // covers STM-01, STM-07, TLS-02
  server.start();
  server.feed(kAdaHeader);
  EXPECT_EQ(server.writes, 1);
  std::string expected = kBenHeader + kOfferStarttls;
  expected.replace(expected.find("9c1d6f0e2b"), 10, id_in(server.sent));
  EXPECT_EQ(server.sent, expected);
  EXPECT_GE(id_in(server.sent).size(), 17U);  // 64 bits in hex and a letter
}

TEST_F(Negotiation, ServerGivesAFreshIdInEachHeader) {  // covers STM-03
  server.in_clear();
  std::string first = id_in(server.take_sent());
  server.feed(kStarttls);
  server.take_sent();
  server.tls_up();
  server.accept();
  server.feed(kAdaHeader);
  EXPECT_NE(id_in(server.sent), first);
}

TEST_F(Negotiation, SendsFullAddressesWhenToldSo) {  // covers STM-02
  XmlStream::Config config = config_of(Role::kInitiator);
  config.full_addresses = true;
  config.lang = "de";
  Probe full(env, config);
  full.start();
  EXPECT_NE(full.sent.find(" from='ada@example.org/desk' to='ben@example.net/lab' version='1.0' "
                           "xml:lang='de'>"),
            std::string::npos);
}

TEST_F(Negotiation, AcceptsAddressesAbsentEmptyBareOrFull) {  // covers STM-02
  for (const char* from : {"", "from='' ", "from='ada@example.org' ", "from='ADA@example.org' ",
                           "from='ada@example.org/desk' "})
    for (const char* to : {"", "to='' ", "to='ben@example.net' ", "to='ben@EXAMPLE.net/lab' "}) {
      Probe fresh(env, config_of(Role::kResponder));
      fresh.start();
      fresh.feed(header(std::string(from) + to + "version='1.0'"));
      EXPECT_FALSE(fresh.ended) << from << to;
      EXPECT_TRUE(fresh.sent.ends_with(kOfferStarttls)) << from << to;
    }
}

TEST_F(Negotiation, RefusesAForeignTo) {  // covers STM-02, STE-06
  for (const char* to : {"eve@example.net", "ben@example.net/phone", "example.net", "@@"}) {
    Probe fresh(env, config_of(Role::kResponder));
    fresh.start();
    fresh.feed(header("version='1.0' to='" + std::string(to) + "'"));
    expect_error(fresh, "host-unknown", "failed-application");
    EXPECT_TRUE(fresh.sent.starts_with("<?xml version='1.0'?><stream:stream ")) << "STM-20";
  }
}

TEST_F(Negotiation, RefusesAForeignFrom) {  // covers STM-02, STE-09
  client.start();
  client.feed(header("version='1.0' from='eve@example.net'"));
  expect_error(client, "invalid-from", "failed-application");
}

TEST_F(Negotiation, RefusesAPeerWithoutVersion) {  // covers STM-04, STE-25
  client.start();
  client.feed(header("from='ben@example.net'"));
  expect_error(client, "unsupported-version", "failed-application");
}

TEST_F(Negotiation, RefusesForeignNamespacesAndRoots) {  // covers STM-06, STE-10, STE-01
  server.start();
  server.feed(
      "<stream:stream xmlns='jabber:server' "
      "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>");
  expect_error(server, "invalid-namespace", "failed-application");
  client.start();
  client.feed(
      "<flood:flood xmlns='jabber:client' xmlns:flood='http://etherx.jabber.org/streams' "
      "version='1.0'>");
  expect_error(client, "bad-format", "failed-application");
}

TEST_F(Negotiation, AcceptsAnyPrefixAndAMissingId) {  // covers STM-03, STM-06
  client.start();
  client.feed(
      "<s:stream xmlns='jabber:client' xmlns:s='http://etherx.jabber.org/streams' "
      "version='1.0'><s:features><starttls" +
      kTlsNs + "/></s:features>");
  EXPECT_EQ(client.sent, kAdaHeader + kStarttls);
}

// ---- STARTTLS ----

TEST_F(Negotiation, ClientTakesStarttlsEvenIfItIsNotRequired) {  // covers TLS-02, TLS-03
  client.start();
  client.take_sent();
  client.feed(kBenHeader + "<stream:features><starttls" + kTlsNs +
              "/><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></stream:features>");
  EXPECT_EQ(client.sent, kStarttls);
  client.feed(kProceed);
  EXPECT_TRUE(client.start_tls);
  EXPECT_FALSE(client.ended);
}

TEST_F(Negotiation, ClientRefusesFeaturesWithoutStarttls) {  // covers TLS-02, STE-14
  client.start();
  client.feed(kBenHeader + kOfferExternal);
  expect_error(client, "policy-violation", "security-error");
  EXPECT_EQ(client.sent.find("<auth"), std::string::npos);
}

TEST_F(Negotiation, RefusesAStanzaBeforeTls) {  // covers TLS-02, STM-08
  server.in_clear();
  server.feed(kHello);
  expect_error(server, "policy-violation", "security-error");
  client.in_clear();
  client.feed(kHello);
  expect_error(client, "policy-violation", "security-error");
  EXPECT_TRUE(server.received.empty() && client.received.empty());
}

TEST_F(Negotiation, RefusesAnythingElseBeforeTls) {  // covers TLS-03, SAS-01
  for (const std::string& element :
       {kAuth, kProceed, kSuccess, std::string("<x xmlns='urn:x'/>")}) {
    Probe fresh(env, config_of(Role::kResponder));
    fresh.in_clear();
    fresh.feed(element);
    expect_error(fresh, "policy-violation", "security-error");
  }
  client.in_clear();
  client.feed(kOfferStarttls);  // instead of <proceed/>
  expect_error(client, "policy-violation", "security-error");
}

TEST_F(Negotiation, ServerOverlooksFeaturesOfAClient) {
  server.in_clear();
  server.feed(kNoFeatures + kStarttls);
  EXPECT_TRUE(server.start_tls);
}

TEST_F(Negotiation, ServerProceedsAtOnce) {  // covers TLS-03
  server.in_clear();
  server.take_sent();
  server.feed(kStarttls);
  EXPECT_EQ(server.sent, kProceed);
  EXPECT_TRUE(server.start_tls);
}

TEST_F(Negotiation, OverlooksOffersInsideStarttlsAndProceed) {  // covers TLS-04
  std::string offer = "<offer xmlns='urn:xmpp:tmp:c2ctls'><srp/></offer>";
  server.in_clear();
  server.feed("<starttls" + kTlsNs + ">" + offer + "</starttls>");
  EXPECT_TRUE(server.start_tls);
  client.in_clear();
  client.feed("<proceed" + kTlsNs + ">" + offer + "</proceed>");
  EXPECT_TRUE(client.start_tls);
}

TEST_F(Negotiation, ClientEndsWhenTlsIsRefused) {  // covers TLS-03
  client.in_clear();
  client.feed("<failure" + kTlsNs + "/></stream:stream>");
  EXPECT_EQ(client.reason(), "security-error");
  EXPECT_TRUE(client.sent.ends_with(kStarttls + "</stream:stream>"));
  EXPECT_TRUE(client.close_bytes);
}

TEST_F(Negotiation, CutsTheWireWhenOctetsFollowStarttlsOrProceed) {  // covers TLS-05
  for (std::string tail : {std::string(" "), std::string("\n"), kHello, kAdaHeader,
                           std::string("\x16\x03\x01", 3), std::string(1, '\0'), kStarttls}) {
    for (Role role : {Role::kInitiator, Role::kResponder}) {
      Probe fresh(env, config_of(role));
      fresh.in_clear();
      fresh.take_sent();
      fresh.feed((role == Role::kInitiator ? kProceed : kStarttls) + tail);
      EXPECT_TRUE(fresh.abort_bytes) << tail;
      EXPECT_FALSE(fresh.start_tls || fresh.close_bytes);
      EXPECT_EQ(fresh.sent, "");
      EXPECT_EQ(fresh.reason(), "security-error");
    }
  }
}

TEST_F(Negotiation, FindsTheInjectionWhereverTheChunkBegins) {  // covers TLS-05
  for (std::size_t cut = 0; cut < kProceed.size(); ++cut) {
    Probe fresh(env, config_of(Role::kInitiator));
    fresh.in_clear();
    if (cut > 0) fresh.feed(kProceed.substr(0, cut));
    fresh.feed(kProceed.substr(cut) + "<message/>");
    EXPECT_TRUE(fresh.abort_bytes) << cut;
  }
}

TEST_F(Negotiation, ForgetsWhatItLearnedInTheClear) {  // covers TLS-05, STM-09
  server.start();
  server.feed(header("version='1.0' xml:lang='xx'"));
  server.feed(kStarttls);
  server.tls_up();
  server.accept();
  server.feed(header("version='1.0'"));
  server.feed(kAuth);
  server.feed(header("version='1.0'"));
  server.prove();
  server.feed(kHello);
  ASSERT_EQ(server.received.size(), 1U);
  EXPECT_FALSE(server.received[0].has_attr("lang", ns::kXml));
}

TEST_F(Negotiation, RefusesStarttlsInsideTls) {  // covers TLS-12
  server.secured();
  server.feed(kStarttls);
  expect_error(server, "policy-violation", "security-error");
  client.judging();
  client.accept();
  client.feed(kBenHeader + kOfferStarttls);
  expect_error(client, "policy-violation", "security-error");
}

TEST_F(Negotiation, GoesOnWithoutStarttlsWhereTlsIsUpAlready) {  // covers TLS-12
  XmlStream::Config config = config_of(Role::kResponder);
  config.secured = true;
  Probe secured(env, config);
  secured.accept();
  secured.start();
  secured.feed(kAdaHeader);
  EXPECT_TRUE(secured.sent.ends_with(kOfferExternal));
  config = config_of(Role::kInitiator);
  config.secured = true;
  Probe secured_client(env, config);
  secured_client.start();
  EXPECT_EQ(secured_client.sent, kAdaHeader);
}

// ---- the verdict on the key ----

TEST_F(Negotiation, NeitherSendsNorReadsWhileTheKeyIsJudged) {  // covers TLS-11
  client.judging();
  server.judging();
  server.feed(kAdaHeader);
  env.advance(119s);
  EXPECT_FALSE(client.stream.next_deadline() || server.stream.next_deadline());
  EXPECT_EQ(client.sent + server.sent, "");
  server.accept();
  client.accept();
  EXPECT_TRUE(server.sent.ends_with(kOfferExternal));  // what came meanwhile was kept
  EXPECT_EQ(client.sent, kAdaHeader);
}

TEST_F(Negotiation, BoundsWhatItKeepsWhileTheKeyIsJudged) {  // covers C-09
  server.judging();
  for (int i = 0; i < 70 && !server.ended; ++i) server.feed(std::string(1024, ' '));
  EXPECT_TRUE(server.abort_bytes);
  EXPECT_EQ(server.condition(), "policy-violation");
  EXPECT_EQ(server.sent, "");
}

TEST_F(Negotiation,
       ServerSaysNotAuthorizedBehindAHeaderWhenTheKeyIsRefused) {  // covers TLS-11, STE-12
  server.judging();
  server.stream.refuse_key("the user does not know this key");
  server.drain();
  expect_error(server, "not-authorized", "security-error");
  EXPECT_TRUE(server.sent.starts_with("<?xml version='1.0'?><stream:stream "));
  EXPECT_EQ(server.ended->text, "the user does not know this key");
}

TEST_F(Negotiation, ClientJustClosesWhenTheKeyIsRefused) {  // covers TLS-11
  client.judging();
  client.stream.refuse_key("the user does not know this key");
  client.drain();
  EXPECT_EQ(client.sent, "");
  EXPECT_TRUE(client.close_bytes);
  EXPECT_EQ(client.reason(), "security-error");
}

TEST_F(Negotiation, EndsWithoutXmlWhenTheHandshakeFails) {  // covers TLS-10, flow 9.7
  server.in_clear();
  server.feed(kStarttls);
  server.take_sent();
  server.start_tls = false;
  server.stream.on_tls_failed({Blame::kPeer, "security-error", "bad certificate"});
  server.drain();
  EXPECT_EQ(server.sent, "");
  EXPECT_TRUE(server.close_bytes);
  EXPECT_EQ(server.reason(), "security-error");
}

TEST_F(Negotiation, ClientTakesALossBeforeTheServersHeaderForARefusal) {  // covers TLS-09, flow 9.7
  client.judging();
  client.accept();
  client.stream.on_tls_failed({Blame::kPeer, "security-error", "alert 42"});
  client.drain();
  EXPECT_EQ(client.reason(), "security-error");
  for (bool judged : {false, true}) {
    Probe fresh(env, config_of(Role::kInitiator));
    fresh.judging();
    if (judged) fresh.accept();
    fresh.stream.on_eof(Error{Blame::kPeer, "closed", "alert 42"});
    fresh.drain();
    EXPECT_EQ(fresh.reason(), "security-error");
  }
}

TEST_F(Negotiation, ClientTakesALaterLossForALoss) {  // covers TLS-09, STM-19
  client.secured();
  client.stream.on_eof(std::nullopt);
  client.drain();
  EXPECT_EQ(client.reason(), "connectivity-error");
}

TEST_F(Negotiation, IgnoresAVerdictAfterTheEnd) {
  client.judging();
  client.stream.on_eof(std::nullopt);
  client.drain();
  client.accept();
  client.prove();
  client.stream.refuse_key("late");
  client.stream.on_tls_established();
  client.stream.on_tls_failed({});
  client.stream.start();
  client.feed("late");
  client.stream.fail({"reset", "", {}});
  client.stream.on_eof(std::nullopt);
  client.drain();
  EXPECT_EQ(client.reason(), "security-error");
}

// ---- SASL ----

TEST_F(Negotiation, ClientTakesUpExternalAndRestarts) {  // covers SAS-01, SAS-03, SAS-10, STM-09
  client.judging();
  client.accept();
  EXPECT_EQ(client.take_sent(), kAdaHeader);
  client.feed(kBenHeader + "<stream:features><mechanisms " + kSaslNs +
              "><mechanism>SCRAM-SHA-256-PLUS</mechanism><mechanism>EXTERNAL</mechanism>"
              "</mechanisms></stream:features>");
  EXPECT_EQ(client.take_sent(), kAuth);
  client.feed(kSuccess);
  EXPECT_EQ(client.take_sent(), kAdaHeader);
}

TEST_F(Negotiation, ClientSaysWhoItIsIfItsCertificateHoldsSeveralAddresses) {  // covers SAS-03
  XmlStream::Config config = config_of(Role::kInitiator);
  config.names_itself = true;
  Probe fresh(env, config);
  fresh.judging();
  fresh.accept();
  fresh.take_sent();
  fresh.feed(kBenHeader + "<stream:features><mechanisms " + kSaslNs +
             "><mechanism>EXTERNAL</mechanism></mechanisms></stream:features>");
  EXPECT_EQ(fresh.take_sent(), "<auth " + kSaslNs + " mechanism='EXTERNAL'>" +
                                   base64_encode("ada@example.org") + "</auth>");
}

TEST_F(Negotiation, ClientEndsWithoutAMechanismInCommon) {  // covers SAS-01, STE-23
  client.judging();
  client.accept();
  client.feed(kBenHeader + "<stream:features><mechanisms " + kSaslNs +
              "><mechanism>PLAIN</mechanism></mechanisms></stream:features>");
  expect_error(client, "unsupported-feature", "security-error");
}

TEST_F(Negotiation, ClientEndsWhenItIsNotAuthenticated) {  // covers SAS-04
  client.secured();
  client.feed("<failure " + kSaslNs + "><not-authorized/></failure>");
  EXPECT_EQ(client.reason(), "security-error");
  EXPECT_NE(client.ended->text.find("not-authorized"), std::string::npos);
  EXPECT_TRUE(client.sent.ends_with("</stream:stream>"));
}

TEST_F(Negotiation, ServerAuthorizesThePeerUnderItsBareAddress) {  // covers SAS-03
  for (const std::string& response :
       {std::string("="), base64_encode("ada@example.org"), base64_encode("Ada@Example.org")}) {
    Probe fresh(env, config_of(Role::kResponder));
    fresh.secured();
    fresh.take_sent();
    fresh.feed("<auth " + kSaslNs + " mechanism='EXTERNAL'>" + response + "</auth>");
    EXPECT_EQ(fresh.sent, kSuccess) << response;
  }
}

TEST_F(Negotiation, ServerAsksForAResponseThatIsMissing) {  // covers SAS-03
  for (const std::string& response :
       {std::string(), std::string("="), base64_encode("ada@example.org")}) {
    Probe fresh(env, config_of(Role::kResponder));
    fresh.secured();
    fresh.take_sent();
    fresh.feed("<auth " + kSaslNs + " mechanism='EXTERNAL'/>");
    EXPECT_EQ(fresh.take_sent(), "<challenge " + kSaslNs + "/>");
    fresh.feed("<response " + kSaslNs + ">" + response + "</response>");
    EXPECT_EQ(fresh.sent, kSuccess);
  }
}

TEST_F(Negotiation, ServerNamesWhatIsWrongWithAnAttempt) {  // covers SAS-03, SAS-04
  auto external = [](const std::string& response) {
    return "<auth " + kSaslNs + " mechanism='EXTERNAL'>" + response + "</auth>";
  };
  const std::pair<std::string, std::string> attempts[] = {
      {external(base64_encode("eve@example.org")), "invalid-authzid"},
      {external(base64_encode("ada@example.org/desk")), "invalid-authzid"},
      {external(base64_encode("@")), "invalid-authzid"},
      {external("!!!"), "incorrect-encoding"},
      {external("YQ"), "incorrect-encoding"},
      {"<auth " + kSaslNs + " mechanism='PLAIN'>AGEAYg==</auth>", "invalid-mechanism"},
      {"<auth " + kSaslNs + "/>", "invalid-mechanism"},
      {"<abort " + kSaslNs + "/>", "aborted"},
      {"<response " + kSaslNs + "/>", "malformed-request"},
      {"<success " + kSaslNs + "/>", "malformed-request"},
      {"<odd " + kSaslNs + "/>", "malformed-request"}};
  for (const auto& [attempt, condition] : attempts) {
    Probe fresh(env, config_of(Role::kResponder));
    fresh.secured();
    fresh.take_sent();
    fresh.feed(attempt);
    EXPECT_EQ(fresh.take_sent(), "<failure " + kSaslNs + "><" + condition + "/></failure>");
    fresh.feed(kAuth);  // a second attempt may succeed (C-18)
    EXPECT_EQ(fresh.sent, kSuccess) << attempt;
  }
}

TEST_F(Negotiation, ServerEndsAfterTwoFailedAttempts) {  // covers SAS-04, C-18
  server.secured();
  server.feed("<abort " + kSaslNs + "/>");
  EXPECT_FALSE(server.ended);
  server.feed("<abort " + kSaslNs + "/>");
  expect_error(server, "policy-violation", "security-error");
}

TEST_F(Negotiation, CutsTheWireWhenOctetsFollowAuthOrSuccess) {  // covers STM-09, TLS-05
  server.secured();
  server.take_sent();
  server.feed(kAuth + kAdaHeader);
  EXPECT_TRUE(server.abort_bytes);
  EXPECT_EQ(server.sent, "");
  client.secured();
  client.feed(kSuccess + kBenHeader);
  EXPECT_TRUE(client.abort_bytes);
  EXPECT_EQ(client.reason(), "security-error");
}

TEST_F(Negotiation, OffersNoMechanismWhenToldSo) {  // covers SAS-01, SAS-02
  server.judging();
  server.prove();
  server.accept(false);
  server.feed(kAdaHeader);
  EXPECT_TRUE(server.sent.ends_with(kNoFeatures));
  EXPECT_TRUE(server.established);
}

// ---- established ----

TEST_F(Negotiation, ServerKeepsItsLastFeaturesUntilTheProofIsIn) {  // covers STM-08
  server.authenticated();
  EXPECT_TRUE(server.take_sent().ends_with("xml:lang='en'>"));
  EXPECT_FALSE(server.stream.is_established());
  server.prove();
  EXPECT_EQ(server.sent, kNoFeatures);
  EXPECT_TRUE(server.established && server.stream.is_established());
}

TEST_F(Negotiation, ServerSendsItsLastHeaderAndFeaturesInOneWriteIfProven) {  // covers STM-07
  server.secured();
  server.prove();
  server.feed(kAuth);
  server.take_sent();
  server.writes = 0;
  server.feed(kAdaHeader);
  EXPECT_EQ(server.writes, 1);
  EXPECT_TRUE(server.sent.ends_with(kNoFeatures));
}

TEST_F(Negotiation, ClientWaitsForItsProof) {  // covers STM-08
  client.authenticated();
  client.feed(kNoFeatures);
  EXPECT_FALSE(client.established);
  client.prove();
  EXPECT_TRUE(client.established);
}

TEST_F(Negotiation, ClientIsEstablishedByAServerWithoutMechanisms) {  // covers SAS-02
  client.judging();
  client.prove();
  client.accept();
  client.feed(kBenHeader + "<stream:features><sm xmlns='urn:xmpp:sm:3'/></stream:features>");
  EXPECT_TRUE(client.established);
}

TEST_F(Negotiation, ClientRefusesAMandatoryFeatureItLacks) {  // covers STM-07, STE-23
  client.authenticated();
  client.feed(
      "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></stream:features>");
  expect_error(client, "unsupported-feature", "failed-application");
}

TEST_F(Negotiation, RefusesAStanzaAfterTlsButBeforeEstablished) {  // covers STM-08, STE-12
  server.authenticated();
  server.feed(kHello);
  expect_error(server, "not-authorized", "security-error");
  client.secured();
  client.feed(kHello);
  expect_error(client, "not-authorized", "security-error");
}

TEST_F(Negotiation, ServerIsEstablishedByAStanzaInsteadOfAuth) {  // covers SAS-01
  server.secured();
  server.prove();
  server.take_sent();
  server.feed(kHello + kHello);
  EXPECT_TRUE(server.established);
  EXPECT_EQ(server.received.size(), 2U);
  EXPECT_EQ(server.sent, "");
}

TEST_F(Negotiation, ServerHoldsSuchAStanzaUntilTheProofIsIn) {  // covers SAS-01, STM-08
  server.secured();
  server.feed(kHello + kHello);
  server.feed(kHello);
  EXPECT_FALSE(server.established || server.ended);
  server.prove();
  EXPECT_TRUE(server.established);
  EXPECT_EQ(server.received.size(), 3U);
}

TEST_F(Negotiation, EndsWhenThePeerClosesTooEarly) {
  server.secured();
  server.take_sent();
  server.feed("</stream:stream>");
  EXPECT_EQ(server.sent, "</stream:stream>");
  EXPECT_EQ(server.reason(), "failed-application");
}

TEST_F(Negotiation, JustEndsWhenClosedByItsOwner) {
  Probe idle(env, config_of(Role::kInitiator));
  idle.stream.close();
  idle.drain();
  EXPECT_FALSE(idle.close_bytes);
  EXPECT_EQ(idle.reason(), "success");
  client.judging();
  client.stream.close();
  client.drain();
  EXPECT_EQ(client.sent, "");
  EXPECT_TRUE(client.close_bytes);
}

TEST_F(Negotiation, SendsNoErrorBeforeTheStreamOrDuringTheHandshake) {  // covers STM-20
  Probe idle(env, config_of(Role::kInitiator));
  idle.stream.fail({"internal-server-error", "", {}});
  idle.drain();
  EXPECT_EQ(idle.condition(), "internal-server-error");
  EXPECT_FALSE(idle.close_bytes || idle.abort_bytes);
  server.in_clear();
  server.feed(kStarttls);
  server.take_sent();
  server.start_tls = false;
  server.stream.fail({"internal-server-error", "", {}});
  server.drain();
  EXPECT_EQ(server.sent, "");
  EXPECT_TRUE(server.abort_bytes);
}

// ---- time ----

TEST_F(Negotiation, GivesAPeerTenSecondsForEachStep) {  // covers C-05, C-06
  server.start();
  server.advance(9'999ms);
  EXPECT_FALSE(server.ended);
  server.feed(kAdaHeader);
  server.advance(9'999ms);
  EXPECT_FALSE(server.ended);
  server.advance(1ms);
  expect_error(server, "connection-timeout", "failed-application");
  client.start();
  client.advance(5s);
  client.feed(kBenHeader);  // the features share the header's time
  client.advance(5s);
  expect_error(client, "connection-timeout", "failed-application");
}

TEST_F(Negotiation, CutsAHandshakeThatTakesTooLong) {  // covers C-06
  client.in_clear();
  client.feed(kProceed);
  client.start_tls = false;
  client.take_sent();
  client.advance(10s);
  EXPECT_TRUE(client.abort_bytes);
  EXPECT_EQ(client.sent, "");
  EXPECT_EQ(client.reason(), "failed-application");
}

TEST_F(Negotiation, GivesItAllThirtySeconds) {  // covers C-06
  server.start();
  server.advance(9s);
  server.feed(kAdaHeader);
  server.advance(9s);
  server.feed(kStarttls);
  server.advance(9s);
  server.tls_up();
  server.accept();
  server.feed(kAdaHeader);  // no time passes for the total while the peer may be asking
  server.advance(2'999ms);
  EXPECT_FALSE(server.ended);
  server.advance(1ms);
  EXPECT_EQ(server.condition(), "connection-timeout");
}

TEST_F(Negotiation, WaitsForAPeerThatAsksItsUser) {  // covers C-05, C-07
  for (Probe* each : {&client, &server}) {
    each->judging();
    each->advance(600s);
    each->accept();
    each->advance(134s);
    EXPECT_FALSE(each->ended);
    each->advance(1s);
    EXPECT_EQ(each->reason(), "failed-application");
    EXPECT_EQ(each->condition(), "connection-timeout");
  }
}

TEST_F(Negotiation, WaitsForAProofUntilTheTotalIsOver) {
  server.authenticated();
  server.advance(29s);
  EXPECT_FALSE(server.ended);
  server.advance(1s);
  EXPECT_EQ(server.condition(), "connection-timeout");
}

TEST_F(Negotiation, IsPatientInBand) {  // covers C-05
  XmlStream::Timers slow = XmlStream::Timers::slow();
  EXPECT_EQ(slow.header, 60s);
  EXPECT_EQ(slow.total, 90s);
}

// ---- hostile input ----

TEST_F(Negotiation, BoundsWhatAStrangerMaySay) {  // covers C-09, STM-15
  server.secured();
  std::size_t said = 0;
  for (; !server.ended && said < 80'000; said += kNoFeatures.size()) server.feed(kNoFeatures);
  expect_error(server, "policy-violation", "failed-application");
  EXPECT_LE(said, 64U * 1024);
  server.feed("more");
  EXPECT_FALSE(server.stream.poll());
}

TEST_F(Negotiation, BoundsTheSpaceBetweenElements) {  // covers C-09, STM-15
  server.secured();
  for (int i = 0; i < 17; ++i) server.feed(std::string(1024, ' '));
  EXPECT_EQ(server.condition(), "policy-violation");
}

TEST_F(Negotiation, CountsNothingThatComesOnceItIsEstablished) {  // covers C-09
  client.authenticated();
  client.prove();
  std::string flood;
  while (flood.size() < 100'000) flood += kHello;
  client.feed(kNoFeatures + flood);
  EXPECT_FALSE(client.ended);
  EXPECT_GT(client.received.size(), 1000U);
}

TEST_F(Negotiation, RefusesALargeElementBeforeAuthentication) {  // covers C-09, STM-15
  server.in_clear();
  server.feed("<starttls" + kTlsNs + ">" + std::string(17'000, 'x'));
  expect_error(server, "policy-violation", "failed-application");
  EXPECT_NE(server.sent.find("<stanza-too-big xmlns='urn:xmpp:errors'/>"), std::string::npos);
}

TEST_F(Negotiation,
       AnswersBadXmlBehindAHeader) {  // covers STM-11 to -14, STM-20, STE-13, STE-18, STE-22
  const std::pair<std::string, std::string> inputs[] = {
      {"<<>", "not-well-formed"},
      {"\x16\x03\x01\x02", "not-well-formed"},
      {"<!DOCTYPE x>", "restricted-xml"},
      {"<?xml version='1.0' encoding='UTF-16'?><x/>", "unsupported-encoding"},
      {kAdaHeader + "<!-- -->", "restricted-xml"},
      {kAdaHeader + "<?pi?>", "restricted-xml"},
      {kAdaHeader + "<a:b/>", "not-well-formed"},
      {kAdaHeader + "text", "bad-format"}};
  for (const auto& [input, condition] : inputs) {
    Probe fresh(env, config_of(Role::kResponder));
    fresh.start();
    fresh.feed(input);
    expect_error(fresh, condition, "failed-application");
    EXPECT_TRUE(fresh.sent.starts_with("<?xml version='1.0'?><stream:stream ")) << input;
  }
}

TEST_F(Negotiation, OverlooksALanguageThatIsNone) {  // covers STM-05
  Probe fresh(env, config_of(Role::kResponder));
  fresh.secured();
  fresh.prove();
  fresh.feed(kAuth);
  fresh.feed(header("version='1.0' xml:lang='" + std::string(10'000, 'x') + "'"));
  fresh.feed(kHello);
  ASSERT_EQ(fresh.received.size(), 1U);
  EXPECT_FALSE(fresh.received[0].has_attr("lang", ns::kXml));
}

TEST_F(Negotiation, IgnoresAnEmptyChunk) {
  server.start();
  server.feed("");
  EXPECT_FALSE(server.ended);
}

}  // namespace
}  // namespace balcony
