#include <gmock/gmock.h>

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "line.hpp"

namespace agentroom::client {
namespace {

TEST_F(Line, IsCalledFromManyThreadsAtOnce) {
  constexpr int kSenders = 4;
  constexpr int kEach = 25;
  Client alice = opened(options(alice_home));
  Client bob = opened(options(bob_home));
  befriend(alice, bob);

  std::mutex mutex;
  std::map<std::string, int> came;
  std::atomic<int> read = 0;
  std::vector<std::thread> threads;
  for (int sender = 0; sender < kSenders; ++sender) {
    threads.emplace_back([&, sender] {
      for (int i = 0; i < kEach; ++i) {
        EXPECT_NE(value(alice.send(bob.id(), std::to_string(sender) + "." + std::to_string(i))), "");
      }
    });
  }
  for (int reader = 0; reader < 3; ++reader) {
    threads.emplace_back([&] {
      const auto until = std::chrono::steady_clock::now() + e2e::kDeadline;
      while (read < kSenders * kEach && std::chrono::steady_clock::now() < until) {
        const auto event = bob.next_event(std::chrono::milliseconds(100));
        const auto* message = event ? std::get_if<Message>(&*event) : nullptr;
        if (message == nullptr) continue;
        expect_done(bob.done(*message));
        ++read;
        const std::scoped_lock lock(mutex);
        ++came[message->text];
      }
    });
  }
  threads.emplace_back([&] {
    for (int i = 0; i < kEach; ++i) EXPECT_EQ(value(bob.peers()).size(), 1U);
  });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(came.size(), static_cast<std::size_t>(kSenders * kEach));
  for (const auto& [text, times] : came) EXPECT_EQ(times, 1) << text;
}

TEST_F(Line, ClosesWhileOthersCall) {
  Client alice = opened(options(alice_home));
  Client bob = opened(options(bob_home));
  befriend(alice, bob);
  std::vector<std::thread> threads;
  std::atomic<int> sent = 0;
  for (int sender = 0; sender < 3; ++sender) {
    threads.emplace_back([&] {
      for (;;) {
        const auto id = alice.send(bob.id(), "x");
        if (!id && id.error().code == "queue_full") continue;
        if (!id) {
          EXPECT_EQ(id.error().code, "cancelled");
          return;
        }
        ++sent;
      }
    });
  }
  while (sent < 20) std::this_thread::yield();
  alice.close();
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace agentroom::client
