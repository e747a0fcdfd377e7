// SPDX-License-Identifier: MIT
#include "plugin/strophe/login.h"

#include <cerrno>

namespace strophe_host {

void Login::on_connected(Time now) {
  state_ = State::kSettling;
  since_ = now;
  bound_ = enabled_ = counted_ = false;
}

void Login::on_bound() {
  if (state_ == State::kSettling) bound_ = true;
}

void Login::on_enabled() {
  if (state_ == State::kSettling) enabled_ = true;
}

// ECONNABORTED is what libstrophe calls a failed write: the stanza at the head of its queue is lost
// then.
void Login::on_disconnected(int error, int queued) {
  may_resume_ = is_up() && counted_ && error != 0 && error != ECONNABORTED && queued == 0;
  state_ = State::kDown;
}

std::optional<Login::Kind> Login::settled(Time now, bool turn_over) {
  if (!is_settling() || (!bound_ && !turn_over)) return std::nullopt;
  if (bound_ && !enabled_ && now - since_ < kEnabledWait) return std::nullopt;
  state_ = State::kUp;
  counted_ = enabled_;
  return bound_ ? Kind::kNew : Kind::kResumed;
}

}  // namespace strophe_host
