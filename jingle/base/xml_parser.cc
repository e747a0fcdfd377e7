// SPDX-License-Identifier: MIT
#include "jingle/base/xml_parser.h"

#include <libxml/parser.h>

#include <cassert>
#include <deque>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "jingle/base/xml_declaration.h"
#include "jingle/base/xml_scanner.h"
#include "jingle/base/xml_start_tag.h"

namespace balcony {
namespace {

// libxml2 gets slices of about this size: its buffer then stays at the size it is born with.
constexpr std::size_t kSlice = 4 * 1024;

// When libxml2 is to be replaced: its dictionary never forgets a name (ordinary traffic knows a few
// hundred, of some 30 octets), its buffer never shrinks.
constexpr int kMaxNames = 1024;
constexpr std::size_t kMaxNameOctets = 32 * 1024;
constexpr std::size_t kMaxSlice = 2 * kSlice;

// Children of a stanza for which there is room at once: messages with a body have three or four.
constexpr std::size_t kUsualChildren = 4;

// libxml2 looks for encodings in the first four octets, and waits for them: here they are.
constexpr std::string_view kPrologue = "<?xml version='1.0'?>";

// libxml2 sets itself up at first use; two threads that do so at once would race.
void set_libxml2_up() {
  static std::once_flag once;
  std::call_once(once, xmlInitParser);
}

bool is_space(std::string_view text) {
  return text.find_first_not_of(kXmlSpace) == std::string_view::npos;
}

}  // namespace

class XmlParser::Engine {
 public:
  explicit Engine(const XmlLimits& limits) : limits_(limits), scanner_(limits) {
    set_libxml2_up();
    renew();
  }
  Engine(const Engine&) = delete;  // libxml2 knows where it lives
  Engine& operator=(const Engine&) = delete;

  std::size_t feed(ByteView octets, Until until);
  std::optional<XmlEvent> poll();
  void set_limits(const XmlLimits& limits);

 private:
  struct Callbacks;
  struct FreeContext {
    void operator()(xmlParserCtxt* context) const {
      if (context->myDoc) xmlFreeDoc(context->myDoc);
      xmlFreeParserCtxt(context);
    }
  };

  bool is_over() const { return failed_ || scanner_.closed(); }
  bool must_stop_at_event() const { return root_.empty() || is_worn_ || next_limits_; }
  void at_event();
  void parse(ByteView tokens);
  void digest(ByteView tokens);
  void renew();

  void on_start(const XmlStartTag& tag);
  void on_end();
  void on_text(std::string_view text);
  void emit(XmlEvent event) { events_.push_back(std::move(event)); }
  void fail_with(XmlFault fault);
  void violate(std::string text) { fail_with({"policy-violation", std::move(text)}); }
  bool add_parts(std::size_t count);

  XmlLimits limits_;
  std::optional<XmlLimits> next_limits_;  // from the next first-level element on
  XmlScanner scanner_;
  std::unique_ptr<xmlParserCtxt, FreeContext> context_;
  Bytes pending_;  // the start of a token whose end has not come yet
  Bytes root_;     // the root's start tag as it came, for the next context
  bool is_worn_ = false;
  bool is_deaf_ = false;  // while the root is repeated
  bool failed_ = false;

  Element stanza_;              // the first-level element that is being built
  std::vector<Element*> open_;  // it and its open descendants
  bool has_root_ = false;
  std::size_t parts_ = 0;
  std::vector<std::size_t> sizes_;  // of the first-level elements in the tokens at hand
  std::size_t next_size_ = 0;

  std::deque<XmlEvent> events_;
};

// What libxml2 calls. `user` is the engine.
struct XmlParser::Engine::Callbacks {
  static void start(void* user, const xmlChar* name, const xmlChar* prefix, const xmlChar* ns,
                    int namespace_count, const xmlChar** namespaces, int attribute_count,
                    int /*defaulted*/, const xmlChar** attributes) {
    if (auto* engine = listener(user))
      engine->on_start({view(name), view(prefix), view(ns),
                        static_cast<std::size_t>(namespace_count),
                        static_cast<std::size_t>(attribute_count), namespaces, attributes});
  }
  static void end(void* user, const xmlChar*, const xmlChar*, const xmlChar*) {
    if (auto* engine = listener(user)) engine->on_end();
  }
  static void text(void* user, const xmlChar* text, int size) {
    if (auto* engine = listener(user)) engine->on_text(view(text, text + size));
  }
  // Called for every entity but the predefined ones.
  static xmlEntity* entity(void* user, const xmlChar*) {
    if (auto* engine = listener(user)) engine->fail_with({"restricted-xml", "an entity"});
    return nullptr;
  }
  static void error(void* user, int level) {
    if (auto* engine = listener(user); engine && level >= XML_ERR_ERROR)
      engine->fail_with({"not-well-formed", "XML that is not well-formed"});
  }

 private:
  static Engine* listener(void* user) {
    auto* engine = static_cast<Engine*>(user);
    return engine->failed_ || engine->is_deaf_ ? nullptr : engine;
  }
};

std::size_t XmlParser::Engine::feed(ByteView octets, Until until) {
  using Mark = XmlScanner::Mark;
  std::size_t at = 0;      // scanned so far
  std::size_t ready = 0;   // behind the last complete token
  std::size_t parsed = 0;  // behind the last token that libxml2 has seen
  auto catch_up = [&] {
    if (ready > parsed) parse(octets.substr(parsed, ready - parsed));
    parsed = ready;
  };
  while (at < octets.size() && !is_over()) {
    auto [taken, mark] = scanner_.scan(octets.substr(at));
    at += taken;
    if (mark == Mark::kInside) break;
    if (mark == Mark::kFault) {
      catch_up();
      fail_with(scanner_.fault());
      break;
    }
    ready = at;
    if (mark == Mark::kDeclaration) {
      parsed = at;
      pending_.clear();
    } else if (mark == Mark::kEvent) {
      sizes_.push_back(scanner_.element_octets());
      if (until == Until::kEvent || must_stop_at_event()) {
        catch_up();
        at_event();
      }
      if (until == Until::kEvent) break;
    }
    if (ready - parsed >= kSlice) catch_up();
  }
  catch_up();
  if (!is_over()) pending_.append(octets.substr(ready, at - ready));
  return at;
}

void XmlParser::Engine::at_event() {
  if (is_over()) return;
  if (next_limits_) {
    scanner_.set_limits(limits_ = *next_limits_);
    next_limits_.reset();
  }
  if (is_worn_) renew();
}

void XmlParser::Engine::parse(ByteView tokens) {
  if (failed_) return;
  if (pending_.empty()) return digest(tokens);
  Bytes joined = std::exchange(pending_, {});
  joined.append(tokens);
  digest(joined);
}

// `tokens` ends behind a token: what libxml2 does not take of it at once is not well-formed.
void XmlParser::Engine::digest(ByteView tokens) {
  xmlParserCtxt& context = *context_;
  xmlParseChunk(&context, tokens.data(), static_cast<int>(tokens.size()), 0);
  sizes_.clear();
  next_size_ = 0;
  if (!context.wellFormed || !context.nsWellFormed || context.input->cur < context.input->end)
    Callbacks::error(this, XML_ERR_FATAL);
  if (has_root_ && root_.empty()) root_ = tokens.substr(tokens.find('<'));
  is_worn_ = is_worn_ || tokens.size() > kMaxSlice || xmlDictSize(context.dict) > kMaxNames ||
             xmlDictGetUsage(context.dict) > kMaxNameOctets;
}

// A fresh context, in the state of one that has just read the root's start tag, if there was one.
void XmlParser::Engine::renew() {
  xmlSAXHandler handlers{};
  handlers.initialized = XML_SAX2_MAGIC;
  handlers.startElementNs = Callbacks::start;
  handlers.endElementNs = Callbacks::end;
  handlers.characters = Callbacks::text;
  handlers.ignorableWhitespace = Callbacks::text;
  handlers.getEntity = Callbacks::entity;
  handlers.serror = [](void* user, auto* error) { Callbacks::error(user, error->level); };
  is_deaf_ = true;
  context_.reset(xmlCreatePushParserCtxt(&handlers, this, kPrologue.data(),
                                         static_cast<int>(kPrologue.size()), nullptr));
  if (!context_) throw std::bad_alloc();
  // OLD10: names of XML 1.0's fourth edition, as expat in hosts and servers reads them.
  xmlCtxtUseOptions(context_.get(), XML_PARSE_NONET | XML_PARSE_OLD10);
  xmlParseChunk(context_.get(), root_.data(), static_cast<int>(root_.size()), 0);
  is_deaf_ = is_worn_ = false;
}

void XmlParser::Engine::on_start(const XmlStartTag& tag) {
  if (tag.attribute_count > limits_.attributes) return violate("too many attributes");
  if (tag.namespace_count > limits_.namespaces) return violate("too many namespaces");
  if (tag.has_long_name(limits_.name)) return violate("a name is too long");
  if (!has_root_) {
    has_root_ = true;
    return emit(RootOpened{tag.element(), tag.default_ns()});
  }
  if (open_.size() == limits_.depth) return violate("elements are nested too deep");
  if (open_.empty()) parts_ = 0;
  if (!add_parts(1 + tag.attribute_count)) return;
  if (open_.empty()) {
    stanza_ = tag.element();
    stanza_.nodes().reserve(kUsualChildren);
    open_.push_back(&stanza_);
  } else {
    auto& siblings = open_.back()->nodes();
    siblings.emplace_back(tag.element());
    open_.push_back(siblings.back().element());
  }
}

void XmlParser::Engine::on_end() {
  if (open_.empty()) return emit(RootClosed{});
  open_.pop_back();
  if (!open_.empty()) return;
  assert(next_size_ < sizes_.size());
  emit(ElementRead{std::move(stanza_), sizes_[next_size_++]});
}

void XmlParser::Engine::on_text(std::string_view text) {
  if (open_.empty()) {
    if (!is_space(text)) fail_with({"bad-format", "text between stanzas"});
    return;
  }
  Element& element = *open_.back();
  bool starts_run = element.nodes().empty() || element.nodes().back().element();
  if (add_parts(starts_run ? 1 : 0)) element.add_text(text);
}

bool XmlParser::Engine::add_parts(std::size_t count) {
  parts_ += count;
  if (parts_ > limits_.parts) violate("an element has too many parts");
  return parts_ <= limits_.parts;
}

void XmlParser::Engine::fail_with(XmlFault fault) {
  if (failed_) return;
  failed_ = true;
  emit(std::move(fault));
}

std::optional<XmlEvent> XmlParser::Engine::poll() {
  if (events_.empty()) return std::nullopt;
  std::optional<XmlEvent> event(std::move(events_.front()));
  events_.pop_front();
  return event;
}

void XmlParser::Engine::set_limits(const XmlLimits& limits) {
  next_limits_ = limits;
  if (scanner_.between_elements()) at_event();
}

XmlParser::XmlParser(const XmlLimits& limits) : engine_(std::make_unique<Engine>(limits)) {}
XmlParser::~XmlParser() = default;
XmlParser::XmlParser(XmlParser&&) noexcept = default;
XmlParser& XmlParser::operator=(XmlParser&&) noexcept = default;

std::size_t XmlParser::feed(ByteView octets, Until until) { return engine_->feed(octets, until); }
std::optional<XmlEvent> XmlParser::poll() { return engine_->poll(); }
void XmlParser::set_limits(const XmlLimits& limits) { engine_->set_limits(limits); }

}  // namespace balcony
