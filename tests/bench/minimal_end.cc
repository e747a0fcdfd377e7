// SPDX-License-Identifier: MIT
#include "tests/bench/minimal_end.h"

#include <libxml/parser.h>

#include <cstring>

#include "tests/bench/traffic.h"

namespace balcony::bench {

struct MinimalEnd::Callbacks {
  static void start(void* user, const xmlChar* name, const xmlChar*, const xmlChar*, int,
                    const xmlChar**, int count, int, const xmlChar** attributes) {
    auto& end = *static_cast<MinimalEnd*>(user);
    ++end.depth_;
    if (end.depth_ == 2) {
      end.stanza_ = {};
      for (int i = 0; i < count; ++i) end.keep(attributes + i * 5);
    }
    end.in_body_ = end.depth_ == 3 && std::strcmp(text(name), "body") == 0;
  }
  static void stop(void* user, const xmlChar*, const xmlChar*, const xmlChar*) {
    auto& end = *static_cast<MinimalEnd*>(user);
    end.in_body_ = false;
    if (--end.depth_ == 1 && end.on_stanza) end.on_stanza(end.stanza_);
  }
  static void characters(void* user, const xmlChar* octets, int size) {
    auto& end = *static_cast<MinimalEnd*>(user);
    if (end.in_body_) end.stanza_.body.append(text(octets), static_cast<std::size_t>(size));
  }
  static const char* text(const xmlChar* octets) { return reinterpret_cast<const char*>(octets); }
};

void MinimalEnd::keep(const unsigned char** attribute) {
  const char* name = Callbacks::text(attribute[0]);
  std::string* field = std::strcmp(name, "id") == 0     ? &stanza_.id
                       : std::strcmp(name, "from") == 0 ? &stanza_.from
                       : std::strcmp(name, "to") == 0   ? &stanza_.to
                                                        : nullptr;
  if (field) field->assign(Callbacks::text(attribute[3]), Callbacks::text(attribute[4]));
}

MinimalEnd::MinimalEnd(int fd, Role role) : tls_(fd, role) {
  xmlSAXHandler handlers{};
  handlers.initialized = XML_SAX2_MAGIC;
  handlers.startElementNs = Callbacks::start;
  handlers.endElementNs = Callbacks::stop;
  handlers.characters = Callbacks::characters;
  parser_ = xmlCreatePushParserCtxt(&handlers, this, nullptr, 0, nullptr);
  tls_.write(kHeader);
  while (depth_ == 0 && read()) {
  }
}

MinimalEnd::~MinimalEnd() { xmlFreeParserCtxt(parser_); }

bool MinimalEnd::read() {
  char buffer[16 * 1024];
  std::size_t size = tls_.read(buffer, sizeof buffer);
  xmlParseChunk(parser_, buffer, static_cast<int>(size), 0);
  return size > 0;
}

}  // namespace balcony::bench
