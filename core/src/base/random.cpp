#include "base/random.hpp"

#include <pthread.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <atomic>

namespace agentroom {
namespace {

/// Of this process and those it was forked from: what a child inherits of a pool is its parent's to use.
std::atomic<unsigned> forks = 0;

[[maybe_unused]] const int watched = pthread_atfork(nullptr, nullptr, [] { ++forks; });

struct Pool {
  std::array<std::byte, 1'024> bytes{};
  std::size_t left = 0;  ///< at the end of `bytes`
  unsigned of_fork = 0;
};

}  // namespace

void SystemRandom::fill(MutableByteView out) {
  randombytes_buf(out.data(), out.size());
}

void SystemRandom::fill_public(MutableByteView out) {
  thread_local Pool pool;
  if (out.size() > pool.bytes.size() / 16) return fill(out);
  if (pool.left < out.size() || pool.of_fork != forks) {
    fill(pool.bytes);
    pool.left = pool.bytes.size();
    pool.of_fork = forks;
  }
  const auto drawn = MutableByteView(pool.bytes).last(pool.left).first(out.size());
  std::ranges::copy(drawn, out.begin());
  std::ranges::fill(drawn, std::byte{0});
  pool.left -= out.size();
}

}  // namespace agentroom
