// SPDX-License-Identifier: MIT
// Bytes through our TLS byte stream over TCP, SOCKS5 and ICE, against OpenSSL on a blocking socket
// with records of 16 KiB. Two processes; the sender's clock runs from the first octet to the
// receiver's word that it has the last.
#include <unistd.h>

#include <cstdlib>

#include "tests/bench/figure.h"
#include "tests/bench/figures.h"
#include "tests/bench/loop.h"
#include "tests/bench/openssl_end.h"
#include "tests/bench/path_end.h"
#include "transports/filters/tls_stream.h"

namespace balcony::bench {
namespace {

constexpr std::size_t kOctets = 32 * 1024 * 1024;
constexpr std::size_t kRecord = 16 * 1024;

// Sends kOctets and waits for one back, or the other way round.
class End final : ByteStream::Listener, TlsStream::HandshakeListener {
 public:
  End(Loop& loop, const Wires& wires, Role role, std::string_view method)
      : path_(loop, wires, role, method),
        stream_(path_.take(), role, identity_of(role), loop.reactor, loop.env, this) {}

  void send_all(std::size_t octets) {
    to_send_ = octets;
    on_writable();
  }
  bool is_ready() const { return is_ready_; }
  std::size_t received() const { return received_; }
  bool is_closed() const { return is_closed_; }

 private:
  void on_handshake_done(const TlsEngine::HandshakeDone&) override {
    is_ready_ = true;
    stream_.set_listener(this);
  }
  void on_handshake_failed(const Error&) override { std::abort(); }
  void on_bytes(ByteView octets) override { received_ += octets.size(); }
  void on_writable() override {
    while (to_send_ > 0) {
      std::size_t taken = stream_.write(ByteView(block_).substr(0, std::min(to_send_, kRecord)));
      to_send_ -= taken;
      if (taken < kRecord) return;
    }
  }
  void on_closed(std::optional<Error>) override { is_closed_ = true; }

  PathEnd path_;
  TlsStream stream_;
  Bytes block_ = Bytes(kRecord, 'b');
  bool is_ready_ = false, is_closed_ = false;
  std::size_t to_send_ = 0, received_ = 0;
};

double our_rate(std::string_view method) {
  auto receive = [method](Wires wires) {
    Loop loop;
    End end(loop, wires, Role::kResponder, method);
    loop.run_until([&] { return end.is_ready(); });
    end.send_all(1);
    loop.run_until([&] { return end.received() == kOctets; });
    end.send_all(1);
    loop.run_until([&] { return end.is_closed(); });
  };
  auto send = [method](Wires wires) {
    Loop loop;
    End end(loop, wires, Role::kInitiator, method);
    loop.run_until([&] { return end.received() == 1; });
    return busier_seconds(wires.peer, [&] {
      end.send_all(kOctets);
      loop.run_until([&] { return end.received() == 2; });
    });
  };
  return static_cast<double>(kOctets) / 1e6 / with_peer(receive, send);
}

double openssl_rate() {
  auto receive = [](Wires wires) {
    OpensslEnd end(wires.tcp, Role::kResponder);
    char buffer[kRecord];
    for (std::size_t got = 0; got < kOctets;) got += end.read(buffer, sizeof buffer);
    end.write("!");
  };
  auto send = [](Wires wires) {
    OpensslEnd end(wires.tcp, Role::kInitiator);
    Bytes block(kRecord, 'b');
    double took = busier_seconds(wires.peer, [&] {
      for (std::size_t sent = 0; sent < kOctets; sent += kRecord) end.write(block);
      char octet;
      end.read(&octet, 1);
    });
    close(wires.tcp);
    return took;
  };
  return static_cast<double>(kOctets) / 1e6 / with_peer(receive, send);
}

void measure(Figure figure, std::string_view method) {
  identity_of(Role::kInitiator);
  figure.unit = "MB/s of CPU, busier side";
  compare(
      figure, [method] { return our_rate(method); }, openssl_rate);
}

}  // namespace

void tls() {
  measure({.name = "tls",
           .what = "bytes through the TLS byte stream over TCP : OpenSSL over TCP",
           .unit = {},
           .at_least = 0.90},
          "tcp");
}

void s5b_bytes() {
  measure({.name = "s5b-bytes",
           .what = "bytes in TLS over SOCKS5, direct : OpenSSL over TCP",
           .unit = {},
           .at_least = 0.90},
          "s5b");
}

void ice_bytes() {
  measure({.name = "ice-bytes", .what = "bytes in TLS over ICE-TCP : OpenSSL over TCP", .unit = {}},
          "ice");
  compare(
      {.name = "ice-bytes-to-s5b",
       .what = "bytes in TLS over ICE-TCP : over SOCKS5, direct",
       .unit = "MB/s of CPU, busier side",
       .at_least = 0.90},
      [] { return our_rate("ice"); }, [] { return our_rate("s5b"); });
}

void pseudo_tcp_bytes() {
  measure({.name = "pseudo-tcp-bytes",
           .what = "bytes in TLS over pseudo-TCP : OpenSSL over TCP",
           .unit = {}},
          "ptcp");
}

}  // namespace balcony::bench
