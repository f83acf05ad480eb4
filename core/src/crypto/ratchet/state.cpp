#include "crypto/ratchet/state.hpp"

namespace agentroom::crypto {
namespace {

std::optional<Chain> copy_of(const std::optional<Chain>& chain) {
  if (!chain) return std::nullopt;
  return chain->clone();
}

}  // namespace

Ratchet::State Ratchet::State::clone() const {
  return {.session_id = session_id,
          .root = root.clone(),
          .own = own.clone(),
          .sending = copy_of(sending),
          .receiving = copy_of(receiving),
          .next_sending = next_sending.clone(),
          .next_receiving = next_receiving.clone(),
          .previous = previous,
          .long_skips = long_skips,
          .kept = kept.clone()};
}

}  // namespace agentroom::crypto
