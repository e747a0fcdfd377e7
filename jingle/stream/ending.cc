// SPDX-License-Identifier: MIT
// How a stream ends: closing tags, stream errors, refusal, loss (PROTOCOL.md 3.3, 3.4; TLS-09 to
// -11).
#include <utility>

#include "jingle/base/ns.h"
#include "jingle/base/stanza.h"
#include "jingle/stream/stream_state.h"

namespace balcony {

// STM-18. What the peer has said on its way to the closing tag is still delivered.
void XmlStream::State::close() {
  if (phase_ == Phase::kEnded || end_sent_) return;
  if (!is_open()) return finish("success", "closed before the stream was established");
  if (end_received_) return finish("success", {});
  write(kStreamEnd);
  end_sent_ = true;
  keepalive_.stop();
  close_deadline_ = env_.now() + config_.timers.close;
}

void XmlStream::State::on_end_tag() {
  end_received_ = true;
  if (!is_open()) return finish("failed-application", "the peer closed the stream too early");
  if (end_sent_) return finish("success", {});
  tell(PeerClosing{});  // poll() answers the tag once the owner has heard this and finished
}

// STM-20: one error, behind a header, and no word after it. While TLS shakes hands there is no XML.
void XmlStream::State::fail(StreamError error, std::string_view reason) {
  if (phase_ == Phase::kEnded) return;
  if (reason.empty()) reason = reason_for(error.condition);
  if (phase_ == Phase::kIdle || phase_ == Phase::kTls)
    return abort(reason, error.text, error.condition);
  if (!end_sent_) {
    if (!header_sent_) send_header();
    write(print_stream_error(error));
  }
  finish(reason, std::move(error.text), std::move(error.condition));
}

void XmlStream::State::refuse_key(std::string text) {
  if (phase_ == Phase::kEnded) return;
  if (is_client()) return finish("security-error", std::move(text));
  fail({"not-authorized", std::move(text), {}});
}

void XmlStream::State::on_fault(const XmlFault& fault) {
  StreamError error{fault.condition, clean_text(fault.text), {}};
  if (fault.too_big) error.application = Element("stanza-too-big", ns::kErrors);
  fail(std::move(error));
}

// STM-21. An error is not answered with an error.
void XmlStream::State::on_stream_error(const Element& element) {
  StreamError error = read_stream_error(element);
  std::string text = "the peer ended the stream: " + error.condition;
  if (!error.text.empty()) text += " (" + error.text + ")";
  std::string_view reason = reason_for(error.condition);
  finish(reason, std::move(text), std::move(error.condition));
}

void XmlStream::State::on_eof(const std::optional<Error>& error) {
  if (phase_ == Phase::kEnded) return;
  std::string text = error ? error->text : "the byte stream ended without a closing tag";
  if (is_closing()) return end("success", std::move(text));
  bool is_unjudged = phase_ == Phase::kJudging || (layer_ == Layer::kSecured && !header_seen_);
  // TLS-09: only the server's header says that our key was accepted.
  if (is_client() && is_unjudged)
    return end("security-error", "the peer did not accept our key: " + text);
  end("connectivity-error", std::move(text));
}

void XmlStream::State::on_tls_failed(const Error& error) {
  if (phase_ == Phase::kEnded) return;
  if (is_open()) return on_eof(error);
  unsent_.clear();
  order(CloseBytes{});
  end("security-error", error.text);
}

void XmlStream::State::on_negotiation_timeout() {
  fail({"connection-timeout", "the peer did not go on in time", {}}, "failed-application");
}

// Says goodbye where a header was sent, and closes the byte stream in order.
void XmlStream::State::finish(std::string_view reason, std::string text, std::string condition) {
  if (header_sent_ && !end_sent_) {
    write(kStreamEnd);
    end_sent_ = true;
  }
  if (phase_ != Phase::kIdle) order(CloseBytes{});
  end(reason, std::move(text), std::move(condition));
}

// TLS-05: not one octet more.
void XmlStream::State::abort(std::string_view reason, std::string text, std::string condition) {
  unsent_.clear();
  if (phase_ != Phase::kIdle) order(AbortBytes{});
  end(reason, std::move(text), std::move(condition));
}

void XmlStream::State::end(std::string_view reason, std::string text, std::string condition) {
  bool clean = end_sent_ && end_received_ && condition.empty();
  tell(Ended{clean, std::string(reason), std::move(text), std::move(condition)});
  enter(Phase::kEnded);
  keepalive_.stop();
  close_deadline_.reset();
}

}  // namespace balcony
