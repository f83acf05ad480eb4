#include "runtime/worker_pool.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <latch>

namespace agentroom::runtime {
namespace {

TEST(WorkerPool, RunsAsManyJobsAtOnceAsItHasThreads) {
  WorkerPool pool(3);
  std::latch together(3);
  std::latch done(3);
  for (int i = 0; i < 3; ++i) {
    pool.run([&] {
      together.arrive_and_wait();  // passes only when all three run at the same time
      done.count_down();
    });
  }
  done.wait();
}

TEST(WorkerPool, RunsEveryJobOfALongQueue) {
  std::atomic<int> ran = 0;
  std::latch done(100);
  WorkerPool pool(2);
  for (int i = 0; i < 100; ++i) {
    pool.run([&] {
      ++ran;
      done.count_down();
    });
  }
  done.wait();
  EXPECT_EQ(ran, 100);
}

TEST(WorkerPool, StopWaitsForWhatRunsAndDropsWhatWaits) {
  std::latch started(1);
  std::latch release(1);
  std::atomic<int> ran = 0;
  WorkerPool pool(1);
  pool.run([&] {
    started.count_down();
    release.wait();
    ++ran;
  });
  pool.run([&] { ran += 100; });
  started.wait();
  release.count_down();
  pool.stop();
  EXPECT_GE(ran, 1);
  const int before = ran;
  pool.stop();
  EXPECT_EQ(ran, before);
}

TEST(StopFlag, IsReadableOnceSet) {
  StopFlag flag;
  pollfd readable{flag.descriptor(), POLLIN, 0};
  EXPECT_EQ(::poll(&readable, 1, 0), 0);
  EXPECT_FALSE(flag.cancelled());
  flag.set();
  EXPECT_EQ(::poll(&readable, 1, 0), 1);
  EXPECT_TRUE(flag.cancelled());
}

}  // namespace
}  // namespace agentroom::runtime
