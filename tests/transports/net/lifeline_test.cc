// SPDX-License-Identifier: MIT
// Callbacks and those they call, going in every order.
#include "transports/net/lifeline.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <vector>

namespace balcony {
namespace {

TEST(Lifeline, CallsWhileItLives) {
  Lifeline line;
  int sum = 0;
  std::function<void(int)> add = line.guard([&](int value) { sum += value; });
  add(2);
  add(3);
  EXPECT_EQ(sum, 5);
}

TEST(Lifeline, EveryCopyFallsSilentWithIt) {
  auto line = std::make_unique<Lifeline>();
  int calls = 0;
  std::function<void()> first = line->guard([&] { ++calls; });
  std::function<void()> second = line->guard([&] { ++calls; });
  std::vector<std::function<void()>> copies{first, first, second};
  copies.erase(copies.begin());
  line.reset();
  copies.push_back(second);  // a copy of a silent one
  first();
  for (auto& copy : copies) copy();
  EXPECT_EQ(calls, 0);
}

TEST(Lifeline, OutlivesItsCallbacksInAnyOrder) {
  Lifeline line;
  int calls = 0;
  for (std::size_t gone = 0; gone < 3; ++gone) {
    std::vector<std::function<void()>> callbacks;
    for (int i = 0; i < 3; ++i) callbacks.push_back(line.guard([&] { ++calls; }));
    callbacks.erase(callbacks.begin() + static_cast<std::ptrdiff_t>(gone));
    for (auto& callback : callbacks) callback();
  }
  EXPECT_EQ(calls, 6);
}

TEST(Lifeline, MayEndInsideItsCallback) {
  auto line = std::make_unique<Lifeline>();
  std::function<void()> last = line->guard([&] { line.reset(); });
  last();
  EXPECT_EQ(line, nullptr);
  last();
}

}  // namespace
}  // namespace balcony
