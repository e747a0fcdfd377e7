// SPDX-License-Identifier: MIT
// What the stanza filter lets pass, against what the host's libstrophe reads in it (STZ-01 to -09;
// SECURITY.md, "Sanitise by construction"). Any difference is a finding.
//
//   input: one stanza, as a peer sends it
#include <strophe.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "jingle/base/ns.h"
#include "jingle/base/stanza.h"
#include "jingle/base/xml_parser.h"
#include "jingle/stream/stanza_filter.h"
#include "tests/fuzz/support/fuzz.h"

namespace balcony {
namespace {

const StreamEnds kEnds{.local = *Jid::parse("ada@example.org/desk"),
                       .peer = *Jid::parse("ben@example.net/lab"),
                       .lang = "en"};

std::string text_of(const char* text) { return text ? text : ""; }

// ---- what libstrophe reads ----

// Its attributes know no namespaces: each is named by its local name alone.
void add_attributes(Element& element, xmpp_stanza_t* stanza) {
  auto count = static_cast<std::size_t>(xmpp_stanza_get_attribute_count(stanza));
  std::vector<const char*> fields(2 * count);
  xmpp_stanza_get_attributes(stanza, fields.data(), static_cast<int>(fields.size()));
  for (std::size_t i = 0; i < fields.size(); i += 2)
    element.add_attr({text_of(fields[i]), "", text_of(fields[i + 1])});
}

// A stanza is handed over as it stands in a stream, without a declaration of jabber:client.
std::string ns_of(std::string_view ns) { return ns == ns::kClient ? "" : std::string(ns); }

Element element_of(xmpp_ctx_t* context, xmpp_stanza_t* stanza) {
  Element element(text_of(xmpp_stanza_get_name(stanza)),
                  ns_of(text_of(xmpp_stanza_get_ns(stanza))));
  add_attributes(element, stanza);
  element.remove_attr("xmlns");
  for (xmpp_stanza_t* child = xmpp_stanza_get_children(stanza); child;
       child = xmpp_stanza_get_next(child)) {
    if (!xmpp_stanza_is_text(child)) {
      element.add(element_of(context, child));
      continue;
    }
    char* text = xmpp_stanza_get_text(child);
    element.add_text(text_of(text));
    xmpp_free(context, text);
  }
  return element;
}

// ---- and what was meant, in its words ----

void sort_attributes(Element& element) {
  Attributes all = element.attributes();
  std::vector<Attribute> attributes(all.begin(), all.end());
  std::sort(attributes.begin(), attributes.end(),
            [](const Attribute& a, const Attribute& b) { return a.name < b.name; });
  Element sorted(element.name(), element.ns());
  for (const Attribute& attribute : attributes) sorted.add_attr(attribute);
  sorted.nodes() = std::move(element.nodes());
  for (Node& node : sorted.nodes())
    if (node.element()) sort_attributes(*node.element());
  element = std::move(sorted);
}

Element in_its_words(const Element& meant) {
  Element element(meant.name(), ns_of(meant.ns()));
  for (const Attribute& attribute : meant.attributes()) {
    bool is_lang = attribute.name == "lang" && attribute.ns == ns::kXml;
    require(attribute.ns.empty() || is_lang, "no prefixed attribute reaches a host", to_xml(meant));
    element.add_attr({attribute.name, "", attribute.value});
  }
  for (const Node& node : meant.nodes()) {
    if (node.element())
      element.add(in_its_words(*node.element()));
    else
      element.add_text(node.text());
  }
  return element;
}

void check_pass(const Element& stanza) {
  std::string xml = to_xml(stanza, ns::kClient);
  require(stanza.attr("from") == kEnds.peer.full(), "from is the peer's", xml);
  require(stanza.attr("to") == kEnds.local.full(), "to is ours", xml);
  require(may_cross(stanza) || stanza.attr("type") == "headline", "what passes may cross", xml);

  static xmpp_ctx_t* context = xmpp_ctx_new(nullptr, nullptr);
  std::unique_ptr<xmpp_stanza_t, decltype(&xmpp_stanza_release)> read(
      xmpp_stanza_new_from_string(context, xml.c_str()), xmpp_stanza_release);
  require(read != nullptr, "libstrophe can read it", xml);
  Element theirs = element_of(context, read.get()), meant = in_its_words(stanza);
  sort_attributes(theirs);
  sort_attributes(meant);
  require(theirs == meant, "libstrophe reads what was meant",
          to_xml(theirs) + "\n" + to_xml(meant) + "\nprinted " + xml);
}

void check_refusal(const Element& stanza, const AnswerError& answer) {
  std::string xml = to_xml(answer.iq);
  require(stanza.name() == "iq" && !stanza.attr("id").empty(), "only an iq is answered", xml);
  require(!is_iq_reply(stanza), "an answer is not answered", xml);
  require(answer.iq.attr("to") == kEnds.peer.full(), "the answer goes to the peer", xml);
  require(answer.iq.attr("id") == stanza.attr("id"), "the answer has the request's id", xml);
  require(answer.iq.attr("type") == "error", "the answer is an error", xml);
}

}  // namespace

void fuzz(std::string_view input) {
  Result<Element> stanza = parse_stanza(input);
  if (!stanza || stanza->ns() != ns::kClient) return;
  if (stanza->name() != "message" && stanza->name() != "iq" && stanza->name() != "presence") return;
  Inbound inbound = filter_inbound(*stanza, kEnds);
  if (auto* pass = std::get_if<Pass>(&inbound)) check_pass(pass->stanza);
  if (auto* answer = std::get_if<AnswerError>(&inbound)) check_refusal(*stanza, *answer);
}

}  // namespace balcony
