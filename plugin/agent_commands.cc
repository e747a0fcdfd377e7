// SPDX-License-Identifier: MIT
// Agent, part 4: what the user asks for.
#include <algorithm>
#include <utility>

#include "plugin/agent.h"

namespace balcony {
namespace {

constexpr const char* kLater = "This comes in a later version.";

std::string one_fingerprint(const Pin& pin) {
  return pin.fingerprint + (pin.verified ? " (verified)" : " (not verified)");
}

}  // namespace

void Agent::on(CommandLine& event) {
  auto command = read_command(event.line);
  Answer answer = command ? run(*command) : Answer{false, command.error().text};
  tell(TellReply{event.line, answer.ok, std::move(answer.text)});
  if (command && command->verb == Verb::kStatus && answer.ok) {
    tell_status(command->words.empty() ? std::nullopt
                                       : std::optional(*Jid::parse(command->words[0])));
  }
}

Agent::Answer Agent::run(const Command& command) {
  const auto& words = command.words;
  auto word = [&](std::size_t i) { return i < words.size() ? words[i] : std::string(); };
  switch (command.verb) {
    case Verb::kList:
      return list();
    case Verb::kSet:
      return change_setting(word(0), word(1));
    case Verb::kHelp: {
      auto text = help_text(word(0));
      return text ? Answer{true, *text} : Answer{false, text.error().text};
    }
    case Verb::kVerify:
    case Verb::kConfirm:
    case Verb::kExport:
    case Verb::kImport:
      return {false, kLater};
    case Verb::kStatus:
    case Verb::kFingerprint:
      if (words.empty()) {
        if (command.verb == Verb::kFingerprint) return show_fingerprint({});
        return {true, links_.empty() ? "There is no stream." : "Your streams:"};
      }
      break;
    default:
      break;
  }
  auto jid = Jid::parse(word(0));
  if (!jid) return {false, jid.error().text};
  if (jid->same_bare(local_) && command.verb != Verb::kFingerprint)
    return {false, "That is yourself: a stream needs somebody else at its other end."};
  switch (command.verb) {
    case Verb::kStart:
      return start(*jid, word(1));
    case Verb::kStop:
      return stop(*jid);
    case Verb::kAccept:
      return answer_question(*jid, true);
    case Verb::kDecline:
      return answer_question(*jid, false);
    case Verb::kMode:
      return set_mode(*jid, word(1));
    case Verb::kReach:
      return set_reach(*jid, word(1));
    case Verb::kFingerprint:
      return show_fingerprint(*jid);
    case Verb::kTrust:
      return trust_key(*jid, word(1));
    case Verb::kUntrust:
      return untrust_key(*jid, word(1));
    default:
      break;
  }
  bool any = std::any_of(links_.begin(), links_.end(), [&](const auto& link) {
    return !link->is_over() && link->peer().same_bare(*jid);
  });
  return {true, any ? "Streams with " + jid->full() + ":"
                    : "There is no stream with " + jid->full() + "."};
}

Agent::Answer Agent::start(const Jid& jid, const std::string& method) {
  if (closing_) return {false, "The program is closing."};
  if (!is_online_)
    return {false, "You are not online: a stream is negotiated through your server."};
  if (!identity_) return {false, "End-to-end streams are off: there is no usable key of your own."};
  if (roster_.is_blocked(jid)) return {false, "You have blocked " + jid.full() + "."};
  if (mode_of(jid) == Mode::kOff)
    return {false,
            "The mode of " + jid.full() + " is off; change it first: mode " + jid.full() + " ask"};
  if (!method.empty() && !factory(method)) {
    bool known = method == "s5b" || method == "ice" || method == "ptcp";
    return {false, known ? "The method " + method + " is not in this version; in band is: ibb"
                         : "There is no method '" + method + "'; there are ibb, s5b, ice, ptcp"};
  }
  if (Link* link = find_link(jid, false)) {
    if (link->is_open())
      return {true, "A stream with " + link->peer().full() + " is open already."};
    if (link->question() == Link::Question::kOffer) return answer_question(jid, true);
    return {true, "A stream with " + link->peer().full() + " is being negotiated already."};
  }
  if (jid.is_bare() && peers_.resources(jid).empty()) {
    return {false,
            jid.full() + " is not online, or does not show you so; a full address may be tried."};
  }
  quiet_until_.erase(jid.to_bare());
  call({jid, method.empty() ? std::vector<std::string>() : std::vector<std::string>{method}, true});
  return {true, "Calling " + jid.full() + "."};
}

Agent::Answer Agent::stop(const Jid& jid) {
  bool any = false;
  if (auto wanted = calls_.find(jid.to_bare()); wanted != calls_.end()) {
    Call call = wanted->second;
    calls_.erase(wanted);
    fail_call(call, "cancel", "the attempt was ended");
    any = true;
  }
  for (auto& link : links_) {
    bool meant = jid.is_bare() ? link->peer().same_bare(jid) : link->peer() == jid;
    if (!meant || link->is_over()) continue;
    link->close();
    any = true;
  }
  return {any, any ? "Closing." : "There is no stream with " + jid.full() + "."};
}

Agent::Answer Agent::list() const {
  std::string text;
  std::map<Jid, Contacts::Choice> all = state_.contacts.all();
  for (const auto& link : links_)
    if (!link->is_over()) all.try_emplace(link->peer().to_bare());
  for (const auto& [contact, choice] : all) {
    Link* link = find_link(contact, false);
    text += (text.empty() ? "" : "\n") + contact.full() + ": mode " +
            std::string(to_string(mode_of(contact))) + ", reach " +
            std::string(to_string(reach_of(contact))) +
            (link ? ", " + link->facts().state + " " + link->facts().transport : ", no stream");
  }
  return {true, text.empty() ? "Nobody yet." : text};
}

// accept or decline: an offer, or a key.
Agent::Answer Agent::answer_question(const Jid& jid, bool accept) {
  for (auto& link : links_) {
    bool meant = jid.is_bare() ? link->peer().same_bare(jid) : link->peer() == jid;
    if (!meant || link->question() == Link::Question::kNone) continue;
    if (link->question() == Link::Question::kOffer) {
      link->decide_offer(accept);
      return {true, (accept ? "Accepted the offer of " : "Declined the offer of ") +
                        link->peer().full() + "."};
    }
    if (accept) {
      return {false, "The question is about a key; compare it, then: trust " + link->peer().full() +
                         " " + link->facts().fingerprint};
    }
    link->answer_key(false);
    return {true, "The key of " + link->peer().full() + " is not trusted."};
  }
  if (!accept && changed_keys_.erase(jid.to_bare()) > 0)
    return {true, "The other key of " + jid.full() + " is not trusted."};
  return {false, "There is no question from " + jid.full() + "."};
}

// The host's side has set the mode already, for what leaves; here it is kept and has its effects.
Agent::Answer Agent::set_mode(const Jid& jid, const std::string& word) {
  auto mode = read_mode(word);
  if (!mode) return {false, "A mode is off, ask, auto or require, not '" + word + "'."};
  Jid contact = jid.to_bare();
  auto kept = state_.contacts.set_mode(contact, *mode);
  if (*mode == Mode::kOff) {
    for (auto& link : links_)
      if (link->peer().same_bare(contact)) link->close("cancel");
  }
  if (*mode != Mode::kRequire) give_up_waiting(contact, "the mode was changed to " + word);
  if (!kept)
    return {false, "The mode is " + word + " until the program ends. " + kept.error().text};
  return {true, "The mode of " + contact.full() + " is " + word + "."};
}

Agent::Answer Agent::set_reach(const Jid& jid, const std::string& word) {
  auto reach = read_reach(word);
  if (!reach) return {false, "A reach is any or relay, not '" + word + "'."};
  auto kept = state_.contacts.set_reach(jid.to_bare(), *reach);
  if (!kept)
    return {false, "The reach is " + word + " until the program ends. " + kept.error().text};
  return {true, "The reach of " + std::string(jid.bare()) + " is " + word + "."};
}

Agent::Answer Agent::show_fingerprint(const std::optional<Jid>& jid) const {
  if (!jid || (!local_.empty() && jid->same_bare(local_))) {
    if (!identity_) return {false, "Your key is made or read when you go online."};
    return {true, identity_->certificate().fingerprint};
  }
  std::string text;
  for (const Pin& pin : state_.trust->pins(jid->to_bare()))
    text += (text.empty() ? "" : "\n") + one_fingerprint(pin);
  if (text.empty()) return {false, "No key of " + std::string(jid->bare()) + " is known."};
  return {true, text};
}

Agent::Answer Agent::trust_key(const Jid& jid, const std::string& text) {
  auto fingerprint = read_fingerprint(text);
  if (!fingerprint) return {false, fingerprint.error().text};
  Jid contact = jid.to_bare();
  for (auto& link : links_) {
    bool meant = jid.is_bare() ? link->peer().same_bare(jid) : link->peer() == jid;
    if (!meant || link->question() != Link::Question::kKey) continue;
    if (link->facts().fingerprint != *fingerprint) {
      return {false, "That is not the key that " + link->peer().full() + " shows, which is " +
                         link->facts().fingerprint + ". Nothing was changed."};
    }
    link->answer_key(true);
    return {true, "The key of " + contact.full() + " is trusted."};
  }
  std::int64_t now = env_.unix_time();
  if (auto kept = state_.trust->add(contact, {*fingerprint, false, "user", now, now}); !kept)
    return {false, kept.error().text};
  auto changed = changed_keys_.find(contact);
  if (changed != changed_keys_.end() && changed->second.fingerprint == *fingerprint)
    changed_keys_.erase(changed);
  quiet_until_.erase(contact);
  return {true, "The key is trusted as one of " + contact.full() + " from the next stream on."};
}

Agent::Answer Agent::untrust_key(const Jid& jid, const std::string& text) {
  std::string fingerprint;
  if (!text.empty()) {
    auto read = read_fingerprint(text);
    if (!read) return {false, read.error().text};
    fingerprint = *read;
  }
  Jid contact = jid.to_bare();
  auto removed = state_.trust->remove(contact, fingerprint);
  if (!removed) return {false, removed.error().text};
  if (*removed == 0) return {false, "No such key of " + contact.full() + " is known."};
  for (auto& link : links_)
    if (link->peer().same_bare(contact)) link->revoke();
  return {true, std::to_string(*removed) + (*removed == 1 ? " key" : " keys") + " of " +
                    contact.full() + " forgotten."};
}

Agent::Answer Agent::change_setting(const std::string& key, const std::string& value) {
  auto set = state_.settings.set(key, value);
  bool holds = set || set.error().blame != Blame::kCaller;
  if (!holds) return {false, set.error().text};
  ibb_.set_block_size(settings().ibb_block_size);
  if (key == "mode") announce_features();
  if (!set) return {false, key + " is " + value + " until the program ends. " + set.error().text};
  return {true, key + " is " + value + "."};
}

void Agent::tell_status(const std::optional<Jid>& jid) {
  for (const auto& link : links_) {
    bool meant = !jid || (jid->is_bare() ? link->peer().same_bare(*jid) : link->peer() == *jid);
    if (meant && !link->is_over()) tell(TellStatus{link->status()});
  }
}

}  // namespace balcony
