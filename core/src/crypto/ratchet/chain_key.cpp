#include "crypto/ratchet/chain_key.hpp"

#include "crypto/primitives.hpp"

namespace agentroom::crypto {
namespace {

template <class Key>
Key derive(const ChainKey& chain, std::uint8_t index) {
  Key key;
  const std::array<std::byte, 1> input{std::byte{index}};
  bh(key.mutable_view(), chain.view(), input, "ar3.chain");
  return key;
}

}  // namespace

MessageKey message_key(const ChainKey& chain) {
  return derive<MessageKey>(chain, 1);
}
ChainKey next_chain_key(const ChainKey& chain) {
  return derive<ChainKey>(chain, 2);
}

}  // namespace agentroom::crypto
