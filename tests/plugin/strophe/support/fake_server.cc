// SPDX-License-Identifier: MIT
#include "tests/plugin/strophe/support/fake_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

FakeServer::FakeServer() {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_, generic, size) != 0 || listen(listener_, 4) != 0) std::abort();
  getsockname(listener_, generic, &size);
  port_ = ntohs(address.sin_port);
}

FakeServer::~FakeServer() { stop(); }

void FakeServer::cut() {
  if (client_ >= 0) close(client_);
  client_ = -1;
  input_.clear();
  is_in_ = false;
}

void FakeServer::stop() {
  cut();
  if (listener_ >= 0) close(listener_);
  listener_ = -1;
}

void FakeServer::send(const std::string& xml) {
  for (std::size_t sent = 0; sent < xml.size();) {
    ssize_t size = ::send(client_, xml.data() + sent, xml.size() - sent, MSG_NOSIGNAL);
    if (size <= 0) std::abort();
    sent += static_cast<std::size_t>(size);
  }
}

void FakeServer::step() {
  if (client_ < 0 && listener_ >= 0) {
    client_ = accept(listener_, nullptr, nullptr);
    int on = 1;
    setsockopt(client_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }
  if (client_ < 0) return;
  char bytes[65536];
  ssize_t size = recv(client_, bytes, sizeof(bytes), MSG_DONTWAIT);
  if (size == 0) return cut();
  if (size > 0) input_.append(bytes, static_cast<std::size_t>(size));
  for (std::string element; client_ >= 0 && take(element);) on_element(element);
}

// One element at the top of the stream, or the stream's own start or end.
bool FakeServer::take(std::string& element) {
  if (input_.starts_with("<?xml")) input_.erase(0, input_.find("?>") + 2);
  int depth = 0;
  for (std::size_t at = 0; at < input_.size() && input_[at] == '<';) {
    std::size_t end = input_.find('>', at);
    if (end == input_.npos) return false;
    bool closes = input_[at + 1] == '/';
    bool is_empty = input_[end - 1] == '/';
    depth += closes ? -1 : is_empty ? 0 : 1;
    bool is_stream = input_.compare(at, 15, "<stream:stream ") == 0;
    if (depth <= 0 || is_stream) {
      element = input_.substr(0, end + 1);
      input_.erase(0, end + 1);
      return true;
    }
    at = input_.find('<', end);
  }
  return false;
}

void FakeServer::open_stream() {
  send(
      "<?xml version='1.0'?><stream:stream xmlns='jabber:client' id='1' version='1.0' "
      "from='localhost' xmlns:stream='http://etherx.jabber.org/streams'><stream:features>");
  if (!is_in_) {
    send(
        "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>ANONYMOUS</mechanism>"
        "</mechanisms>");
  } else {
    send("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>");
    if (has_stream_management) send("<sm xmlns='urn:xmpp:sm:3'/>");
  }
  send("</stream:features>");
}

void FakeServer::on_element(const std::string& element) {
  auto is = [&element](std::string_view start) { return element.starts_with(start); };
  if (is("<stream:stream")) return open_stream();
  if (is("</stream:stream")) {
    is_closed = true;
    send("</stream:stream>");
    return cut();
  }
  if (is("<auth")) {
    is_in_ = !refuses_login;
    return send(refuses_login ? "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"
                              : "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
  }
  if (element.find("_xmpp_bind1") != element.npos) {
    requests.emplace_back("bind");
    return send(
        "<iq type='result' id='_xmpp_bind1'><bind "
        "xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>romeo@localhost/orchard</jid></bind>"
        "</iq>");
  }
  if (is("<enable")) {
    counted_ = 0;
    return send("<enabled xmlns='urn:xmpp:sm:3' id='sm1' resume='true'/>");
  }
  if (is("<resume")) {
    requests.emplace_back("resume");
    return send(can_resume ? "<resumed xmlns='urn:xmpp:sm:3' previd='sm1' h='" +
                                 std::to_string(counted_) + "'/>"
                           : "<failed xmlns='urn:xmpp:sm:3'><item-not-found "
                             "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>");
  }
  if (is("<r ")) return send("<a xmlns='urn:xmpp:sm:3' h='" + std::to_string(counted_) + "'/>");
  if (is("<a ")) return void(requests.emplace_back("ack"));
  ++counted_;
  received.push_back(element);
}
