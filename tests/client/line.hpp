// Two clients and the relay between them.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "agentroom/client/client.hpp"
#include "room.hpp"

namespace agentroom::client {

namespace fs = std::filesystem;

/// Opens it; a failed test, and the end of the process, when it does not open.
Client opened(const ClientOptions& options);

/// Reads events until one of that type comes; others are dropped. A failed test and an empty one at the deadline.
template <class Kind>
Kind await(Client& client, const std::function<bool(const Kind&)>& wanted = {}) {
  const auto until = std::chrono::steady_clock::now() + e2e::kDeadline;
  while (std::chrono::steady_clock::now() < until) {
    auto event = client.next_event(std::chrono::seconds(1));
    if (!event) continue;
    if (auto* found = std::get_if<Kind>(&*event); found != nullptr && (!wanted || wanted(*found))) {
      return std::move(*found);
    }
  }
  ADD_FAILURE() << "nothing of the kind came in time";
  return {};
}

/// The value of a result; a failed test and an empty one when there is none.
template <class T>
T value(Result<T> result) {
  if (result) return std::move(*result);
  ADD_FAILURE() << result.error().code << ": " << result.error().message;
  return {};
}

void expect_done(const Result<void>& result);
/// The code of its error; "" when there is none.
template <class T>
std::string code(const Result<T>& result) {
  return result ? std::string() : result.error().code;
}

/// The whole outbox of `client` is at the relay, or further.
void await_sent(Client& client);
/// That many messages of peers are on the disk of `client`.
void await_unhandled(Client& client, std::size_t count);

/// A relay, and the homes of Alice and Bob, who are peers when `befriend` is done.
class Line : public testing::Test {
 protected:
  ClientOptions options(const e2e::Home& home) const { return {.home = home.path(), .server = relay->url()}; }
  void befriend(Client& alice, Client& bob);

  e2e::Home relay_home;
  e2e::Home alice_home;
  e2e::Home bob_home;
  std::optional<e2e::Relay> relay{relay_home};
};

}  // namespace agentroom::client
