// SPDX-License-Identifier: MIT
// Which kind of login a libstrophe connection is in, and whether its stream management (XEP-0198)
// may be resumed after a cut. Passive: the adapter tells it what it sees of the connection.
//
// libstrophe 0.12.2 does not say whether a login was resumed, but a new one shows: the result of
// resource binding is handed to the client's handlers, in the same turn as the connection event.
// And its counters are right only if nothing is sent before <enabled/> came, nothing was in its
// queue at the cut, and for one resumption: in other cases it would lose or repeat stanzas, so the
// state has to be dropped.
#pragma once

#include <chrono>
#include <optional>

namespace strophe_host {

class Login {
 public:
  using Time = std::chrono::steady_clock::time_point;
  enum class Kind { kNew, kResumed };

  // A server without stream management never says <enabled/>: so long do we wait for it.
  static constexpr std::chrono::milliseconds kEnabledWait{500};

  void on_connected(Time now);
  void on_bound();    // the result of resource binding, or of session establishment, was seen
  void on_enabled();  // <enabled/>
  // `error` is libstrophe's, 0 for an orderly end; `queued` how many stanzas it has not written.
  void on_disconnected(int error, int queued);

  // Nothing but the handlers of the connection event's turn has run since on_connected: `turn_over`
  // false. The login's kind, once, when it is known and stanzas may be sent.
  std::optional<Kind> settled(Time now, bool turn_over);

  bool is_up() const { return state_ == State::kUp; }
  bool is_settling() const { return state_ == State::kSettling; }
  bool may_resume() const { return may_resume_; }  // the state that the last login left behind

 private:
  enum class State { kDown, kSettling, kUp };
  State state_ = State::kDown;
  Time since_{};
  bool bound_ = false;
  bool enabled_ = false;
  bool counted_ = false;  // the counters of this login are right
  bool may_resume_ = false;
};

}  // namespace strophe_host
