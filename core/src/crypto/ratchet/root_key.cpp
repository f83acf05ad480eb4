#include "crypto/ratchet/root_key.hpp"

#include "crypto/primitives.hpp"
#include "crypto/wiped.hpp"

namespace agentroom::crypto {

RootStep advance_root(const RootKey& root, const SharedSecret& shared) {
  WipedArray<SharedSecret::kSize + 1> input;
  std::ranges::copy(shared.view(), input.view().begin());
  input.view().back() = std::byte{1};
  WipedArray<64> both;
  bh(both.view(), root.view(), input.view(), "ar3.root");
  RootStep step;
  std::ranges::copy(both.view().first<32>(), step.root.mutable_view().begin());
  std::ranges::copy(both.view().last<32>(), step.chain.mutable_view().begin());
  input.view().back() = std::byte{2};
  bh(step.next_header_key.mutable_view(), root.view(), input.view(), "ar3.root");
  return step;
}

}  // namespace agentroom::crypto
