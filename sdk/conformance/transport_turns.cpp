// Turns: what they wait for and who ends the wait. And what an instance leaves behind.
#include <atomic>
#include <string>
#include <thread>

#include "residue.hpp"
#include "transport_under_test.hpp"

namespace agentroom::conformance {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

class TransportTurns : public TransportFact {};

template <class Body>
Clock::duration time_of(Body body) {
  const auto begin = Clock::now();
  body();
  return Clock::now() - begin;
}

TEST_F(TransportTurns, WithoutATimeoutDoNotWait) {
  open_channel();
  const auto spent = time_of([&] {
    for (int i = 0; i < 100; ++i) client_->turn();
  });
  EXPECT_LT(spent, 5s);
}

TEST_F(TransportTurns, WaitNoLongerThanTheirTimeout) {
  open_channel();
  const auto spent = time_of([&] { client_->turn(50ms); });
  EXPECT_GE(spent, 40ms);
  EXPECT_LT(spent, 10s);
}

TEST_F(TransportTurns, EndWhenAMessageComes) {
  open_channel();
  server_->send(far_, "here");
  server_->turn();
  const auto spent = time_of([&] { client_->turn(kPatience); });
  EXPECT_EQ(near().messages.size(), 1U);
  EXPECT_LT(spent, kPatience);
}

TEST_F(TransportTurns, AReloadDisturbsNoChannel) {
  open_channel();
  client_->send(near_, "before");
  Error error;
  EXPECT_EQ(server_->reload(&error), AR_OK) << error.message;
  EXPECT_EQ(client_->reload(&error), AR_OK) << error.message;
  client_->send(near_, "after");
  ASSERT_TRUE(drive_until([&] { return far().messages.size() == 2; }));
  const ar_channel next = client_->connect(url_);
  ASSERT_TRUE(drive_until([&] { return client_->channel(next).opened; }));
}

TEST_F(TransportTurns, AWakeFromAnotherThreadEndsTheWait) {
  std::atomic<bool> begun = false;
  std::thread waker([&] {
    begun.wait(false);
    client_->wake();
  });
  const auto spent = time_of([&] {
    begun = true;
    begun.notify_one();
    client_->turn(kPatience);
  });
  waker.join();
  EXPECT_LT(spent, kPatience);
}

TEST_F(TransportTurns, AWakeBeforeTheTurnCounts) {
  client_->wake();
  EXPECT_LT(time_of([&] { client_->turn(kPatience); }), kPatience);
}

TEST_F(TransportTurns, ManyWakesAreOne) {
  for (int i = 0; i < 10'000; ++i) client_->wake();
  client_->turn(kPatience);
  EXPECT_GE(time_of([&] { client_->turn(50ms); }), 40ms);
}

TEST_F(TransportTurns, WakesFromManyThreadsAreNeverLost) {
  constexpr int kThreads = 4;
  constexpr int kEach = 2'000;
  std::atomic<int> told = 0;
  std::vector<std::thread> wakers;
  for (int t = 0; t < kThreads; ++t) {
    wakers.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        ++told;
        client_->wake();
      }
    });
  }
  const auto deadline = Clock::now() + kPatience;
  while (told < kThreads * kEach && Clock::now() < deadline) client_->turn(kPatience);
  EXPECT_LT(Clock::now(), deadline);
  for (std::thread& waker : wakers) waker.join();
}

TEST_F(TransportTurns, NothingOutlivesTheInstance) {
  std::thread([] {}).join();  // a sanitizer's runtime has a thread of its own from the first one on
  open_channel();             // what is made once a process is there from now on
  client_.reset();
  server_.reset();
  const Residue before;
  server_.emplace(plugin_);
  client_.emplace(plugin_);
  open_channel();
  // A name that no name server knows, refused without asking one: its first label is too long.
  const ar_channel nowhere = client_->connect("ws://" + std::string(64, 'a') + ".example:80/ws");
  ASSERT_TRUE(drive_until([&] { return client_->channel(nowhere).closed.has_value(); }));
  client_->close();
  server_->close();
  before.expect_none();
}

}  // namespace
}  // namespace agentroom::conformance
