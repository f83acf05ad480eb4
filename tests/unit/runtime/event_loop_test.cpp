#include "runtime/event_loop.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <thread>

namespace agentroom::runtime {
namespace {

using std::chrono::milliseconds;

/// Time that passes only in the transport's turns.
class FakeClock final : public Clock {
 public:
  Now now() const override { return {time, 1'000 + time.count() / 1'000}; }
  Duration time = std::chrono::seconds(100);
};

/// A turn takes all the time it was given, or none when it was woken.
class FakeTransport final : public Transport {
 public:
  explicit FakeTransport(FakeClock& clock) : clock_(clock) {}

  void turn(Duration timeout) override {
    turns.push_back(timeout);
    if (in_turn) in_turn();
    if (!woken_.exchange(false)) clock_.time += timeout;
  }
  void wake() override { woken_ = true; }
  Result<void> reload() override { return {}; }

  Result<Listening> listen(const ListenOptions&, ListenerEvents&) override { return Listening{1, "ws"}; }
  Result<ChannelId> connect(const ConnectOptions&, ChannelEvents&) override { return 1; }
  void stop_listening() override {}
  std::size_t send(ChannelId, Bytes) override { return 0; }
  void pause(ChannelId) override {}
  void resume(ChannelId) override {}
  void close(ChannelId, std::uint16_t, std::string_view) override {}

  std::vector<Duration> turns;
  std::function<void()> in_turn;

 private:
  FakeClock& clock_;
  std::atomic<bool> woken_ = false;
};

class FakeMember final : public LoopMember {
 public:
  void on_time(const Now& now) override {
    ++times;
    due = now.steady + milliseconds(10);
  }
  std::optional<Duration> next_deadline() const override { return due; }
  void flush(const Now&) override { ++flushes; }

  std::optional<Duration> due;
  int times = 0;
  int flushes = 0;
};

class EventLoopTest : public testing::Test {
 protected:
  EventLoopTest() { loop.drive(&transport); }
  FakeClock clock;
  FakeTransport transport{clock};
  EventLoop loop{clock};
};

TEST_F(EventLoopTest, RunsPostedTasksInOrderBeforeItWaits) {
  std::vector<int> ran;
  for (int i = 0; i < 3; ++i) loop.post([&ran, i] { ran.push_back(i); });
  EXPECT_TRUE(loop.run_until([&] { return ran.size() == 3; }));
  EXPECT_EQ(ran, (std::vector{0, 1, 2}));
}

TEST_F(EventLoopTest, ATaskPostedDuringATurnDoesNotWait) {
  bool ran = false;
  transport.in_turn = [&] {
    if (transport.turns.size() == 1) loop.post([&] { ran = true; });
  };
  EXPECT_TRUE(loop.run_until([&] { return ran; }));
  EXPECT_EQ(transport.turns.size(), 2U);
}

TEST_F(EventLoopTest, ATaskPostedByATaskMakesTheTurnReturnAtOnce) {
  bool ran = false;
  loop.post([&] { loop.post([&] { ran = true; }); });
  EXPECT_TRUE(loop.run_until([&] { return ran; }));
  EXPECT_EQ(transport.turns.front(), Duration::zero());
}

TEST_F(EventLoopTest, ATaskThatEndsTheRunDoesNotWaitForTheTransport) {
  bool ran = false;
  loop.post([&] { ran = true; });
  EXPECT_TRUE(loop.run_until([&] { return ran; }));
  EXPECT_EQ(transport.turns, std::vector{Duration::zero()});
}

TEST_F(EventLoopTest, WaitsNoLongerThanTheEarliestDeadline) {
  FakeMember first;
  FakeMember second;
  first.due = clock.time + milliseconds(50);
  second.due = clock.time + milliseconds(20);
  loop.add(first);
  loop.add(second);
  EXPECT_TRUE(loop.run_until([&] { return second.times == 1; }));
  EXPECT_EQ(transport.turns.front(), milliseconds(20));
  EXPECT_EQ(first.times, 0);
}

TEST_F(EventLoopTest, FlushesEveryMemberOnceATurn) {
  FakeMember member;
  loop.add(member);
  loop.run_until([&] { return transport.turns.size() == 3; }, milliseconds(1'000'000));
  EXPECT_EQ(member.flushes, 3);
  loop.remove(member);
  loop.run_until([&] { return transport.turns.size() == 4; });
  EXPECT_EQ(member.flushes, 3);
}

TEST_F(EventLoopTest, GivesUpAtItsTimeout) {
  EXPECT_FALSE(loop.run_until([] { return false; }, milliseconds(30)));
  EXPECT_EQ(transport.turns.front(), milliseconds(30));
}

TEST_F(EventLoopTest, TakesTasksFromManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kTasks = 500;
  int ran = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kTasks; ++i) loop.post([&ran] { ++ran; });
    });
  }
  EXPECT_TRUE(loop.run_until([&] { return ran == kThreads * kTasks; }));
  for (auto& thread : threads) thread.join();
}

TEST_F(EventLoopTest, DropsTasksOnceItIsClosed) {
  bool ran = false;
  loop.post([&] { ran = true; });
  loop.close();
  EXPECT_FALSE(loop.post([&] { ran = true; }));
  loop.run_until([&] { return transport.turns.size() == 1; });
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace agentroom::runtime
