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

TEST(WorkerPool, StopWaitsForWhatRuns) {
  std::latch started(1);
  std::atomic<bool> ended = false;
  WorkerPool pool(1);
  StopFlag release;
  pool.run([&] {
    started.count_down();
    pollfd readable{release.descriptor(), POLLIN, 0};
    ::poll(&readable, 1, -1);
    ended = true;
  });
  started.wait();
  release.set();
  pool.stop();
  EXPECT_TRUE(ended);
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
