#include "runtime/pooled_random.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>

namespace agentroom::runtime {
namespace {

using Drawn = std::array<std::byte, 24>;

Drawn draw(PooledRandom& random) {
  Drawn drawn{};
  random.fill_public(drawn);
  return drawn;
}

TEST(PooledRandom, DrawsPublicBytesThatDoNotComeAgain) {
  PooledRandom random;
  std::set<Drawn> all;
  for (int i = 0; i < 1'000; ++i) EXPECT_TRUE(all.insert(draw(random)).second);
  EXPECT_FALSE(all.contains(Drawn{}));
}

TEST(PooledRandom, FillsWhatIsLongerThanItsPool) {
  PooledRandom random;
  Bytes drawn(5'000);
  random.fill_public(drawn);
  EXPECT_FALSE(std::ranges::all_of(MutableByteView(drawn).last(64), [](std::byte b) { return b == std::byte{0}; }));
}

TEST(PooledRandom, AChildProcessDrawsOtherBytesThanItsParent) {
  PooledRandom random;
  draw(random);
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const Drawn drawn = draw(random);
    ::_exit(::write(ends[1], drawn.data(), drawn.size()) == static_cast<ssize_t>(drawn.size()) ? 0 : 1);
  }
  Drawn of_child{};
  EXPECT_EQ(::read(ends[0], of_child.data(), of_child.size()), static_cast<ssize_t>(of_child.size()));
  EXPECT_NE(of_child, draw(random));
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
}  // namespace agentroom::runtime
