#include "crypto/link_cipher.hpp"

#include "crypto/little_endian.hpp"
#include "crypto/wiped.hpp"

namespace agentroom::crypto {
namespace {

Nonce counter_nonce(std::uint64_t counter) {
  Nonce nonce;
  put_u64(nonce.mutable_view().first<8>(), counter);
  return nonce;
}

}  // namespace

LinkKeys derive_link_keys(const SharedSecret& shared, const RelayId& relay_pk, const AgreementKey& relay_e,
                          const AgreementKey& agent_e, ByteView challenge) {
  std::array<std::byte, 32> challenge_hash;
  bh(challenge_hash, {}, challenge, "ar3.challenge");
  WipedArray<64> both;
  bh(both.view(), shared.view(), {relay_pk.view(), relay_e.view(), agent_e.view(), challenge_hash}, "ar3.link");
  LinkKeys keys;
  std::ranges::copy(both.view().first<32>(), keys.agent_to_relay.mutable_view().begin());
  std::ranges::copy(both.view().last<32>(), keys.relay_to_agent.mutable_view().begin());
  return keys;
}

void LinkCipher::seal(MutableByteView message) {
  box_in_place(send_.view(), counter_nonce(next_send_), message);
  ++next_send_;
}

std::optional<MutableByteView> LinkCipher::open(MutableByteView message) {
  auto text = unbox_in_place(receive_.view(), counter_nonce(next_receive_), message);
  if (text) ++next_receive_;
  return text;
}

}  // namespace agentroom::crypto
