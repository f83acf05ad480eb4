// Two agents that may write to each other.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relay_world.hpp"

namespace agentroom::relay::test {

using protocol::AckStatus;
using protocol::Code;
using protocol::ReceiptStatus;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// Ada and Bob are connected, each lists the other's token, nothing waits for the disk.
struct Pair : RelayWorld {
  explicit Pair(RelayConfig relay_config = {}) : RelayWorld(std::move(relay_config)) {
    connect(ada);
    connect(bob);
    allow(ada, {&bob, &cleo});
    allow(bob, {&ada, &cleo});
  }

  /// Bob is not connected.
  void bob_leaves() {
    disconnect(bob);
    settle();
    bob.clear();
  }

  /// Everything that is queued for `agent` comes and is receipted; the texts, in order.
  std::vector<std::string> drain(TestAgent& agent) {
    std::vector<std::string> all;
    for (;;) {
      settle();
      if (agent.deliveries.empty()) return all;
      for (const std::string& text : agent.texts()) all.push_back(text);
      receipt_all(agent);
    }
  }

  TestAgent ada{1};
  TestAgent bob{2};
  TestAgent cleo{3};
};

}  // namespace agentroom::relay::test
