#include "runtime/relay_starts.hpp"

#include <utility>

namespace agentroom::runtime {
namespace {

/// As `compare_epochs` under whichever of the two secrets the counter was written.
Result<EpochState> compare(Store& store, const crypto::RelayIdentity& identity, OutsideEpoch& outside) {
  auto noted = outside.noted();
  if (!noted) return pass(noted);
  auto state = compare_epochs(store, crypto::RecordSealer(identity.store_key()), outside);
  if (state || state.error().code != ErrorCode::kCorrupt) return state;
  if (identity.succession) {
    state = compare_epochs(store, crypto::RecordSealer(identity.succession->store_key.clone()), outside);
    if (state || state.error().code != ErrorCode::kCorrupt) return state;
  }
  return EpochState{.kind = EpochState::Kind::kUnnoted, .store = 0, .noted = *noted};
}

}  // namespace

Result<EpochState> count_relay_start(Store& store, const crypto::RelayIdentity& identity, Random& random,
                                     OutsideEpoch& outside, Store::Completion done) {
  auto state = compare(store, identity, outside);
  if (!state) return state;
  accept_older(store, crypto::RecordSealer(identity.store_key()), random, outside, *state, std::move(done));
  return state;
}

}  // namespace agentroom::runtime
