#include "runtime/pooled_random.hpp"

#include <pthread.h>

#include <algorithm>
#include <atomic>

namespace agentroom::runtime {
namespace {

/// Of this process and those it was forked from: what a child inherits of a pool is its parent's to use.
std::atomic<unsigned> forks = 0;

[[maybe_unused]] const int watched = pthread_atfork(nullptr, nullptr, [] { ++forks; });

}  // namespace

void PooledRandom::fill_public(MutableByteView out) {
  if (out.size() > pool_.size() / 16) return fill(out);
  if (left_ < out.size() || of_fork_ != forks) {
    fill(pool_);
    left_ = pool_.size();
    of_fork_ = forks;
  }
  const auto drawn = MutableByteView(pool_).last(left_).first(out.size());
  std::ranges::copy(drawn, out.begin());
  std::ranges::fill(drawn, std::byte{0});
  left_ -= out.size();
}

}  // namespace agentroom::runtime
