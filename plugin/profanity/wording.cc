// SPDX-License-Identifier: MIT
#include "plugin/profanity/wording.h"

#include <array>
#include <cstdint>

#include "jingle/base/stanza.h"

namespace profanity_host {
namespace {

std::string word(const char* text) { return text ? text : ""; }

std::string who(const char* full) {
  std::string client = resource(full);
  return bare(full) + (client.empty() ? "" : " (" + shown(client, 40) + ")");
}

std::string key_words(const char* trust) {
  std::string kind = word(trust);
  if (kind == "verified") return "key verified";
  if (kind == "ca" || kind == "attested") return "key vouched for (" + kind + ")";
  return kind.empty() ? "key not known yet" : "key trusted, not verified";
}

std::string way_words(const balcony_stream_info& info) {
  std::string name = way(info);
  if (name == "in-band") return "in-band, through your server, which can't read it";
  if (name == "relayed") return "relayed by a proxy, which can't read it";
  return name;
}

std::string tried_words(const balcony_stream_info& info) {
  std::string text;
  for (std::uint32_t i = 0; i < info.tried_count; ++i)
    text +=
        (i ? "; " : " Tried: ") + word(info.tried[i].transport) + ": " + word(info.tried[i].reason);
  return text.empty() ? text : text + ".";
}

std::string sentence(std::string text) {
  if (!text.empty() && text.back() != '.') text += '.';
  return text;
}

std::string closed_line(const balcony_stream_info& info, bool was_open) {
  std::string text = sentence(word(info.text));
  std::string reason = word(info.reason);
  if (was_open)
    return "The stream with " + who(info.peer) + " is closed." +
           (reason == "success" || text.empty() ? "" : " " + text) +
           " What you write now goes as the mode of this contact says.";
  if (text.empty()) text = sentence(reason);
  return "No stream with " + who(info.peer) + ": " + text + tried_words(info);
}

std::string amount(std::uint64_t octets) {
  if (octets < 10 * 1024) return std::to_string(octets) + " bytes";
  if (octets < 10 * 1024 * 1024) return std::to_string(octets / 1024) + " KiB";
  return std::to_string(octets / 1024 / 1024) + " MiB";
}

std::string duration(double seconds) {
  auto whole = static_cast<long>(seconds);
  if (whole < 120) return std::to_string(whole) + " s";
  return whole < 7200 ? std::to_string(whole / 60) + " min" : std::to_string(whole / 3600) + " h";
}

// In groups, as people read it to each other.
std::string grouped(const char* fingerprint) {
  std::string text;
  for (const char* c = fingerprint; *c; ++c) {
    if (c != fingerprint && (c - fingerprint) % 8 == 0) text += ' ';
    text += *c;
  }
  return text;
}

std::vector<std::string> key_lines(const balcony_question& question) {
  std::string contact = bare(question.peer), key = word(question.fingerprint);
  std::vector<std::string> lines;
  if (question.known_count > 0) {
    lines.push_back("WARNING: " + who(question.peer) +
                    " showed ANOTHER KEY than before, and was refused. It is a new device of this "
                    "contact, or somebody in between.");
  } else {
    lines.push_back("The key of " + who(question.peer) + " is not known yet. It is:");
  }
  lines.push_back("  " + grouped(key.c_str()));
  for (std::uint32_t i = 0; i < question.known_count; ++i)
    lines.push_back("  known: " + grouped(question.known[i]));
  lines.push_back("Compare it, by telephone say, with what " + contact +
                  " sees at /e2e fingerprint. If it is the same:");
  lines.push_back("  /e2e trust " + contact + " " + key);
  lines.push_back("If not: /e2e decline " + contact + "   (Tab completes both)");
  return lines;
}

}  // namespace

std::string bare(std::string_view jid) { return std::string(jid.substr(0, jid.find('/'))); }

std::string resource(std::string_view jid) {
  std::size_t slash = jid.find('/');
  return slash == std::string_view::npos ? "" : std::string(jid.substr(slash + 1));
}

bool is_verified(const char* trust) {
  std::string kind = word(trust);
  return kind == "verified" || kind == "ca" || kind == "attested";
}

std::string way(const balcony_stream_info& info) {
  std::string transport = word(info.transport), pair = word(info.pair);
  if (transport.empty()) return "";
  if (transport == "ibb") return "in-band";
  bool is_relayed = transport == "s5b-proxy" || pair.find("relay") != std::string::npos;
  return is_relayed ? "relayed" : "direct";
}

std::string title(const balcony_stream_info& info) {
  std::string state = word(info.state);
  if (state == "resuming") return "e2e interrupted";
  if (state != "open" && state != "moved") return "";
  return "e2e " + way(info) + (is_verified(info.trust) ? "" : ", unverified");
}

std::string event_line(const balcony_stream_info& info, bool was_open) {
  std::string state = word(info.state);
  if (state == "open")
    return "Encrypted end-to-end stream with " + who(info.peer) + " is open: " + way_words(info) +
           "; " + key_words(info.trust) + ". Other devices don't get what is said here.";
  if (state == "moved")
    return "The stream with " + who(info.peer) + " is now " + way_words(info) + ".";
  if (state == "resuming")
    return "The path of the stream with " + who(info.peer) + " broke; it is being taken up again.";
  return state == "closed" ? closed_line(info, was_open) : "";
}

std::vector<std::string> status_lines(const balcony_stream_info& info) {
  std::string path = way(info).empty() ? "" : ", " + way(info);
  std::string ends = info.remote ? " to " + word(info.remote) : "";
  std::string cipher = info.tls ? ", " + word(info.tls) + " " + word(info.cipher) : "";
  return {"  " + who(info.peer) + ": " + word(info.state) + " for " + duration(info.since) + path +
              ends + cipher + ", " + key_words(info.trust),
          "    out: " + std::to_string(info.stanzas_out) + " stanzas, " + amount(info.bytes_out) +
              "; in: " + std::to_string(info.stanzas_in) + " stanzas, " + amount(info.bytes_in)};
}

std::vector<std::string> question_lines(const balcony_question& question) {
  std::string kind = word(question.kind), contact = bare(question.peer);
  if (kind == "key") return key_lines(question);
  if (kind == "offer")
    return {who(question.peer) + " offers an encrypted end-to-end stream. Answer with",
            "  /e2e accept " + contact + "   or   /e2e decline " + contact};
  return {who(question.peer) + " asks for a verification. Answer with",
          "  /e2e confirm " + contact + " yes   or   /e2e confirm " + contact + " no"};
}

std::string with_commands(std::string text) {
  constexpr std::array<std::string_view, 3> kLeads{"change it first: ", "then: ", "try: "};
  for (std::string_view lead : kLeads) {
    std::size_t at = text.find(lead);
    if (at != std::string::npos) text.insert(at + lead.size(), "/e2e ");
  }
  constexpr std::string_view kSo = "write it so: ";
  if (text.starts_with(kSo)) text.insert(kSo.size(), "/e2e ");
  return text;
}

std::string shown(std::string_view text, std::size_t limit) {
  return balcony::clean_text(text, limit);
}

// C0 but line feed and tab, DEL, and C1 (U+0080 to U+009F), which terminals obey as well.
std::string inert(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto octet = static_cast<unsigned char>(text[i]);
    bool is_c1 =
        octet == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    bool is_control = (octet < 0x20 && octet != '\n' && octet != '\t') || octet == 0x7F;
    if (octet == '\r') continue;
    clean += is_c1 || is_control ? "\xEF\xBF\xBD" : std::string(1, text[i]);
    if (is_c1) ++i;
  }
  return clean;
}

}  // namespace profanity_host
