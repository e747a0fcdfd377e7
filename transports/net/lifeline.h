// SPDX-License-Identifier: MIT
// Callbacks that outlive whom they would call, such as replies through the server (IqPort): a
// member of the one to be called makes them, and they do nothing once it is gone.
#pragma once

#include <utility>

namespace balcony {

class Lifeline {
 public:
  Lifeline() = default;
  Lifeline(const Lifeline&) = delete;
  Lifeline& operator=(const Lifeline&) = delete;
  ~Lifeline() {
    for (Ticket* ticket = first_; ticket; ticket = ticket->next) ticket->line = nullptr;
  }

  // `function`, as long as this lifeline lives.
  template <class Function>
  auto guard(Function function) {
    return [ticket = Ticket(this), function = std::move(function)](auto&&... arguments) {
      if (ticket.line) function(std::forward<decltype(arguments)>(arguments)...);
    };
  }

 private:
  // One copy of one callback; a lifeline lists its own.
  struct Ticket {
    explicit Ticket(Lifeline* to) : line(to) { link(); }
    Ticket(const Ticket& other) : line(other.line) { link(); }
    Ticket& operator=(const Ticket&) = delete;
    ~Ticket() {
      if (!line) return;
      (previous ? previous->next : line->first_) = next;
      if (next) next->previous = previous;
    }

    void link() {
      if (!line) return;
      next = std::exchange(line->first_, this);
      if (next) next->previous = this;
    }

    Lifeline* line;
    Ticket* next = nullptr;
    Ticket* previous = nullptr;
  };

  Ticket* first_ = nullptr;
};

}  // namespace balcony
