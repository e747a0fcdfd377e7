// SPDX-License-Identifier: MIT
// Agent, part 6: what the user asks for.
#include <algorithm>
#include <utility>

#include "plugin/agent.h"

namespace balcony {
namespace {

constexpr const char* kLater = "This comes in a later version.";

}  // namespace

void Agent::on(CommandLine& event) {
  auto command = read_command(event.line);
  behind_reply_.emplace();
  Answer answer = command ? run(*command) : Answer{false, command.error().text};
  auto following = *std::exchange(behind_reply_, std::nullopt);
  tell(TellReply{event.line, answer.ok, std::move(answer.text)});
  for (HostEvent& effect : following) tell(std::move(effect));
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
    default:
      break;
  }
  if (words.empty() && command.verb == Verb::kStatus) return show_streams({});
  if (words.empty() && command.verb == Verb::kFingerprint) return show_fingerprint({});
  auto jid = Jid::parse(word(0));
  if (!jid) return {false, jid.error().text};
  if (jid->same_bare(local_) && command.verb != Verb::kFingerprint)
    return {false, "That is yourself: a stream needs somebody else at its other end."};
  return run_for(*jid, command);
}

Agent::Answer Agent::run_for(const Jid& jid, const Command& command) {
  std::string word = command.words.size() > 1 ? command.words[1] : std::string();
  switch (command.verb) {
    case Verb::kStart:
      return start(jid, word);
    case Verb::kStop:
      return stop(jid);
    case Verb::kAccept:
      return answer_question(jid, true);
    case Verb::kDecline:
      return answer_question(jid, false);
    case Verb::kMode:
      return set_mode(jid, word);
    case Verb::kReach:
      return set_reach(jid, word);
    case Verb::kFingerprint:
      return show_fingerprint(jid);
    case Verb::kTrust:
      return trust_key(jid, word);
    case Verb::kUntrust:
      return untrust_key(jid, word);
    default:
      return show_streams(jid);
  }
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
    if (find_method(method))
      return {false, method == "ptcp"
                         ? "The method ptcp is off; the setting ice.ptcp=true switches it on."
                         : "The method " + method + " is left out by the setting transports."};
    return {false, known
                       ? "The method " + method + " is not in this version; there are s5b, ice, ibb"
                       : "There is no method '" + method + "'; there are ibb, s5b, ice, ptcp"};
  }
  Call wanted{jid, {}, true};
  if (!method.empty()) wanted.methods = {method};
  if (Link* link = find_link(jid, Which::kGoing)) {
    if (link->is_open())
      return {true, "A stream with " + link->peer().full() + " is open already."};
    if (link->question() == Link::Question::kOffer) return answer_question(jid, true);
    if (link->was_open()) {
      next_calls_[link->peer()] = std::move(wanted);
      return {true, "Calling " + jid.full() + " as soon as the old stream is closed."};
    }
    return {true, "A stream with " + link->peer().full() + " is being negotiated already."};
  }
  if (roster_known_ && jid.is_bare() && peers_.resources(jid).empty()) {
    return {false,
            jid.full() + " is not online, or does not show you so; a full address may be tried."};
  }
  quiet_until_.erase(jid.to_bare());
  call(std::move(wanted));
  return {true, "Calling " + jid.full() + "."};
}

Agent::Answer Agent::stop(const Jid& jid) {
  bool any = false;
  for (const auto& [target, wanted] : std::map<Jid, Call>(calls_)) {
    if (!jid.covers(target)) continue;
    calls_.erase(target);
    fail_call(wanted, "cancel", "the attempt was ended");
    any = any || wanted.by_user;
  }
  for (auto& link : links_) {
    if (!jid.covers(link->peer()) || !link->is_shown()) continue;
    link->close("cancel", "the attempt was ended");
    any = true;
  }
  return {any, any ? "Closing." : "There is no stream with " + jid.full() + "."};
}

Agent::Answer Agent::list() const {
  std::string text;
  std::map<Jid, Contacts::Choice> all = state_.contacts.all();
  for (const auto& link : links_)
    if (link->is_shown()) all.try_emplace(link->peer().to_bare());
  for (const auto& [contact, choice] : all) {
    Link* link = find_link(contact, Which::kGoing);
    if (link && !link->is_shown()) link = nullptr;
    text += (text.empty() ? "" : "\n") + contact.full() + ": mode " +
            std::string(to_string(mode_of(contact))) + ", reach " +
            std::string(to_string(chosen_reach(contact))) +
            (link ? ", " + link->facts().state + " " + link->facts().transport : ", no stream");
  }
  return {true, text.empty() ? "Nobody yet." : text};
}

// accept or decline: an offer, or a key.
Agent::Answer Agent::answer_question(const Jid& jid, bool accept) {
  auto hint = [](const Jid& peer, const std::string& fingerprint) {
    return Answer{false, "The question is about a key; compare it, then: trust " + peer.full() +
                             " " + fingerprint};
  };
  for (auto& link : links_) {
    if (!jid.covers(link->peer()) || link->question() == Link::Question::kNone) continue;
    if (link->question() == Link::Question::kOffer) {
      link->decide_offer(accept);
      return {true, (accept ? "Accepted the offer of " : "Declined the offer of ") +
                        link->peer().full() + "."};
    }
    if (accept) return hint(link->peer(), link->facts().fingerprint);
    link->refuse_key();
    return {true, "The key of " + link->peer().full() + " is not trusted."};
  }
  auto changed = changed_keys_.find(jid.to_bare());
  if (changed == changed_keys_.end())
    return {false, "There is no question from " + jid.full() + "."};
  if (accept) return hint(jid.to_bare(), changed->second.fingerprint);
  changed_keys_.erase(changed);
  return {true, "The other key of " + jid.full() + " is not trusted."};
}

Agent::Answer Agent::show_streams(const std::optional<Jid>& jid) const {
  bool any = std::any_of(links_.begin(), links_.end(), [&](const auto& link) {
    return link->is_shown() && (!jid || jid->covers(link->peer()));
  });
  std::string with = jid ? " with " + jid->full() : std::string();
  if (any) return {true, (jid ? "Streams" + with : "Your streams") + ":"};
  return {true, "There is no stream" + with + "."};
}

void Agent::tell_status(const std::optional<Jid>& jid) {
  for (const auto& link : links_)
    if (link->is_shown() && (!jid || jid->covers(link->peer()))) tell(TellStatus{link->status()});
}

}  // namespace balcony
