// SPDX-License-Identifier: MIT
// The processor time of setting a stream up, both ends together, from the wish to "open" on both
// sides: Jingle, headers, STARTTLS, TLS, trust, SASL; against a bare mutual TLS handshake.
#include <openssl/ssl.h>
#include <unistd.h>

#include <cstdlib>

#include "tests/bench/client.h"
#include "tests/bench/figure.h"
#include "tests/bench/figures.h"
#include "tests/bench/openssl_end.h"

namespace balcony::bench {
namespace {

constexpr int kSetUps = 10;

double streams(Couple& couple) {
  double took = 0;
  for (int i = 0; i < kSetUps; ++i) {
    took += cpu_seconds([&] { couple.open(); });
    couple.close();
  }
  return took * 1e3 / kSetUps;
}

double handshakes() {
  double took = cpu_seconds([] {
    for (int i = 0; i < kSetUps; ++i) {
      SSL* client = new_ssl(Role::kInitiator);
      SSL* server = new_ssl(Role::kResponder);
      BIO *one = nullptr, *other = nullptr;
      BIO_new_bio_pair(&one, 0, &other, 0);
      SSL_set_bio(client, one, one);
      SSL_set_bio(server, other, other);
      int client_done = 0, server_done = 0;
      for (int step = 0; step < 10 && (client_done != 1 || server_done != 1); ++step) {
        client_done = SSL_do_handshake(client);
        server_done = SSL_do_handshake(server);
      }
      if (client_done != 1 || server_done != 1) std::abort();
      SSL_free(client);
      SSL_free(server);
    }
  });
  return took * 1e3 / kSetUps;
}

void measure(const std::string& path) {
  Loop loop;
  Couple couple(loop, "", path == "tcp");
  compare(
      {.name = "set-up-" + path,
       .what = "CPU of a stream's set-up over " + path + " : of a mutual handshake, both ends",
       .unit = "ms",
       .at_most = 2},
      [&] { return streams(couple); }, handshakes);
}

}  // namespace

void set_up() {
  measure("tcp");
  measure("ibb");
}

}  // namespace balcony::bench
