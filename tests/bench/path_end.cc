// SPDX-License-Identifier: MIT
#include "tests/bench/path_end.h"

#include <glib-unix.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "jingle/base/xml_parser.h"
#include "tests/bench/traffic.h"
#include "transports/ice_tcp/ice_transport.h"
#include "transports/net/system_network.h"
#include "transports/net/tcp_stream.h"
#include "transports/socks5/socks5_transport.h"

namespace balcony::bench {
namespace {

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "balcony_bench: no path: %s\n", why.c_str());
  std::abort();
}

// Direct paths ask no server anything.
class NoServer final : public IqPort {
  void request(std::string_view, Element, Reply, std::string_view) override { std::abort(); }
  void answer(Element) override { std::abort(); }
  void claim(std::string_view, std::string_view, Handler*) override {}
  void release(std::string_view, std::string_view) override {}
};

}  // namespace

class PathEnd::Attempt final : Transport::Listener {
 public:
  Attempt(Loop& loop, int server, Role role, std::string_view method)
      : server_(server),
        role_(role),
        network_(loop.reactor, loop.env),
        proxies_(port_, loop.env),
        turn_(loop.reactor, loop.env) {
    if (method == "s5b") {
      Socks5Factory::Settings settings;
      settings.policy.loopback = true;
      factory_ = std::make_unique<Socks5Factory>(loop.env, loop.reactor, network_, proxies_,
                                                 strangers_, std::move(settings));
    } else {
      IceFactory::Settings settings;
      settings.policy.loopback = true;
      settings.policy.interfaces = {"lo"};
      if (method == "ptcp") settings.kind = IceKind::kPseudoTcp;
      factory_ = std::make_unique<IceFactory>(loop.env, loop.reactor, network_, strangers_,
                                              std::move(settings));
    }
    Jid romeo = *Jid::parse(kRomeo), juliet = *Jid::parse(kJuliet);
    bool offers = role == Role::kInitiator;
    transport_ = factory_->create(role, {offers ? romeo : juliet, offers ? juliet : romeo}, port_,
                                  Reach::kAny);
    source_ = g_unix_fd_source_new(server_, G_IO_IN);
    g_source_set_callback(source_, G_SOURCE_FUNC(&Attempt::on_server), this, nullptr);
    g_source_attach(source_, loop.reactor.context());
    transport_->start(this);
    loop.run_until([this] { return stream_ != nullptr; });
    g_source_destroy(source_);
  }
  ~Attempt() { g_source_unref(source_); }

  std::unique_ptr<ByteStream> take() { return std::move(stream_); }

 private:
  static constexpr char kDescription = 'd', kInfo = 'i';

  void on_description_ready(Element transport) override {
    tell(kDescription, transport);
    if (role_ == Role::kResponder) turn_.soon([this] { transport_->on_agreed(); });
  }
  void on_transport_info(Element transport) override { tell(kInfo, transport); }
  void on_connected(std::unique_ptr<ByteStream> stream, PathFacts) override {
    stream_ = std::move(stream);
  }
  void on_failed(Error error) override { give_up(error.text); }

  void tell(char kind, const Element& transport) {
    std::string text = kind + to_xml(transport, {});
    (void)!::send(server_, text.data(), text.size(), MSG_NOSIGNAL);  // the other one may be done
  }

  static int on_server(int fd, int, void* user) {
    char text[64 * 1024];
    ssize_t size = recv(fd, text, sizeof text, MSG_DONTWAIT);
    if (size <= 0) return G_SOURCE_REMOVE;
    static_cast<Attempt*>(user)->hear(text[0], {text + 1, static_cast<std::size_t>(size) - 1});
    return G_SOURCE_CONTINUE;
  }
  void hear(char kind, std::string_view xml) {
    auto transport = parse_stanza(xml);
    if (!transport) give_up(transport.error().text);
    auto taken = kind == kDescription ? transport_->on_remote_description(*transport)
                                      : transport_->on_remote_info(*transport);
    if (!taken) give_up(taken.error().text);
    if (kind == kDescription && role_ == Role::kInitiator) transport_->on_agreed();
  }

  const int server_;
  const Role role_;
  SystemNetwork network_;
  NoServer port_;
  ProxyFinder proxies_;
  Strangers strangers_{{}};
  std::unique_ptr<TransportFactory> factory_;
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<ByteStream> stream_;
  Timer turn_;
  GSource* source_ = nullptr;
};

PathEnd::PathEnd(Loop& loop, const Wires& wires, Role role, std::string_view method) {
  if (method == "tcp") {
    stream_ = std::make_unique<TcpStream>(Socket(non_blocking(wires.tcp)), loop.reactor, loop.env);
  } else {
    attempt_ = std::make_unique<Attempt>(loop, wires.server, role, method);
    stream_ = attempt_->take();
  }
}
PathEnd::~PathEnd() = default;

std::unique_ptr<ByteStream> PathEnd::take() { return std::move(stream_); }

}  // namespace balcony::bench
