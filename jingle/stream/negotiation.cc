// SPDX-License-Identifier: MIT
// From the first header to Established, in both roles: the table of what may come when, and what
// each element does (PROTOCOL.md 3.1, TLS-02 to -05, SAS-01 to -04).
#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "jingle/base/ns.h"
#include "jingle/stream/stream_state.h"

namespace balcony {

namespace {

constexpr int kSaslAttempts = 2;               // C-18
constexpr std::size_t kLongestLanguage = 35;   // RFC 5646 section 4.4.1; it goes into each stanza
constexpr std::size_t kLargeElement = 10'000;  // what every peer must take (RFC 6120 section 13.12)

}  // namespace

XmlStream::State::Kind XmlStream::State::kind_of(const Element& element) {
  struct Named {
    std::string_view name, ns;
    Kind kind;
  };
  constexpr std::array<Named, 13> names{{
      {"message", ns::kClient, Kind::kStanza},
      {"presence", ns::kClient, Kind::kStanza},
      {"iq", ns::kClient, Kind::kStanza},
      {"features", ns::kStreams, Kind::kFeatures},
      {"error", ns::kStreams, Kind::kError},
      {"starttls", ns::kTls, Kind::kStarttls},
      {"proceed", ns::kTls, Kind::kProceed},
      {"failure", ns::kTls, Kind::kTlsFailure},
      {"auth", ns::kSasl, Kind::kAuth},
      {"response", ns::kSasl, Kind::kResponse},
      {"abort", ns::kSasl, Kind::kAbort},
      {"success", ns::kSasl, Kind::kSuccess},
      {"failure", ns::kSasl, Kind::kSaslFailure},
  }};
  for (const Named& named : names)
    if (element.is(named.name, named.ns)) return named.kind;
  return Kind::kOther;
}

const XmlStream::State::Rule* XmlStream::State::find_rule(Phase phase, Kind kind) {
  static constexpr std::array<Rule, 11> rules{{
      {Phase::kFeatures, Kind::kFeatures, &State::on_features},
      {Phase::kProceed, Kind::kProceed, &State::on_proceed},
      {Phase::kProceed, Kind::kTlsFailure, &State::on_tls_refused},
      {Phase::kStarttls, Kind::kStarttls, &State::on_starttls},
      {Phase::kAuth, Kind::kAuth, &State::on_auth},
      {Phase::kAuth, Kind::kResponse, &State::on_response},
      {Phase::kAuth, Kind::kAbort, &State::on_abort},
      {Phase::kAuth, Kind::kStanza, &State::on_early_stanza},
      {Phase::kSasl, Kind::kSuccess, &State::on_success},
      {Phase::kSasl, Kind::kSaslFailure, &State::on_sasl_failure},
      {Phase::kOpen, Kind::kStanza, &State::on_stanza},
  }};
  for (const Rule& rule : rules)
    if (rule.phase == phase && rule.kind == kind) return &rule;
  return nullptr;
}

// The gate.
void XmlStream::State::on_element(ElementRead read) {
  Kind kind = kind_of(read.element);
  if (kind == Kind::kError) return on_stream_error(read.element);
  if (is_open() && read.raw_octets > kLargeElement) peer_takes_large_ = true;  // it sends such
  const Rule* rule = find_rule(phase_, kind);
  if (!rule) return refuse(read.element, kind);
  (this->*rule->act)(std::move(read.element));
}

// What an element means that may not come now.
void XmlStream::State::refuse(const Element& element, Kind kind) {
  bool is_talking_sasl = phase_ == Phase::kAuth && element.ns() == ns::kSasl;
  if (kind == Kind::kFeatures && (!is_client() || is_open())) return;  // some send them always
  if (is_talking_sasl) return fail_sasl("malformed-request");
  if (layer_ == Layer::kClear)
    return fail({"policy-violation", "nothing is spoken here before TLS", {}}, "security-error");
  if (kind == Kind::kStarttls)
    return fail({"policy-violation", "TLS is up already", {}}, "security-error");
  if (kind == Kind::kStanza) return fail({"not-authorized", "the stream is not established", {}});
  fail({"unsupported-stanza-type", "unknown or unexpected element", {}});
}

void XmlStream::State::send_header() {
  bool full = config_.full_addresses;
  StreamHeader header{.from = std::string(full ? config_.local.full() : config_.local.bare()),
                      .to = std::string(full ? config_.peer.full() : config_.peer.bare()),
                      .id = is_client() ? std::string() : env_.token(),
                      .version = "1.0",
                      .lang = config_.lang};
  write(print_header(header));
  header_sent_ = true;
}

void XmlStream::State::on_header(const RootOpened& root) {
  header_seen_ = true;
  Result<StreamHeader> header = read_header(root);
  if (!header) return fail({header.error().condition, header.error().text, {}});
  if (!is_address_of(header->to, config_.local))
    return fail({"host-unknown", "this stream is not for us", {}});
  if (!is_address_of(header->from, config_.peer))
    return fail({"invalid-from", "this stream is with another peer", {}});
  if (header->lang.size() <= kLongestLanguage) ends_.lang = header->lang;
  if (is_client()) return enter(Phase::kFeatures);
  send_header();
  answer_header();
}

// STM-07: features always follow our header.
void XmlStream::State::answer_header() {
  StreamFeatures features;
  if (layer_ == Layer::kClear) {
    features.starttls = features.starttls_required = true;
    write(print_features(features));
    return enter(Phase::kStarttls);
  }
  if (layer_ == Layer::kAuthenticated || !offer_external_) return settle();
  features.mechanisms.emplace_back(kExternal);
  write(print_features(features));
  enter(Phase::kAuth);
}

// NOLINTBEGIN(performance-unnecessary-value-param): handlers of one table, and one of them keeps
// its element.
void XmlStream::State::on_features(Element element) {
  StreamFeatures features = read_stream_features(element);
  if (layer_ == Layer::kClear) {
    if (!features.starttls)
      return fail({"policy-violation", "TLS is not offered", {}}, "security-error");
    write(kStarttlsXml);
    return enter(Phase::kProceed);
  }
  if (features.starttls_required)
    return fail({"policy-violation", "TLS is up already", {}}, "security-error");
  if (layer_ == Layer::kSecured && !features.mechanisms.empty()) {
    const auto& offered = features.mechanisms;
    if (std::find(offered.begin(), offered.end(), kExternal) == offered.end())
      return fail({"unsupported-feature", "no SASL mechanism in common", {}}, "security-error");
    write(print_auth_external(config_.names_itself ? config_.local.bare() : std::string_view()));
    return enter(Phase::kSasl);
  }
  if (!features.unknown_mandatory.empty())
    return fail({"unsupported-feature", "a mandatory feature is not supported", {}});
  settle();
}

// Whether nothing stands behind the element at which one parser ends and the next begins.
bool XmlStream::State::is_last_octet() {
  if (rest_.empty()) return true;
  abort("security-error", "octets were injected at a restart of the stream");
  return false;
}

void XmlStream::State::on_starttls(Element) {
  if (!is_last_octet()) return;
  write(kProceedXml);
  hand_over_to_tls();
}

void XmlStream::State::on_proceed(Element) {
  if (is_last_octet()) hand_over_to_tls();
}

void XmlStream::State::hand_over_to_tls() {
  header_sent_ = header_seen_ = false;
  order(StartTls{});
  enter(Phase::kTls);
}

void XmlStream::State::on_tls_refused(Element) { finish("security-error", "the peer refused TLS"); }

void XmlStream::State::on_tls_established() {
  if (phase_ == Phase::kEnded) return;
  assert(phase_ == Phase::kTls);
  enter(Phase::kJudging);
}

void XmlStream::State::accept_key(bool offer_external) {
  if (phase_ == Phase::kEnded) return;
  assert(phase_ == Phase::kJudging || (config_.secured && phase_ == Phase::kIdle));
  offer_external_ = offer_external;
  if (phase_ == Phase::kIdle) return;
  begin_layer(Layer::kSecured);
  take_kept();
}

void XmlStream::State::on_auth(Element auth) {
  if (auth.attr("mechanism") != kExternal) return fail_sasl("invalid-mechanism");
  std::string response = auth.text();
  if (!response.empty()) return authorize(response);
  challenged_ = true;  // no initial response: it has to be asked for (RFC 4422 section 5)
  write(kChallengeXml);
}

void XmlStream::State::on_response(Element response) {
  if (!std::exchange(challenged_, false)) return fail_sasl("malformed-request");
  authorize(response.text());
}

void XmlStream::State::on_abort(Element) { fail_sasl("aborted"); }

// SAS-03: the peer may act as nobody but the one with whom the session is.
void XmlStream::State::authorize(const std::string& response) {
  bool is_empty = response.empty() || response == "=";
  std::optional<Bytes> authzid = is_empty ? Bytes() : base64_decode(response);
  if (!authzid) return fail_sasl("incorrect-encoding");
  if (!is_empty) {
    Result<Jid> jid = Jid::parse(*authzid);
    if (!jid || *jid != config_.peer.to_bare()) return fail_sasl("invalid-authzid");
  }
  if (!is_last_octet()) return;
  write(kSuccessXml);
  begin_layer(Layer::kAuthenticated);
}

void XmlStream::State::fail_sasl(std::string_view condition) {
  challenged_ = false;
  write(print_sasl_failure(condition));
  if (++sasl_failures_ < kSaslAttempts) return enter(Phase::kAuth);
  fail({"policy-violation", "too many failed attempts", {}}, "security-error");
}

void XmlStream::State::on_success(Element) {
  if (is_last_octet()) begin_layer(Layer::kAuthenticated);
}

void XmlStream::State::on_sasl_failure(Element failure) {
  finish("security-error", "the peer did not authenticate us: " + read_sasl_failure(failure));
}

// NOLINTEND(performance-unnecessary-value-param)

// SAS-01: a peer without SASL. It could not know that our proof is still out, so its stanza waits.
void XmlStream::State::on_early_stanza(Element stanza) {
  if (!proven_) {
    early_ = std::move(stanza);
    return enter(Phase::kProof);
  }
  establish();
  on_stanza(std::move(stanza));
}

// All is negotiated but for the proof. The stream server keeps its last features until then.
void XmlStream::State::settle() {
  if (!proven_) return enter(Phase::kProof);
  if (!is_client()) write(print_features({}));
  establish();
}

void XmlStream::State::on_proven() {
  proven_ = true;
  if (phase_ != Phase::kProof) return;
  if (!early_) return settle();
  establish();
  on_stanza(*std::exchange(early_, std::nullopt));
  take_kept();
}

void XmlStream::State::establish() {
  enter(Phase::kOpen);
  parser_->set_limits(config_.limits);
  if (config_.keepalive) keepalive_.start(env_.now());
  tell(Established{});
}

}  // namespace balcony
